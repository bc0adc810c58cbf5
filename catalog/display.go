package catalog

import (
	"strings"

	"vestige/lineage"
	"vestige/pii"
)

// Display gives the name of a field as people read it: where a {} stands for member names that are values, and these are classified, the
// category stands in the braces: "prefs.{contact.email}.lang".
func Display(n *lineage.Node, f *lineage.FieldNode) string {
	name := f.Field.Name
	for at := 0; ; {
		i := strings.Index(name[at:], "{}")
		if i < 0 {
			return numbered(n, name)
		}
		i += at
		at = i + 2
		if c := classified(n, generic(name[:i])+"{@}"); c != "" {
			name = name[:i] + "{" + string(c) + "}" + name[i+2:]
			at = i + len(c) + 2
		}
	}
}

// generic puts {} back for the categories that were filled in so far.
func generic(prefix string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(prefix, '{')
		if open < 0 || (open > 0 && prefix[open-1] == '\\') {
			b.WriteString(prefix)
			return b.String()
		}
		end := strings.IndexByte(prefix[open:], '}')
		if end < 0 {
			b.WriteString(prefix)
			return b.String()
		}
		b.WriteString(prefix[:open] + "{}")
		prefix = prefix[open+end+1:]
	}
}

// numbered shows the field of a numbered placeholder of the dataset's own name, "{1}", by its category.
func numbered(n *lineage.Node, name string) string {
	if len(name) > 2 && name[0] == '{' && strings.Trim(name[1:len(name)-1], "0123456789") == "" {
		if c := classified(n, name); c != "" {
			return "{" + string(c) + "}"
		}
	}
	return name
}

// DisplayDataset gives the name of a dataset as people read it: a placeholder whose field "{1}", "{2}" … is classified shows the category.
func DisplayDataset(n *lineage.Node) string {
	parts := strings.Split(n.Dataset.Ref.Dataset, "{}")
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(part)
		if i == len(parts)-1 {
			break
		}
		b.WriteString("{" + string(classified(n, "{"+itoa(i+1)+"}")) + "}")
	}
	return b.String()
}

func itoa(i int) string {
	if i >= 10 {
		return itoa(i/10) + itoa(i%10)
	}
	return string(rune('0' + i))
}

// classified gives the personal category of a field of that name, "" where there is none.
func classified(n *lineage.Node, name string) pii.Category {
	f := n.Field(name)
	if f == nil || !f.Category.Personal() || f.Confidence < Find {
		return ""
	}
	return f.Category
}
