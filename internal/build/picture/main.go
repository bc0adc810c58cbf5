// Command picture draws what a command printed as a terminal would show it, for the README:
//
//	./vestige demo --once | go run ./internal/build/picture >docs/img/demo.svg
//
// Long tables are cut after some lines, as the text between them is what is to be seen.
package main

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

const (
	width   = 138 // characters of a line
	rows    = 9   // lines of one block
	perLine = 18  // height of a line
)

func main() {
	if err := draw(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(in io.Reader, out io.Writer) error {
	lines, err := read(in)
	if err != nil {
		return err
	}
	lines = append([]string{"$ vestige demo"}, lines...)
	high := len(lines)*perLine + 40
	if _, err := fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1180 %d" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13" role="img" aria-label="What vestige demo prints">
<rect width="100%%" height="100%%" rx="8" fill="#16181d"/>
`, high); err != nil {
		return err
	}
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "<text x=\"18\" y=\"%d\" xml:space=\"preserve\" %s>%s</text>\n", 30+i*perLine, style(line), html.EscapeString(line)); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(out, "</svg>")
	return err
}

// read takes the lines and cuts long blocks of a table.
func read(in io.Reader) (out []string, err error) {
	block := 0
	for s := bufio.NewScanner(in); ; {
		if !s.Scan() {
			return out, s.Err()
		}
		line := strings.TrimRight(s.Text(), " ")
		if block++; !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "  ✓") {
			block = 0
		}
		if utf8.RuneCountInString(line) > width {
			line = string([]rune(line)[:width-1]) + "…"
		}
		switch {
		case block < rows:
			out = append(out, line)
		case block == rows:
			out = append(out, "  …")
		}
	}
}

// style tells headings, what held and what did not by colour.
func style(line string) string {
	switch {
	case strings.HasPrefix(line, "$"):
		return `fill="#8b93a5"`
	case strings.HasPrefix(line, "  ✓"), strings.HasPrefix(line, "Everything held"):
		return `fill="#7fd1a0"`
	case strings.HasPrefix(line, "  ✗"):
		return `fill="#f0836f"`
	case !strings.HasPrefix(line, " "):
		return `fill="#ffffff" font-weight="bold"`
	}
	return `fill="#c3c8d2"`
}
