package texts

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"vestige/pii"
)

// mark is a stretch of a text as it is written in a file: [[kind|words]], or [[?kind|words]] where opinions differ.
var mark = regexp.MustCompile(`\[\[(\??)([a-z_]+\.[a-z_]+)\|((?s:.+?))\]\]`)

// ReadMarked reads whole texts with their spans marked in them: one file a split, "@ language genre" before each text.
func ReadMarked(files fs.FS) (out []Text, err error) {
	names, err := fs.Glob(files, "*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		all, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		split := strings.TrimSuffix(path.Base(name), ".txt")
		for i, part := range strings.Split("\n"+string(all), "\n@ ")[1:] {
			head, body, _ := strings.Cut(part, "\n")
			lang, genre, ok := strings.Cut(head, " ")
			if !ok || body == "" {
				return nil, fmt.Errorf("%s: text %d has no language, no genre or no words", name, i+1)
			}
			t := unmark(strings.TrimSuffix(body, "\n"))
			t.Lang, t.Genre, t.Split = lang, genre, split
			out = append(out, t)
		}
	}
	return out, nil
}

func unmark(marked string) (t Text) {
	var b bytes.Buffer
	at := 0
	for _, m := range mark.FindAllStringSubmatchIndex(marked, -1) {
		b.WriteString(marked[at:m[0]])
		s := Span{Start: b.Len(), Kind: kindOf(pii.Category(marked[m[4]:m[5]]))}
		b.WriteString(marked[m[6]:m[7]])
		s.End = b.Len()
		at = m[1]
		if m[2] < m[3] {
			t.Maybe = append(t.Maybe, s)
			continue
		}
		t.Gold = append(t.Gold, s)
	}
	b.WriteString(marked[at:])
	t.Body = b.Bytes()
	return t
}
