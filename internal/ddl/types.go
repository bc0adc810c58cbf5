package ddl

import "strings"

// typ reads the type of a column as a system writes it: "character varying(80)", "int(10) unsigned", "timestamp with time zone", "text[]".
func (c *cursor) typ() string {
	var b strings.Builder
	for !c.done() && !c.endsType() {
		t := c.at(0)
		switch {
		case t.text == "(" && t.kind == mark:
			b.WriteString(c.bracket())
			continue
		case t.kind == mark && strings.Contains("[].", t.text), c.i > 0 && b.Len() > 0 && strings.HasSuffix(b.String(), "."), strings.HasSuffix(b.String(), "["):
		case b.Len() > 0:
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
		c.i++
	}
	return b.String()
}

// endsType tells whether what comes next is no part of the type.
func (c *cursor) endsType() bool {
	switch w := c.peek(); w {
	case "NOT", "NULL", "DEFAULT", "PRIMARY", "UNIQUE", "REFERENCES", "CHECK", "CONSTRAINT", "COMMENT", "COLLATE", "GENERATED", "AS", "AUTO_INCREMENT", "AUTOINCREMENT",
		"IDENTITY", "ON", "CHARSET", "KEY", "ENCODE", "VISIBLE", "INVISIBLE", "ENABLE", "SPARSE", "ROWGUIDCOL", "STORED", "VIRTUAL", "DEFERRABLE", "INITIALLY", "FIRST", "AFTER",
		"USING", "STORAGE", "COMPRESSION", "OPTIONS", "MASKED", "PERSISTED", "=", ",", ":":
		return true
	case "CHARACTER":
		return c.ahead(1) == "SET"
	case "WITH":
		return c.ahead(1) != "TIME" && c.ahead(1) != "LOCAL"
	}
	return c.at(0).kind == text
}

// bracket reads a bracket as it stands, without blanks.
func (c *cursor) bracket() string {
	var b strings.Builder
	from := c.i
	c.skip()
	for _, t := range c.tokens[from:min(c.i, len(c.tokens))] {
		if t.kind == text {
			b.WriteString("'" + t.text + "'")
			continue
		}
		b.WriteString(t.text)
	}
	return b.String()
}
