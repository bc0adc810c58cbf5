package identity

import (
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// closings are words of the line above a signature.
var closings = newWordSet("regards sincerely faithfully cheers thanks wishes truly cordially respectfully grüße grüßen gruß gruss hochachtungsvoll vg lg mfg cordialement salutations amitiés bises bisous saludos atentamente cordialmente abrazo " +
	"saluti ossequi groet groeten groetjes hoogachtend hoogachting cumprimentos atenciosamente abraço abraços pozdrawiam poważaniem szacunkiem pozdrowieniami")

// soleName reads a name that is a whole line, known or not: below the closing of a letter, or above an address, a telephone or an e-mail address.
func soleName(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !lineStart(text, i) {
		return h, false
	}
	end, words, known := wholeLine(text, i)
	if words == 0 {
		return h, false
	}
	above, blank := lineAbove(text, i)
	if known < words && words == 1 && !closes(above) || words == 1 && known == 1 && blank || !closes(above) && (words == 1 || !blank && strings.Count(string(above), " ") > 0 || !reaches(text, end)) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: end, Flags: classifiers.Labelled}, true
}

// wholeLine reads the words of the line at i, of which all can be of a name; words is 0 where one cannot.
func wholeLine(text []byte, i int) (end, words, known int) {
	for k := i; ; {
		j := nameWord(text, k)
		last := j == len(text) || text[j] == '\n' || text[j] == '\r'
		if !last && (text[j] != ' ' || j+1 == len(text) || !classifiers.IsLetter(text[j+1])) {
			return 0, 0, 0
		}
		w := text[k:j]
		e := dictionary.Find(w)
		named := max(e.Given, e.Family) >= 1
		switch {
		case j == k, words == 4, institutions.Has(w), words == 0 && sites.Has(w), title(w):
			return 0, 0, 0
		case words > 0 && (particle(w) || initial(w) || lineages.Has(w)):
		case !big(w, 0), e.Kinds&(dictionary.Common|dictionary.Word) != 0 && max(e.Given, e.Family) < 3, e.Kinds == 0 && (noun(w) || len(w) < 3), e.Kinds == dictionary.City && known == 0, closings.Has(w):
			return 0, 0, 0
		default:
			words++
			if named {
				known++
			}
		}
		if last {
			return j, words, known
		}
		k = j + 1
	}
}

// lineages are particles that are words of other languages too.
var lineages = newWordSet("nic ni ní mac ap ab ibn bint ben abu bat")

// lineAbove gives the last line above i that holds something, past one empty line, and whether an empty line or nothing stands above.
func lineAbove(text []byte, i int) (line []byte, blank bool) {
	e := i
	for n := 0; e > 0 && (text[e-1] == '\n' || text[e-1] == '\r' || text[e-1] == ' '); e-- {
		if text[e-1] == '\n' {
			if n++; n > 3 {
				return nil, true
			}
			blank = n > 1
		}
	}
	s := e
	for s > 0 && e-s < 60 && text[s-1] != '\n' {
		s--
	}
	return text[s:e], blank || e == 0
}

// closes tells whether a line closes a letter.
func closes(line []byte) bool {
	if len(line) == 0 || len(line) > 45 {
		return false
	}
	for i := 0; i < len(line); i++ {
		e := classifiers.Letters(line, i)
		if e > i && closings.Has(line[i:e]) {
			return true
		}
		i = max(i, e)
	}
	return false
}

// births are words that a line begins with that says when and where somebody was born.
var births = newWordSet("born geboren geb né née nacido nacida nato nata nascido nascida ur urodzony urodzona dob geburtsdatum geboortedatum")

// reaches tells whether the line below end says when somebody was born, or where somebody can be reached: an e-mail address, a telephone, a street.
func reaches(text []byte, end int) bool {
	i := end
	for i < len(text) && (text[i] == '\r' || text[i] == '\n') && i-end < 2 {
		i++
	}
	if births.Has(text[i:classifiers.Letters(text, i)]) {
		return true
	}
	digits, numbers, letters := 0, 0, 0
	e := i
	for ; e < len(text) && e-i < 100 && text[e] != '\n'; e++ {
		switch c := text[e]; {
		case c == '@' && e > i && classifiers.IsWord(text[e-1]):
			return true
		case c == '=' || c == '{' || c == ';' || c == '|' || c == '$' || c == '%':
			return false
		case classifiers.IsDigit(c):
			if digits++; e == i || !classifiers.IsDigit(text[e-1]) {
				numbers++
			}
		case classifiers.IsLetter(c):
			letters++
		}
	}
	if digits == 0 || e == i || text[e-1] == '.' {
		return false
	}
	if text[i] == '+' || text[i] == '(' {
		return digits >= 7
	}
	if classifiers.IsDigit(text[i]) { // 12 Linden Road, but no "1. General"
		k := i
		for k < e && classifiers.IsDigit(text[k]) {
			k++
		}
		return k < e && text[k] != '.' && text[k] != ')' && letters >= 4 && k-i <= 4 && digits < 12
	}
	for e > i+4 && (text[e-1] == '\r' || text[e-1] == ' ' || classifiers.IsLetter(text[e-1]) && !classifiers.IsLetter(text[e-2])) { // "21 b"
		e--
	}
	last := classifiers.IsDigit(text[e-1])
	return big(text, i) && (last && letters >= 5 && numbers <= 3 || digits >= 7 && letters < 12)
}

// airTitles stand behind the given name in lists of passengers.
var airTitles = newWordSet("mr mrs ms miss mstr chd inf dr prof")

// boarded reads a name as it stands in lists of passengers, the bar at j: "SINGH/GURPREET MR".
func boarded(text []byte, j int) (h classifiers.Hit, ok bool) {
	if j < 2 || !classifiers.IsUpper(text[j-1]) || j+3 >= len(text) || !classifiers.IsUpper(text[j+1]) {
		return h, false
	}
	i := j
	for i > 0 && j-i < 30 && (classifiers.IsLetter(text[i-1]) || text[i-1] == '-' || text[i-1] == '\'') {
		i--
	}
	k := classifiers.Letters(text, j+1)
	if j-i < 2 || k-j < 3 || !loudWord(text[i:j]) || !loudWord(text[j+1:k]) || k+2 >= len(text) || text[k] != ' ' {
		return h, false
	}
	e := classifiers.Letters(text, k+1)
	if e == k+1 || !airTitles.Has(text[k+1:e]) || !classifiers.IsUpper(text[k+1]) {
		return h, false
	}
	return classifiers.Hit{Start: i, End: e, Flags: classifiers.Labelled}, true
}

// loudWord tells whether a word is in capitals alone.
func loudWord(w []byte) bool {
	for _, b := range w {
		if b < 0x80 && !classifiers.IsUpper(b) && b != '-' && b != '\'' {
			return false
		}
	}
	return true
}

// others are words that make what stands before "and" a firm: "Hartmann & Söhne".
var others = newWordSet("sons son co company cie fils frères associates partners brothers bros daughters söhne sohn partner kollegen hijos hermanos asociados figli fratelli associati soci zonen zoon filhos irmãos associados synowie wspólnicy spółka")

// partners tells whether the words behind a name at k make it a firm's: "& Sons", "e Figli".
func partners(text []byte, k int) bool {
	if k+4 >= len(text) || text[k] != ' ' {
		return false
	}
	e := k + 2
	if text[k+1] != '&' {
		e = classifiers.Letters(text, k+1)
		if e == k+1 || e > k+4 {
			return false
		}
	}
	if e+1 >= len(text) || text[e] != ' ' || !big(text, e+1) {
		return false
	}
	return others.Has(text[e+1 : classifiers.Letters(text, e+1)])
}

// mailed tells whether an e-mail address in angle brackets follows.
func mailed(text []byte, k int) bool {
	if k < len(text) && text[k] == '"' {
		k++
	}
	if k+3 >= len(text) || text[k] != ' ' || text[k+1] != '<' {
		return false
	}
	for n := k + 2; n < len(text) && n-k < 66; n++ {
		switch c := text[n]; {
		case c == '@':
			return n > k+2
		case c <= ' ' || c == '>':
			return false
		}
	}
	return false
}

// degrees are what stands behind the names of those who have them.
var degrees = classifiers.NewWordSet(strings.Fields("md np rn phd do pa pac dds dmd esq cpa lcsw msw mph frcs frcp mrcp facs llm llb bsc msc pharmd dvm psyd lmft crna arnp fnp rd"))

// qualified tells whether a degree follows the name: "T. Okada, NP".
func qualified(text []byte, k int) bool {
	if k+3 >= len(text) || text[k] != ',' || text[k+1] != ' ' || !classifiers.IsUpper(text[k+2]) || !classifiers.IsUpper(text[k+3]) && text[k+3] != 'h' && text[k+3] != 's' {
		return false
	}
	e := classifiers.Letters(text, k+2)
	return degrees.Has(text[k+2:e]) && (e == len(text) || !classifiers.IsDigit(text[e]))
}

var (
	inPlace = newWordSet("in near around across throughout outside nach aus en em w te à près desde hasta hacia presso vicino")
	also    = newWordSet("and or und oder et ou y o e i lub en")
)

// placed tells whether the word at i, which is a town too, stands where towns do: behind "in", or in a list of towns that begins so.
func placed(text []byte, i int) bool {
	for range 8 {
		w := wordBehind(text, i)
		if len(w) == 0 || text[i-1] != ' ' {
			return false
		}
		s := i - 1 - len(w)
		if text[i-2] == ',' {
			s--
		} else if inPlace.Has(w) {
			return true
		}
		if s < 2 || !also.Has(w) && (!big(text, s) || dictionary.Find(w).City == 0) {
			return false
		}
		i = s
	}
	return false
}

// paired tells whether another given name follows behind "and".
func paired(text []byte, j int) bool {
	if j+6 > len(text) || text[j] != ' ' {
		return false
	}
	e := classifiers.Letters(text, j+1)
	if !also.Has(text[j+1 : e]) {
		return false
	}
	if text[e] != ' ' || e+3 > len(text) || !big(text, e+1) {
		return false
	}
	k := nameWord(text, e+1)
	x := dictionary.Find(text[e+1 : k])
	return x.Given >= 2 && x.Kinds&(dictionary.Common|dictionary.Word) == 0 && x.City == 0 && !alone.Has(text[e+1:k]) && !institutions.Has(text[e+1:k]) && !partners(text, j) && !streetish(text, k) && !(k < len(text) && (text[k] == '_' || text[k] == '(' || text[k] == '/'))
}

// monthNames are months that are names too, months all of them.
var (
	monthNames = newWordSet("jan mar apr may jun jul aug april june august juni juli mai avril augusto")
	months     = newWordSet("jan mar apr may jun jul aug april june august juni juli mai avril augusto feb sep sept oct nov dec january february march july september october november december " +
		"januar februar märz mär okt dez oktober dezember")
)

// calendar tells whether the word text[i:j] is a month rather than a name: beside a number, or in a list of months.
func calendar(text []byte, i, j int) bool {
	if !monthNames.Has(text[i:j]) {
		return false
	}
	k := i
	for k > 0 && i-k < 3 && (text[k-1] == ' ' || text[k-1] == '"' || text[k-1] == '\'' || text[k-1] == '(') {
		k--
	}
	e := j
	for e < len(text) && e-j < 3 && (text[e] == ' ' || text[e] == '"' || text[e] == '\'' || text[e] == ',') {
		e++
	}
	if k > 0 && (classifiers.IsDigit(text[k-1]) || text[k-1] == ',' && monthEnds(text[:k-1]) || k < i && text[k] == '"' && e > j && text[j] == '"') {
		return true
	}
	return e > j && e < len(text) && months.Has(text[e:classifiers.Letters(text, e)]) || e < len(text) && classifiers.IsDigit(text[e]) && (text[j] != ',' || yearAt(text, e))
}

// monthEnds tells whether a month or a number stands at the end.
func monthEnds(text []byte) bool {
	e := len(text)
	for e > 0 && (text[e-1] == '"' || text[e-1] == '\'') {
		e--
	}
	s := e
	for s > 0 && e-s < 10 && classifiers.IsLetter(text[s-1]) {
		s--
	}
	return e > 0 && classifiers.IsDigit(text[e-1]) || months.Has(text[s:e])
}

// yearAt tells whether a year stands at k: "April, 2024", but no "Jan, 34".
func yearAt(text []byte, k int) bool {
	e := k
	for e < len(text) && classifiers.IsDigit(text[e]) {
		e++
	}
	return e-k == 4 && (text[k] == '1' || text[k] == '2')
}
