package told

import "vestige/classifiers"

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
		Doc:      "The name to sign in with of one who speaks in a record of a chat, behind the time in brackets: [10:02] ann_b: hello. It misses other forms; names of programs in logs of that form are mistaken for one.",
		Category: "identity.username",
		Version:  1,
		Triggers: classifiers.Triggers{Bytes: "]", Spots: []classifiers.Spot{{At: "]", Before: "d", After: " "}}},
		MaxLen:   60,
		At:       chatUserAt,
		Chance:   .02, Prior: -12, Sparse: true,
	}
}

func chatUserAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 6 || text[i-3] != ':' || text[i-6] != '[' && (i < 9 || text[i-6] != ':' || text[i-9] != '[') {
		return h, false
	}
	k := i + 2
	if k < len(text) && text[k] == '<' {
		k++
	}
	start, end, ok := readSigned(text, k)
	if !ok || end+1 >= len(text) || text[end] != ':' && text[end] != '>' || text[end+1] != ' ' {
		return h, false
	}
	return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, true
}

// AuditUser is the names of those who did something, in records with commas.
func AuditUser() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "audit_user",
		Doc:      "The name to sign in with of one who did something, in a line of an audit with commas, behind the time and before a word in capitals: 2026-03-01T10:00:00Z,ann,LOGIN. It misses other orders; names of programs there are mistaken for one.",
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
	if !ok || end+4 >= len(text) || text[end] != text[i] || text[end+1]-'A' > 25 || text[end+2]-'A' > 25 || text[end+3]-'A' > 25 {
		return h, false
	}
	return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, true
}
