package main

import (
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"vestige/internal/ddl"
)

type column struct{ table, name, typ string }

// readers read files, by kind.
var readers = map[string]func(name, text string) []column{
	"sql": sqlColumns, "rails": railsColumns, "django": djangoColumns, "laravel": laravelColumns, "doctrine": doctrineColumns,
	"jpa": jpaColumns, "prisma": prismaColumns, "doctype": doctypeColumns, "vardefs": vardefColumns,
	"csharp": csharpColumns, "typescript": typescriptColumns, "dataclass": dataclassColumns, "entitydefs": entityDefColumns, "opencart": opencartColumns,
}

var (
	createTable = regexp.MustCompile(`(?is)create\s+(?:(?:global |local )?temp(?:orary)?\s+|foreign\s+|unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([^\s(]+)\s*\(`)
	sqlName     = regexp.MustCompile("^[`\"\\[]?([\\p{L}_][\\p{L}\\p{N}_$ #-]*?)[`\"\\]]?\\s+(.+)$")
	sqlType     = regexp.MustCompile(`(?is)^([\p{L}_0-9."]+(?:\s+(?:varying|precision|unsigned|without time zone|with time zone))*(?:\s*\([^)]*\))?(?:\[\])?)`)
	notColumn   = regexp.MustCompile(`(?i)^(primary|unique|key|index|constraint|foreign|check|fulltext|spatial|exclude|like|period)\b`)
	sqlComment  = regexp.MustCompile(`(?m)(--[^\n]*$|/\*[^!].*?\*/|^#[^\n]*$)`)
	quotes      = strings.NewReplacer("`", "", `"`, "", "[", "", "]", "")
)

func sqlColumns(_, text string) (out []column) {
	text = sqlComment.ReplaceAllString(text, "")
	for _, m := range createTable.FindAllStringSubmatchIndex(text, -1) {
		table := quotes.Replace(text[m[2]:m[3]])
		table = table[strings.LastIndexByte(table, '.')+1:]
		for _, part := range ddl.Parts(text[m[1]:]) {
			part = strings.TrimSpace(part)
			if notColumn.MatchString(part) {
				continue
			}
			if c := sqlName.FindStringSubmatch(part); c != nil {
				out = append(out, column{table, c[1], strings.Join(strings.Fields(sqlType.FindString(quotes.Replace(c[2]))), " ")})
			}
		}
	}
	return out
}

var (
	railsTable  = regexp.MustCompile(`(?m)^\s*create_table\s*\(?[:"']([A-Za-z_0-9.]+)`)
	railsColumn = regexp.MustCompile(`(?m)^\s*t\.([a-z_0-9]+)\s*\(?\s*[:"']([A-Za-z_0-9]+)`)
)

func railsColumns(_, text string) (out []column) {
	at := railsTable.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		for _, c := range railsColumn.FindAllStringSubmatch(text[m[1]:end], -1) {
			switch c[1] {
			case "index", "check_constraint", "foreign_key", "timestamps", "unique_constraint":
			case "references", "belongs_to":
				out = append(out, column{text[m[2]:m[3]], c[2] + "_id", "bigint"})
			default:
				out = append(out, column{text[m[2]:m[3]], c[2], c[1]})
			}
		}
	}
	return out
}

var (
	pyClass = regexp.MustCompile(`(?m)^class\s+(\w+)\(([^)]*)\)\s*:`)
	pyField = regexp.MustCompile(`(?m)^    (\w+)\s*=\s*(?:\w+\.)?(\w*(?:Field|ForeignKey)\w*)\(`)
)

func djangoColumns(_, text string) (out []column) {
	at := pyClass.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		for _, c := range pyField.FindAllStringSubmatch(text[m[1]:end], -1) {
			if c[2] != "ManyToManyField" && !strings.Contains(text[m[4]:m[5]], "Form") {
				out = append(out, column{text[m[2]:m[3]], c[1], c[2]})
			}
		}
	}
	return out
}

var (
	laravelTable  = regexp.MustCompile(`Schema::(?:create|table)\(\s*['"](\w+)['"]`)
	laravelColumn = regexp.MustCompile(`\$table->(\w+)\(\s*['"](\w+)['"]`)
	notLaravel    = regexp.MustCompile(`(?i)^(drop|index|unique|foreign$|primary|rename|references|comment|fullText|morphs)`)
)

func laravelColumns(_, text string) (out []column) {
	at := laravelTable.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		for _, c := range laravelColumn.FindAllStringSubmatch(text[m[1]:end], -1) {
			if !notLaravel.MatchString(c[1]) {
				out = append(out, column{text[m[2]:m[3]], c[2], c[1]})
			}
		}
	}
	return out
}

var (
	phpColumn = regexp.MustCompile(`(?s)ORM\\(?:Column|JoinColumn)\b(.{0,400}?)(?:private|protected|public)\s+(?:readonly\s+)?(?:\??(\w+)\s+)?\$(\w+)`)
	phpType   = regexp.MustCompile(`type\s*[:=]\s*(?:Types::)?["']?(\w+)`)
)

func doctrineColumns(name, text string) (out []column) {
	for _, c := range phpColumn.FindAllStringSubmatch(text, -1) {
		typ := strings.ToLower(c[2])
		if t := phpType.FindStringSubmatch(c[1]); t != nil {
			typ = strings.ToLower(t[1])
		}
		out = append(out, column{strings.TrimSuffix(path.Base(name), ".php"), c[3], typ})
	}
	return out
}

var (
	javaField  = regexp.MustCompile(`(?m)^\s*(?:private|protected|public)\s+([A-Z]\w*|int|long|boolean|double|byte\[\])\s+(\w+)\s*(?:;|=)`)
	javaGetter = regexp.MustCompile(`(?m)^\s*(?:public\s+)?(String|Date|Integer|Long|Double|Boolean|int|long|boolean|double)\s+get(\w+)\(\)`)
)

func jpaColumns(name, text string) (out []column) {
	table := strings.TrimSuffix(strings.TrimSuffix(path.Base(name), ".java"), ".cs")
	for _, c := range javaField.FindAllStringSubmatch(text, -1) {
		out = append(out, column{table, c[2], strings.ToLower(c[1])})
	}
	if len(out) == 0 {
		for _, c := range javaGetter.FindAllStringSubmatch(text, -1) {
			out = append(out, column{table, strings.ToLower(c[2][:1]) + c[2][1:], strings.ToLower(c[1])})
		}
	}
	return out
}

var (
	prismaModel = regexp.MustCompile(`(?ms)^model\s+(\w+)\s*\{(.*?)^\}`)
	prismaField = regexp.MustCompile(`(?m)^\s+(\w+)\s+(String|Int|BigInt|Float|Decimal|DateTime|Boolean|Json|Bytes)\b`)
)

func prismaColumns(_, text string) (out []column) {
	for _, m := range prismaModel.FindAllStringSubmatch(text, -1) {
		for _, c := range prismaField.FindAllStringSubmatch(m[2], -1) {
			out = append(out, column{m[1], c[1], strings.ToLower(c[2])})
		}
	}
	return out
}

func doctypeColumns(name, text string) (out []column) {
	var d struct {
		Name   string
		Fields []struct{ Fieldname, Fieldtype string }
	}
	if json.Unmarshal([]byte(text), &d) != nil {
		return nil
	}
	for _, f := range d.Fields {
		switch f.Fieldtype {
		case "Section Break", "Column Break", "Tab Break", "HTML", "Button", "Table", "Heading", "Fold":
		default:
			out = append(out, column{d.Name, f.Fieldname, strings.ToLower(f.Fieldtype)})
		}
	}
	return out
}

var vardef = regexp.MustCompile(`(?s)['"]name['"]\s*=>\s*['"](\w+)['"],(.{0,300}?)['"](?:db)?[tT]ype['"]\s*=>\s*['"](\w+)['"]`)

func vardefColumns(name, text string) (out []column) {
	for _, c := range vardef.FindAllStringSubmatch(text, -1) {
		if c[3] != "link" && c[3] != "relate" && !strings.Contains(c[2], "non-db") && c[3] != "index" && c[3] != "primary" && c[3] != "unique" {
			out = append(out, column{path.Base(path.Dir(name)), c[1], c[3]})
		}
	}
	return out
}

var csharpField = regexp.MustCompile(`(?m)^\s*public\s+(?:virtual\s+)?(string|int|long|decimal|double|float|bool|DateTime|DateOnly|DateTimeOffset|Guid|byte\[\])\??\s+(\w+)\s*\{\s*get`)

func csharpColumns(name, text string) (out []column) {
	for _, c := range csharpField.FindAllStringSubmatch(text, -1) {
		out = append(out, column{strings.TrimSuffix(path.Base(name), ".cs"), c[2], strings.ToLower(c[1])})
	}
	return out
}

var (
	phpTable = regexp.MustCompile(`'name'\s*=>\s*'(\w+)',\s*'field'`)
	phpField = regexp.MustCompile(`'name'\s*=>\s*'(\w+)',\s*'type'\s*=>\s*'([^']+)'`)
)

func opencartColumns(_, text string) (out []column) {
	at := phpTable.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		for _, c := range phpField.FindAllStringSubmatch(text[m[1]:end], -1) {
			out = append(out, column{text[m[2]:m[3]], c[1], c[2]})
		}
	}
	return out
}

var (
	tsType    = regexp.MustCompile(`(?ms)^export\s+(?:interface|class)\s+(\w+)[^{]*\{(.*?)^\}`)
	tsField   = regexp.MustCompile(`(?m)^\s+(\w+)[?!]?:\s*(string|number|boolean|Date)\b`)
	dataClass = regexp.MustCompile(`(?ms)^@dataclass[^\n]*\nclass\s+(\w+)[^\n]*:\n(.*?)(?:^\S|\z)`)
	dataField = regexp.MustCompile(`(?m)^    (\w+):\s*(?:Optional\[)?(str|int|float|bool|date|datetime|Decimal)\b`)
)

func typescriptColumns(_, text string) []column { return blocks(tsType, tsField, text) }

func dataclassColumns(_, text string) []column { return blocks(dataClass, dataField, text) }

// blocks reads fields within blocks that are of a name.
func blocks(block, field *regexp.Regexp, text string) (out []column) {
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		for _, c := range field.FindAllStringSubmatch(m[2], -1) {
			out = append(out, column{m[1], c[1], strings.ToLower(c[2])})
		}
	}
	return out
}

func entityDefColumns(name, text string) (out []column) {
	var d struct {
		Fields map[string]struct{ Type string }
	}
	if json.Unmarshal([]byte(text), &d) != nil {
		return nil
	}
	for _, f := range slices.Sorted(maps.Keys(d.Fields)) {
		if t := d.Fields[f].Type; t != "" && t != "linkMultiple" && t != "link" && t != "foreign" && t != "linkParent" {
			out = append(out, column{strings.TrimSuffix(path.Base(name), ".json"), f, t})
		}
	}
	return out
}
