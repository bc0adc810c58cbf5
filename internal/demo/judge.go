package demo

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"

	"encoding/hex"
	"fmt"

	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"vestige/internal/demo/company"
	"vestige/internal/errkind"
	"vestige/pii"
)

// judge looks at what is left of her and at everyone else, without the product.
func (w *walk) judge(ctx context.Context) error {
	w.Print("\n%s\n", w.Bold("Looked at from outside, without Vestige"))
	after, err := take(ctx, w.Dir)
	if err != nil {
		return err
	}
	left, named, searched, err := w.left(ctx, after)
	if err != nil {
		return err
	}
	same, total, changed := w.others(after)
	ok := len(left) == 0 && len(changed) == 0
	w.line(len(left) == 0, "a byte search of %d files for her %d identifiers finds nothing of her beyond %d records that the plan named", searched, len(needles(w.who)), named)
	for _, l := range first(left, 5) {
		w.Print("      %s %s\n", w.Bad("left:"), l)
	}
	w.line(len(changed) == 0, "%d of %d records of everyone else, and of nobody, are what they were", same, total)
	for _, l := range first(changed, 5) {
		w.Print("      %s %s\n", w.Bad("changed:"), l)
	}
	w.kept()
	if !ok {
		return errkind.Coded(errkind.Conflict, "promise", "the demo's promises did not hold")
	}
	return nil
}

func (w *walk) line(ok bool, format string, args ...any) {
	mark := w.Good("✓")
	if !ok {
		mark = w.Bad("✗")
	}
	w.Print("  %s %s\n", mark, fmt.Sprintf(format, args...))
}

func first(s []string, n int) []string { return s[:min(len(s), n)] }

// needles are the identifiers that mean her wherever they stand, in the spellings and digests that the company uses.
func needles(s company.Subject) (out []string) {
	for _, id := range s.Identifiers {
		if !id.Single || len(id.Value) < 7 {
			continue
		}
		out = append(out, strings.ToLower(id.Value))
		for _, f := range id.Forms {
			if len(f) >= 7 {
				out = append(out, strings.ToLower(f))
			}
		}
		plain := []byte(strings.ToLower(id.Value))
		a, b, c := sha256.Sum256(plain), sha1.Sum(plain), md5.Sum(plain)
		out = append(out, hex.EncodeToString(a[:]), hex.EncodeToString(b[:]), hex.EncodeToString(c[:]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// left gives where something of her stands that the plan did not name, how many records stand where it did, and how many files were searched.
func (w *walk) left(ctx context.Context, after *snapshot) (left []string, named, searched int, err error) {
	ns := needles(w.who)
	for at, records := range after.records {
		n := 0
		for _, r := range records {
			if holds(strings.ToLower(r.text), ns) || holds(strings.ToLower(r.name), ns) {
				n++
			}
		}
		switch {
		case n == 0:
		case w.names(at):
			named += n
		default:
			left = append(left, fmt.Sprintf("%d records of %s", n, masked(at, ns)))
		}
		if at.source == company.ObjectsRoot && holds(strings.ToLower(at.name), ns) && !w.names(at) {
			left = append(left, "the key of an object")
		}
	}
	for _, file := range []string{company.ShopFile, company.CRMFile} {
		n, err := slack(ctx, w.Dir, file, ns)
		if err != nil {
			return nil, 0, 0, errkind.Wrap(errkind.Transient, err, "search %s", file)
		}
		if n > 0 {
			left = append(left, fmt.Sprintf("%d times in unused parts of %s", n, file))
		}
	}
	slices.Sort(left)
	return left, named, after.objects + 2, nil
}

// masked names a place without her.
func masked(at place, ns []string) string {
	s := at.source + "/" + at.name
	for _, n := range ns {
		if i := strings.Index(strings.ToLower(s), n); i >= 0 {
			s = s[:i] + "{her}" + s[i+len(n):]
		}
	}
	return s
}

// holds tells whether one of the needles stands in the text by itself: "ann@" does not stand in "joann@".
func holds(text string, ns []string) bool {
	for _, n := range ns {
		for from := 0; ; {
			i := strings.Index(text[from:], n)
			if i < 0 {
				break
			}
			i += from
			if !wordAt(text, i-1) && !begun(text, i) && !wordAt(text, i+len(n)) && !longer(text, i+len(n)) {
				return true
			}
			from = i + 1
		}
	}
	return false
}

// begun tells whether an address began before a needle: ann@example.com does not stand in lee.ann@example.com.
func begun(text string, i int) bool {
	return i > 1 && strings.IndexByte(".-_+", text[i-1]) >= 0 && wordAt(text, i-2)
}

// longer tells whether a domain goes on where a needle ends: ann@example.com does not stand in ann@example.com.test.
func longer(text string, i int) bool {
	return i < len(text) && (text[i] == '.' || text[i] == '-') && wordAt(text, i+1)
}

func wordAt(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
}

// names tells whether the plan said beforehand that something of her stays at a place.
func (w *walk) names(at place) bool {
	source := map[string]string{company.ShopFile: "shop", company.CRMFile: "crm", company.ObjectsRoot: "files"}[at.source]
	here := func(r pii.Ref) bool { return r.Source == source && matches(r.Dataset, at.name) }
	for _, s := range w.plan.Open.Steps {
		if s.Method == pii.Retain && here(s.Dataset) {
			return true
		}
	}
	for _, p := range w.plan.Open.Held {
		if here(p.Dataset) {
			return true
		}
	}
	return false
}

var hole = regexp.MustCompile(`\\\{[^}]*\\\}`)

// matches tells whether a dataset is the table, or has the object.
func matches(dataset, name string) bool {
	if dataset == name {
		return true
	}
	re, err := regexp.Compile("^" + hole.ReplaceAllString(regexp.QuoteMeta(dataset), ".*") + "$")
	return err == nil && re.MatchString(name)
}

// slack counts the needles in the bytes of a database and its log that a fresh copy of its records does not have.
func slack(ctx context.Context, dir, file string, ns []string) (int, error) {
	temp, err := os.MkdirTemp("", "vestige-demo-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	fresh := filepath.Join(temp, "fresh.db")
	db, err := openRead(dir, file)
	if err != nil {
		return 0, err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", fresh)
	if e := db.Close(); err == nil {
		err = e
	}
	if err != nil {
		return 0, err
	}
	there, err := countIn(ns, filepath.Join(dir, file), filepath.Join(dir, file+"-wal"), filepath.Join(dir, file+"-journal"))
	if err != nil {
		return 0, err
	}
	live, err := countIn(ns, fresh)
	return max(there-live, 0), err
}

func countIn(ns []string, files ...string) (n int, err error) {
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			if os.IsNotExist(err) {
				continue
			}
			return 0, err
		}
		raw = bytes.ToLower(raw)
		for _, x := range ns {
			n += bytes.Count(raw, []byte(x))
		}
	}
	return n, nil
}

// others compares every record that is not hers: how many are the same, of how many, and where some are not.
func (w *walk) others(after *snapshot) (same, total int, changed []string) {
	hers := map[place]map[string]*company.Record{}
	for _, r := range w.company.Truth.Of(w.who.ID) {
		at := place{r.At.Source, r.At.Dataset}
		if hers[at] == nil {
			hers[at] = map[string]*company.Record{}
		}
		hers[at][r.At.Key] = r
	}
	for at, records := range w.before.records {
		s, t, lost, added := compare(records, after.records[at], hers[at], w.who.ID)
		same, total = same+s, total+t
		if lost+added > 0 {
			changed = append(changed, fmt.Sprintf("%s: %d gone, %d new", masked(at, needles(w.who)), lost, added))
		}
	}
	for at, records := range after.records {
		if _, was := w.before.records[at]; !was {
			changed = append(changed, fmt.Sprintf("%s: new, %d records", masked(at, needles(w.who)), len(records)))
		}
	}
	slices.Sort(changed)
	return same, total, changed
}

// compare finds each record again that has to be what it was. Of hers that stay changed there may be as many new ones.
func compare(before, after []record, hers map[string]*company.Record, who company.Person) (same, total, lost, added int) {
	there := map[string]int{}
	for _, r := range after {
		there[r.text]++
	}
	may := 0
	var open []string
	for _, r := range before {
		h := hers[r.name]
		if h == nil {
			h = hers[""]
		}
		if h == nil || h.Expect[who] == company.Stays {
			total++
			if there[r.text] > 0 {
				there[r.text]--
				same++
			} else {
				lost++
			}
			continue
		}
		if h.Expect[who] != company.Gone || h.Also != "" {
			may++
		}
		open = append(open, r.text)
	}
	for _, t := range open {
		if there[t] > 0 {
			there[t]--
		}
	}
	for _, n := range there {
		added += n
	}
	return same, total, lost, max(added-may, 0)
}
