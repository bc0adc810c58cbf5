package decode

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// unpack puts an unpacker before the stream where it is packed.
func (d *decoder) unpack() {
	head := d.w.atLeast(4)
	switch {
	case d.o.Block:
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		d.gunzip()
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		d.unzstd()
	}
}

// under gives the stream from its beginning.
func (d *decoder) under() io.Reader {
	return io.MultiReader(bytes.NewReader(bytes.Clone(d.w.data())), &rest{d.w})
}

func (d *decoder) gunzip() {
	z, err := gzip.NewReader(d.under())
	if err != nil {
		d.end = GapCorrupt
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			d.end = GapTruncated
		}
		return
	}
	d.info.Gzip = true
	d.info.Pack = &Pack{Name: z.Name, Comment: z.Comment, Extra: z.Extra, OS: z.OS}
	if !z.ModTime.IsZero() {
		d.info.Pack.Time = z.ModTime.Unix()
	}
	d.w = newWindow(z, d.out.progress)
}

// maxWindow is how far back a zstd file may refer; more is what only its option --ultra --long=28 and above writes.
const maxWindow = 128 << 20

func (d *decoder) unzstd() {
	z, err := zstd.NewReader(d.under(), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		d.end = GapCorrupt
		return
	}
	d.info.Zstd = true
	d.w = newWindow(z, d.out.progress)
}
