package told

import (
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// LogUser is the names of those who asked, in the log format that servers of the web have in common.
func LogUser() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "log_user",
		Doc:      "The name to sign in with in a line of the common log format, between the address and the time: 192.0.2.7 - ann [01/Mar/2026. It misses other formats.",
		Category: "identity.username",
		Version:  1,
		Triggers: classifiers.Triggers{Bytes: "[", Spots: []classifiers.Spot{{At: "[", Before: " ", After: "d"}}},
		MaxLen:   80,
		At:       logUserAt,
		Chance:   .01, Prior: -12, Sparse: true,
	}
}

func logUserAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 8 || i+8 > len(text) || text[i+3] != '/' || text[i+7] != '/' || text[i-1] != ' ' {
		return h, false
	}
	s := i - 1
	for s > 0 && i-s < 42 && text[s-1] > ' ' {
		s--
	}
	if s < 3 || string(text[s-3:s]) != " - " {
		return h, false
	}
	start, end, ok := readLogin(text, s, true)
	return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, ok && end == i-1
}

// ChatUser is the names of those who speak in a record of a chat.
func ChatUser() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "chat_user",
		Doc:      "The name to sign in with of one who speaks in a record of a chat, behind the time in brackets: [10:02] ann_b: hello. Since programs write lines of that form, it misses names that are in no angle brackets, have no given name or initial in them and do not speak beside one that has.",
		Category: "identity.username",
		Version:  1,
		Triggers: classifiers.Triggers{Bytes: "]", Spots: []classifiers.Spot{{At: "]", Before: "d", After: " "}}},
		MaxLen:   longest,
		At:       chatUserAt,
		Chance:   .02, Prior: -12, Sparse: true,
	}
}

func chatUserAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 6 || text[i-3] != ':' || text[i-6] != '[' && (i < 9 || text[i-6] != ':' || text[i-9] != '[') {
		return h, false
	}
	start, end, ok := speaker(text, i+2)
	if !ok || text[end] == ':' && !somebody(text[start:end]) && !answers(text, i) {
		return h, false
	}
	return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, true
}

// speaker reads the name of one who speaks, in angle brackets or with a colon behind it.
func speaker(text []byte, k int) (start, end int, ok bool) {
	held := k < len(text) && text[k] == '<'
	if held {
		k++
	}
	start, end, ok = readSigned(text, k)
	return start, end, ok && end+1 < len(text) && (text[end] == '>' && held || text[end] == ':' && !held) && text[end+1] == ' '
}

// answers tells whether somebody speaks in the line above the one whose time ends at i.
func answers(text []byte, i int) bool {
	e := i
	for e > 0 && text[e] != '\n' && i-e < 12 {
		e--
	}
	if text[e] != '\n' {
		return false
	}
	s := e
	for s > 0 && e-s < reach && text[s-1] != '\n' {
		s--
	}
	for k := s; k+2 < e && k < s+10; k++ {
		if text[k] == ']' && text[s] == '[' && text[k+1] == ' ' {
			start, end, ok := speaker(text[:e], k+2)
			return ok && (text[end] == '>' || somebody(text[start:end]))
		}
	}
	return false
}

// somebody tells whether a given name or an initial is a part of a name to sign in with: "ann_b", "mo.k".
func somebody(w []byte) bool {
	for i := 0; i < len(w); i++ {
		e := word(w, i)
		if e == i {
			continue
		}
		x := dictionary.Find(w[i:e])
		if x.Given >= 2 && x.Kinds&(dictionary.Common|dictionary.Word) == 0 || e-i == 1 && (i > 0 && (w[i-1] == '_' || w[i-1] == '.') || e < len(w) && (w[e] == '_' || w[e] == '.')) {
			return true
		}
		i = e
	}
	return false
}

// AuditUser is the names of those who did something, in records with commas.
func AuditUser() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "audit_user",
		Doc:      "The name to sign in with of one who did something, in a line of an audit with commas, behind the time and before a word in capitals that is no level, state or method of HTTP: 2026-03-01T10:00:00Z,ann,LOGIN. It misses other orders; names of programs there are mistaken for one.",
		Category: "identity.username",
		Version:  1,
		Triggers: classifiers.Triggers{Bytes: ",;", Spots: []classifiers.Spot{{At: ",;", Before: "Z", After: "a"}}},
		MaxLen:   60,
		At:       auditUserAt,
		Chance:   .02, Prior: -12, Sparse: true,
	}
}

func auditUserAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 9 || text[i-4] != ':' && text[i-8] != ':' {
		return h, false
	}
	start, end, ok := readSigned(text, i+1)
	if !ok || end+4 >= len(text) || text[end] != text[i] || text[end+1]-'A' > 25 || text[end+2]-'A' > 25 || text[end+3]-'A' > 25 || levels.Has(text[end+1:word(text, end+1)]) {
		return h, false
	}
	return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, true
}

// levels are words behind the name of a program: levels of logs, methods of HTTP, and how it is.
var levels = set(strings.Fields("error err errors warn warning info information debug trace fatal critical crit notice alert emerg emergency panic severe fine verbose audit get post put patch delete head options connect started starting stopped stopping running ready healthy unhealthy ok fail failed failure timeout online offline active inactive success"))
