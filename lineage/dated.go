package lineage

import (
	"regexp"
	"slices"
	"time"

	"vestige/forms"
	"vestige/pii"
)

// An address or a telephone that was somebody else's before stands in letters from then. Where no field says when a text was written, the days that it names do, if one of them stands at its head and they agree.

var dayPattern = regexp.MustCompile(`\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4})\b`)

// headPattern is what may stand above or before the day on which a text was written: nothing, or a line that says that this is the day. Any other day is one that it is about.
var headPattern = regexp.MustCompile(`(?i)(?:^[^\pL\d]*|(?:^|\n)[^\pL\d]*(?:date|datum|fecha|data|dato|sent|gesendet|envoyé|enviado|inviato|verzonden)[^\pL\d\n]*:[^\pL\d\n]*)$`)

// daysIn gives the days that the texts in which she was found name, her birth left out; none where no text begins with one.
func (c *closer) daysIn(f *pii.Found) (out []int64) {
	births, headed := c.profile["demographic.birth_date"], false
	for _, h := range f.Hits {
		text := valueAt(f.Fields[h.Field], h.Path).Reveal()
		for _, at := range dayPattern.FindAllStringIndex(text, -1) {
			s := text[at[0]:at[1]]
			for _, layout := range []string{"2006-01-02", "2.1.2006"} {
				if t, err := time.Parse(layout, s); err == nil && !slices.Contains(births, t.Format("2006-01-02")) {
					out, headed = append(out, t.UnixMicro()), headed || headPattern.MatchString(text[:at[0]])
				}
			}
		}
	}
	if !headed {
		return nil
	}
	return out
}

// inPast tells whether a moment is in a time when an identifier was somebody else's, and not hers.
func (k *Known) inPast(at int64) bool {
	return slices.ContainsFunc(k.Past, func(w Window) bool { return w.holds(at) && (!w.account || w.To != 0) }) && (k.Window == nil || !k.Window.holds(at))
}

// undated gives the identifier of hers, somebody else's once, that is all that a text has of her which does not say of when it is; nil where there is more.
func (c *closer) undated(f *pii.Found, terms []pii.Term) *Known {
	if !c.lim.on(Windows) || len(times(c.g.Node(f.Dataset), f)) > 0 {
		return nil
	}
	var k *Known
	for _, h := range f.Hits {
		t := terms[h.Term]
		if !t.Category.Global() || h.Value >= len(t.Values) {
			return nil
		}
		k = c.byID[idKey(pii.Identifier{Category: t.Category, Value: t.Values[h.Value]})]
		if k == nil || k.Start || !slices.ContainsFunc(k.Past, func(w Window) bool { return !w.account || w.To != 0 }) {
			return nil
		}
	}
	days := c.daysIn(f)
	if k == nil || len(days) > 0 && !slices.ContainsFunc(days, k.inPast) {
		return nil
	}
	more, m := false, forms.Compile(c.attributeTerms(k.Category))
	for name, vs := range f.Fields {
		for _, v := range vs {
			m.Match(name, v.Path, []byte(v.Value.Reveal()), func(pii.Hit) { more = true })
		}
	}
	if more {
		return nil
	}
	return k
}
