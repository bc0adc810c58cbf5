// Command gen writes words.txt: names and towns out of the locale data of @faker-js/faker, which it installs into a temporary
// folder with npm, and of own.txt. Run it by `go generate ./classifiers/dictionary`; it needs node.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

const version = "@faker-js/faker@10.6.0"

// script prints, per locale, the lists used; the definitions are plain data.
const script = `
import { allLocales } from '@faker-js/faker';
const flat = x => Array.isArray(x) ? x : x ? Object.values(x).flat(3) : [];
const word = x => typeof x === 'string' ? x : x.value;
const out = {};
for (const [name, l] of Object.entries(allLocales)) {
  const p = l.person ?? {}, a = l.location ?? {};
  out[name] = { g: flat(p.first_name).map(word), f: flat(p.last_name).map(word), c: flat(a.city_name).map(word) };
}
console.log(JSON.stringify(out));
`

var locales = map[string]string{
	"en": "gfc", "en_GB": "gfc", "en_AU": "gfc", "en_CA": "c", "en_IE": "gfc", "de": "gfc", "de_AT": "gfc", "de_CH": "gfc",
	"fr": "gfc", "es": "gfc", "it": "gf", "nl": "gfc", "pl": "gf", "tr": "gf", "pt_PT": "gf", "sv": "gf", "da": "gf", "nb_NO": "gf",
}

func main() {
	all := map[string]map[byte]int{}
	add := func(kind byte, w string) {
		w = strings.ToLower(strings.TrimSpace(w))
		if n := utf8.RuneCountInString(w); n < 2 || len(w) > 40 || strings.ContainsAny(w, "{}()/0123456789") {
			return
		}
		if all[w] == nil {
			all[w] = map[byte]int{}
		}
		all[w][kind]++
	}
	for name, lists := range read() {
		for kind, words := range lists {
			if !strings.Contains(locales[name], kind) {
				continue
			}
			for _, w := range words {
				add(kind[0], w)
			}
		}
	}
	own(add)
	check(os.WriteFile("words.txt", []byte(render(all)), 0o644))
}

func read() (out map[string]map[string][]string) {
	dir, err := os.MkdirTemp("", "words")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "dump.mjs")
	check(os.WriteFile(file, []byte(script), 0o600))
	run(dir, "npm", "install", "--silent", "--no-save", version)
	check(json.Unmarshal(run(dir, "node", file), &out))
	return out
}

func run(dir, name string, args ...string) []byte {
	c := exec.Command(name, args...)
	c.Dir, c.Stderr = dir, os.Stderr
	out, err := c.Output()
	check(err)
	return out
}

// own adds the words of own.txt: lines of a kind and words behind it, each usual.
func own(add func(byte, string)) {
	text, err := os.ReadFile("own.txt")
	check(err)
	for l := range strings.Lines(string(text)) {
		kind, list, ok := strings.Cut(l, ":")
		if !ok || len(kind) != 1 {
			continue
		}
		for w := range strings.SplitSeq(list, ",") {
			for range 3 {
				add(kind[0], w)
			}
		}
	}
}

func render(all map[string]map[byte]int) string {
	var lines []string
	for w, kinds := range all {
		l := w + "\t"
		for _, k := range "gfc" {
			if n := kinds[byte(k)]; n > 0 {
				l += fmt.Sprintf("%c%d", k, min(n, 9))
			}
		}
		lines = append(lines, l)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
