// Command gen writes testdata/many.txt: for each identifier made-up examples that pass its check, and near misses that do not. Run it by
// `go generate ./classifiers/official`.
package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/classifiers/official"
	"vestige/pii"
)

func main() {
	table, err := os.ReadFile("kinds.txt")
	if err != nil {
		log.Fatal(err)
	}
	by := map[string]classifiers.Classifier{}
	for _, c := range official.All() {
		by[c.Name] = c
	}
	set, err := classifiers.NewSet(all.All(), classifiers.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Written by `go generate ./classifiers/official`; the numbers are made up.\n")
	for l := range strings.Lines(string(table)) {
		if f := strings.Split(strings.TrimSpace(l), "|"); len(f) == 8 && !strings.HasPrefix(l, "#") {
			corpus(&b, set, by[f[0]], f)
		}
	}
	if err := os.WriteFile("testdata/many.txt", []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

func corpus(b *strings.Builder, set *classifiers.Set, c classifiers.Classifier, f []string) {
	rng := rand.New(rand.NewPCG(7, uint64(len(f[0]))<<32+uint64(f[0][0])<<8+uint64(f[0][len(f[0])-1])))
	fmt.Fprintf(b, "== %s\nalso phone: the digits are grouped alike\nalso card: the digits are as many\n", c.Name)
	word := strings.Fields(f[5])[0]
	forms := strings.Split(f[2], ",")
	lines := 0
	for i := range 3 {
		form := strings.ReplaceAll(strings.TrimPrefix(forms[i%len(forms)], "!"), "_", " ")
		v := example(rng, c, form)
		if v == "" {
			continue
		}
		fmt.Fprintf(b, "+ %s: [%s]\n", word, v)
		if miss := near(c, v); miss != "" {
			fmt.Fprintf(b, "- %s: %s\n", word, miss)
		} else {
			fmt.Fprintf(b, "- %s: %sZ7\n", word, v)
		}
		fmt.Fprintf(b, "- %s: z1%s2z\n", word, v)
		lines++
	}
	if lines == 0 {
		log.Printf("%s: no example found", c.Name)
	}
	if name := own(set, c, strings.Split(f[6], ",")); name != "" {
		fmt.Fprintf(b, "column + %s\n", name)
	}
	fmt.Fprintf(b, "column - %s_count\n", f[0])
	if lines == 0 {
		b.WriteString("- 12\n")
	}
}

// own gives the first of the names that no other kind has.
func own(set *classifiers.Set, c classifiers.Classifier, names []string) string {
	for _, n := range names {
		n = strings.ReplaceAll(n, " ", "_")
		d := &pii.Dataset{Fields: []pii.Field{{Name: n, Column: n}}}
		if p := set.Table(d, nil)[0]; p.Category == c.Category && p.Confidence > .55 {
			return n
		}
	}
	return ""
}

// starts are beginnings that a check asks for and that chance would hardly hit.
var starts = map[string]string{"uk_vat": "GB", "fr_tva": "FR", "lu_matricule": "198", "de_ust_id": "DE", "ch_ahv": "756", "ch_uid": "CHE", "ae_eid": "784", "gh_card": "GHA", "iccid": "89", "uk_driving": "", "in_ifsc": ""}

func example(rng *rand.Rand, c classifiers.Classifier, form string) string {
	v := make([]byte, len(form))
	for range 2_000_000 {
		for i := range form {
			switch form[i] {
			case '9':
				v[i] = byte('0' + rng.IntN(10))
			case 'A':
				v[i] = byte('A' + rng.IntN(26))
			case 'X':
				v[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rng.IntN(36)]
			default:
				v[i] = form[i]
			}
		}
		k := 0
		for _, s := range []byte(starts[c.Name]) {
			for k < len(v) && v[k] != s && (form[k] == ' ' || form[k] == '-' || form[k] == '.') {
				k++
			}
			v[k] = s
			k++
		}
		if c.Whole(v) && !strings.Contains(string(v), "555") {
			return string(v)
		}
	}
	return ""
}

// near changes one sign so that the check fails.
func near(c classifiers.Classifier, v string) string {
	for i := len(v) - 1; i >= 0; i-- {
		for _, to := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			digit, wasDigit := to <= '9', v[i] <= '9' && v[i] >= '0'
			if to == v[i] || digit != wasDigit || v[i] == ' ' || v[i] == '-' || v[i] == '.' || v[i] == '/' || v[i] == '(' || v[i] == ')' {
				continue
			}
			w := v[:i] + string(to) + v[i+1:]
			if !c.Whole([]byte(w)) {
				return w
			}
		}
	}
	return ""
}
