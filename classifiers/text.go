package classifiers

import "slices"

// triggers is the merged trigger table of some classifiers: per byte, per word, per form of a token and per run of digits, whom to ask.
type triggers struct {
	class  [256]uint8
	quiet  bool        // nobody waits for words
	spots  []spotTable // bytes and digits, each with as many spots as a word has bits
	starts []call      // those that look at every token
	title  bool        // whether any looks at capitalised words
	except *keySet     // capitalised words at which none of those finds anything
	words  wordTable
	forms  formTable
	all    []*Classifier
}

func newTriggers(all []*Classifier, want func(*Classifier) bool) *triggers {
	t := &triggers{class: classOf, all: all}
	for b, c := range t.class {
		if c == joiner {
			t.class[b] = other
		}
	}
	words := waiting{}
	for i, c := range all {
		if c.At != nil && want(c) {
			t.add(i, &c.Triggers, words)
		}
	}
	t.words = words.table()
	if t.quiet = !t.title && t.starts == nil && len(words) == 0; t.quiet {
		for b, c := range t.class {
			if c == lower || c == upper {
				t.class[b] = other
			}
		}
	}
	t.except = newKeySet(never(all, want))
	return t
}

// never lists the words that every classifier of capitalised words excepts.
func never(all []*Classifier, want func(*Classifier) bool) (words []string) {
	first := true
	for _, c := range all {
		mine := c.Triggers.Except
		if c.At == nil || !c.Triggers.Title || !want(c) {
			continue
		}
		if first {
			words, first = mine, false
			continue
		}
		if len(words) > 0 && len(mine) == len(words) && &mine[0] == &words[0] {
			continue
		}
		words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !slices.Contains(mine, w) })
	}
	return words
}

func (t *triggers) add(i int, w *Triggers, words waiting) {
	c := call{i, t.all[i].At}
	for _, b := range []byte(w.Bytes) {
		if t.class[b] == other {
			t.class[b] = mark
		}
	}
	t.addSpots(w, c)
	if w.Starts {
		t.starts = append(t.starts, c)
	}
	t.title = t.title || w.Title
	for _, form := range w.Forms {
		t.forms.add(form, i, false)
	}
	for _, form := range w.Behind {
		t.forms.add(form, i, true)
	}
	for _, word := range w.Words {
		if len(w.Forms)+len(w.Behind) > 0 {
			words.anchor(word, i)
		} else {
			words.add(word, c)
		}
	}
}

// found is a hit and whose it is.
type found struct {
	who int
	hit Hit
}

// scan is the memory of one pass.
type scan struct {
	text []byte
	t    *triggers
	hits []found
	lo   int

	signs   [mostSigns]sign // the words that stood last and may be what a number behind them is called, in turn
	anchors uint            // how many there were
}

// Text finds everything that the sparse classifiers find in a text, with overlaps resolved, in order. It makes one pass over the bytes.
func (s *Set) Text(text []byte, yield func(*Classifier, Hit)) {
	sc := s.scratch.Get().(*scan)
	defer s.scratch.Put(sc)
	for lo := 0; lo < len(text); {
		hi := s.cut(text, lo)
		sc.run(s.sparse, text, max(0, lo-s.Overlap()), min(len(text), hi+s.Overlap()))
		for _, f := range s.resolve(sc.hits) {
			if f.hit.Start >= lo && f.hit.Start < hi {
				yield(s.all[f.who], f.hit)
			}
		}
		lo = hi
	}
}

// cut gives the end of the next stretch: long texts are taken in stretches, so that the memory of a pass is bounded. Around a cut the bytes
// of an overlap are seen twice, and a hit belongs to the stretch in which it starts.
func (s *Set) cut(text []byte, lo int) int {
	const stretch = 128 << 10
	if len(text)-lo <= 2*stretch {
		return len(text)
	}
	return lo + stretch
}

// run asks all classifiers whose triggers stand in text[lo:hi]; they see the whole text.
func (sc *scan) run(t *triggers, text []byte, lo, hi int) {
	sc.text, sc.t, sc.hits, sc.lo, sc.anchors = text, t, sc.hits[:0], lo, 0
	class := &t.class
	for i := lo; i < hi; {
		switch class[text[i]] {
		case lower, upper:
			if i = sc.word(i); i < hi && text[i] == ' ' {
				i++ // nobody asks for spaces
			}
		case digit:
			i = sc.run9(i)
		case mark:
			sc.mark(i)
			i++
		default:
			i++
			if t.quiet {
				i = skip(class, text[:hi], i)
			}
			for i < hi && class[text[i]] == other {
				i++
			}
		}
	}
}

// skip passes over bytes at which nobody is asked, eight at a time.
func skip(class *[256]uint8, text []byte, i int) int {
	for ; i+8 <= len(text); i += 8 {
		w := text[i : i+8 : i+8]
		if class[w[0]]|class[w[1]]|class[w[2]]|class[w[3]]|class[w[4]]|class[w[5]]|class[w[6]]|class[w[7]] != other {
			break
		}
	}
	return i
}

func (sc *scan) ask(who []call, i int) {
	for k := range who {
		if h, ok := who[k].at(sc.text, i); ok {
			sc.hits = append(sc.hits, found{who[k].who, h})
		}
	}
}

// word passes over the word that begins at i and asks those who wait for it, or for any capitalised one.
func (sc *scan) word(i int) int {
	text, t := sc.text, sc.t
	j, key := letters(text, i)
	if i > 0 && IsWord(text[i-1]) {
		return j
	}
	if t.starts != nil {
		sc.ask(t.starts, i)
	}
	if t.words.may(key) {
		if e := t.words.find(key, text[i:j]); e != nil {
			if e.names != nil {
				sc.named(j, e.names)
			}
			sc.ask(e.who, i)
		}
	}
	if c := text[i]; (c-'A' < 26 || c-0xC3 < 3) && t.title && (j == len(text) || leads(text[j])) && (j-i > 8 || !t.except.has(key)) {
		sc.capital(i, j)
	}
	return j
}

// leads tells whether a capitalised word can be one of a sentence: no digit, sign of an identifier or of an address goes on behind it.
func leads(b byte) bool { return b != '_' && b != '@' && b != '/' && b != '(' && b != '=' && b-'0' > 9 }

// run9 passes over a group of digits and asks those who wait for it.
func (sc *scan) run9(i int) int {
	text := sc.text
	if sc.t.starts != nil && (i == 0 || !IsWord(text[i-1])) {
		sc.ask(sc.t.starts, i)
	}
	j := i + 1
	for j < len(text) && text[j]-'0' < 10 {
		j++
	}
	if j-i > 13 && serial(text, i, j) {
		return j
	}
	on := goesOn(text, i)
	if on && (text[i-1] == '-' || text[i-1] == '.' || text[i-1] == '/') {
		return j
	}
	if sc.t.forms.any && (j-i > 3 || leadsOn(text, j)) && sc.mayForm(i, j) {
		sc.token(i)
	}
	if !on {
		sc.group(i, j)
	}
	return j
}

// serial tells whether a long number behind letters and a low line is what a program calls a thing, as in "blk_-1608999687919862906": one below zero, of
// more digits than any number of somebody has, or of a block. Behind other words it may be a card: "card_4242424242424242".
func serial(text []byte, i, j int) bool {
	if below := i > 0 && text[i-1] == '-'; below {
		return i > 2 && text[i-2] == '_' && classOf[text[i-3]] == lower
	}
	return i > 1 && text[i-1] == '_' && classOf[text[i-2]] == lower && (j-i > 19 || i > 3 && string(text[i-4:i]) == "blk_")
}

// leadsOn tells whether a token goes on at j, behind a few digits: no form ends there.
func leadsOn(text []byte, j int) bool {
	if j+1 >= len(text) {
		return false
	}
	if signed(text[j]) {
		j++
	}
	return text[j]-'0' < 10 || text[j]-'A' < 26
}

// goesOn tells whether the group of digits at i continues digits before it over a sign (the month of a date, a fraction), or stands deep
// inside a word: no candidate begins there.
func goesOn(text []byte, i int) bool {
	if i < 3 {
		return false
	}
	switch text[i-1] {
	case '-', '.', '/', ':':
		return classOf[text[i-2]] == digit
	}
	return IsWord(text[i-1]) && IsWord(text[i-2]) && IsWord(text[i-3])
}

// resolve leaves of hits that overlap the best: the one whose check digit was verified, else the longer one, else the rarer kind. It
// sorts in place and gives them in order.
func (s *Set) resolve(hits []found) []found {
	if len(hits) < 2 {
		return hits
	}
	slices.SortFunc(hits, func(a, b found) int {
		if a.hit.Start != b.hit.Start {
			return a.hit.Start - b.hit.Start
		}
		if a.hit.End != b.hit.End {
			return b.hit.End - a.hit.End
		}
		return a.who - b.who
	})
	out := hits[:0]
	for _, f := range hits {
		if n := len(out); n > 0 && f.hit.Start < out[n-1].hit.End {
			if s.better(f, out[n-1]) && (n < 2 || f.hit.Start >= out[n-2].hit.End) {
				out[n-1] = f
			}
			continue
		}
		out = append(out, f)
	}
	return out
}

func (s *Set) better(a, b found) bool {
	la, lb := a.hit.End-a.hit.Start, b.hit.End-b.hit.Start
	ca, cb := a.hit.Flags&(Checked|Labelled) != 0, b.hit.Flags&(Checked|Labelled) != 0
	if ca != cb && (la >= lb/2 && lb >= la/2) {
		return ca
	}
	if la != lb {
		return la > lb
	}
	return s.all[a.who].Chance < s.all[b.who].Chance
}
