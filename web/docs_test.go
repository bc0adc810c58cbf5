package web_test

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// pictured are the pictures of docs/img, by page and look: make golden writes them anew.
var pictured = map[string]string{
	"home-light": "home", "home-dark": "home-dark", "home-narrow": "home-narrow", "browse-light": "catalog", "search-light": "search", "dataset-light": "dataset", "field-light": "field", "field-dark": "field-dark",
	"lineage-one-light": "lineage-dataset", "path-light": "path", "reference-light": "reference", "reports-light": "reports", "review-light": "review", "review-dark": "review-dark", "review-narrow": "review-narrow",
	"plan-light": "plan", "request-light": "request-page", "newsource-light": "new-source", "components-light": "components", "components-dark": "components-dark", "people-light": "people", "rules-light": "rules",
	"alerts-light": "alerts", "scan-light": "scan", "schedules-light": "schedules", "scope-light": "scope", "source-watched-light": "source", "import-light": "import",
}

// largestPicture is how large a picture of the documentation may be.
const largestPicture = 150 << 10

// forDocs keeps a picture of what the browser shows for the documentation, in 256 colours.
func forDocs(ctx context.Context, t testing.TB, file string) {
	t.Helper()
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	must(t, err)
	picture, err := png.Decode(bytes.NewReader(shot.Data))
	must(t, err)
	var b bytes.Buffer
	must(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, reduced(picture)))
	if b.Len() > largestPicture {
		t.Errorf("%s has %d bytes", file, b.Len())
	}
	must(t, os.WriteFile(file, b.Bytes(), 0o644))
}

// reduced gives a picture its 256 most frequent colours: a page is flat, and what is between two of its colours may be either.
func reduced(p image.Image) *image.Paletted {
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { c, _ := color.RGBAModel.Convert(p.At(x, y)).(color.RGBA); return c }
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	all := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	palette := color.Palette{}
	for _, c := range all[:min(256, len(all))] {
		palette = append(palette, c)
	}
	out, near := image.NewPaletted(p.Bounds(), palette), map[color.RGBA]uint8{}
	for y := p.Bounds().Min.Y; y < p.Bounds().Max.Y; y++ {
		for x := p.Bounds().Min.X; x < p.Bounds().Max.X; x++ {
			c := at(x, y)
			if _, ok := near[c]; !ok {
				near[c] = uint8(palette.Index(c)) //nolint:gosec // there are 256
			}
			out.SetColorIndex(x, y, near[c])
		}
	}
	return out
}

// TestPicturesAreSmall: what the documentation shows is there, and none of it makes the repository large.
func TestPicturesAreSmall(t *testing.T) {
	sum := int64(0)
	for _, file := range pictured {
		i, err := os.Stat("../docs/img/" + file + ".png")
		if err != nil {
			t.Errorf("%s is not there: make golden", file)
			continue
		}
		if sum += i.Size(); i.Size() > largestPicture {
			t.Errorf("%s has %d bytes", file, i.Size())
		}
	}
	if sum > 4<<20 {
		t.Errorf("the pictures have %d bytes together", sum)
	}
}
