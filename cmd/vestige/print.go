package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// logger writes warnings to standard error.
func (c *call) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelError}))
}

func (c *call) paint(s string, codes string) string {
	if !c.colour {
		return s
	}
	return "\x1b[" + codes + "m" + s + "\x1b[0m"
}

func (c *call) bold(s string) string   { return c.paint(s, "1") }
func (c *call) dim(s string) string    { return c.paint(s, "2") }
func (c *call) red(s string) string    { return c.paint(s, "31") }
func (c *call) green(s string) string  { return c.paint(s, "32") }
func (c *call) yellow(s string) string { return c.paint(s, "33") }

func (c *call) printf(format string, args ...any) {
	c.clear()
	_, _ = fmt.Fprintf(c.out, format, args...)
}

// progress overwrites the last line at a terminal, and is silent elsewhere.
func (c *call) progress(format string, args ...any) {
	if !c.tty || c.cli.JSON {
		return
	}
	line := fmt.Sprintf(format, args...)
	if w := max(c.width-1, 40); len([]rune(line)) > w {
		line = string([]rune(line)[:w-1]) + "…"
	}
	_, _ = fmt.Fprintf(c.out, "\r\x1b[K%s", c.dim(line))
	c.fresh = true
}

// clear takes a line of progress away.
func (c *call) clear() {
	if c.fresh {
		_, _ = fmt.Fprint(c.out, "\r\x1b[K")
		c.fresh = false
	}
}

// table prints rows below a header, without lines.
func (c *call) table(header []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	head := make(table.Row, len(header))
	for i, h := range header {
		head[i] = c.dim(h)
	}
	t.AppendHeader(head)
	for _, r := range rows {
		row := make(table.Row, len(r))
		for i, v := range r {
			row[i] = v
		}
		t.AppendRow(row)
	}
	for line := range strings.Lines(t.Render()) {
		c.printf("  %s\n", strings.TrimRight(line, " \n"))
	}
}

// count writes a number with its noun: "1 record", "2,041 records".
func count(n int64, noun string) string {
	if n < 0 {
		return "an unknown number of " + plural(noun)
	}
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + plural(noun)
}

func plural(noun string) string {
	if noun == "person" {
		return "people"
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(stem, "e") {
		return stem + "ies"
	}
	return noun + "s"
}

func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func percent(x float64) string { return strconv.FormatFloat(x*100, 'f', 0, 64) + " %" }

func when(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04")
}

func day(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).UTC().Format(time.DateOnly)
}

func bytesOf(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f kB", float64(n)/(1<<10))
	}
	return count(n, "byte")
}
