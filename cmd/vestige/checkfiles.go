package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"vestige/internal/errkind"
	"vestige/policies"
)

// lockFile is vestige.lock: what was decided of each field, by source/dataset#field. An empty category is a field that holds nothing personal.
type lockFile struct {
	Version int               `yaml:"version"`
	Fields  map[string]string `yaml:"fields"`
}

func readLock(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, errkind.Wrap(errkind.Permission, err, "read the baseline")
	}
	var l lockFile
	if err := policies.Decode(path, text, &l); err != nil {
		return nil, err
	}
	if l.Version != 1 {
		return nil, errkind.New(errkind.Invalid, "%s: version %d is not known", path, l.Version)
	}
	return l.Fields, nil
}

// writeLock writes what is there now in place of what the baseline had of the same source.
func writeLock(path, prefix string, was map[string]string, fields []seenField) error {
	all := map[string]string{}
	for name, c := range was {
		if !strings.HasPrefix(name, prefix) {
			all[name] = c
		}
	}
	for _, f := range fields {
		if f.category != "" {
			all[f.name] = string(f.category)
		}
	}
	var names []string
	for n := range all {
		names = append(names, n)
	}
	slices.Sort(names)
	var b bytes.Buffer
	b.WriteString("# What was decided of each personal field; written by \"vestige check --update\", reviewed by people.\nversion: 1\nfields:\n")
	for _, n := range names {
		fmt.Fprintf(&b, "  %q: %s\n", n, all[n])
	}
	if len(names) == 0 {
		b.Reset()
		b.WriteString("version: 1\nfields: {}\n")
	}
	return errkind.Wrap(errkind.Permission, os.WriteFile(path, b.Bytes(), 0o644), "write the baseline")
}

// show prints the result, or writes it for a machine.
func (x checkCmd) show(c *call, r *checked) error {
	var report []byte
	var err error
	switch x.Format {
	case "sarif":
		report, err = json.MarshalIndent(sarif(r, x.Baseline), "", "  ")
	case "junit":
		report, err = junit(r)
	}
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "write the report")
	}
	if report != nil && x.Out != "" {
		if err := os.WriteFile(c.path(x.Out), append(report, '\n'), 0o644); err != nil {
			return errkind.Wrap(errkind.Permission, err, "write %s", x.Out)
		}
	} else if report != nil {
		c.printf("%s\n", report)
		return nil
	}
	return c.print(r, func() { c.showChecked(r) })
}

func (c *call) showChecked(r *checked) {
	for _, f := range r.Findings {
		at := ""
		if f.Line > 0 {
			at = fmt.Sprintf("%s:%d: ", f.File, f.Line)
		}
		was := ""
		if f.Code == "changed" {
			was = ", the baseline says " + orElse(f.Was, "nothing personal")
		}
		c.printf("%s%s %s seems to hold %s (%s)%s\n", at, c.red(f.Code), f.Field, f.Category, percent(f.Confidence), was)
	}
	for _, g := range r.Gaps {
		c.printf("%s %s: %s\n", c.yellow("gap "+g.Code), g.At, g.Text)
	}
	for _, g := range r.Gone {
		c.printf("%s\n", c.dim("gone: "+g))
	}
	switch {
	case r.Updated:
		c.printf("Wrote %s, %s. Review and commit it.\n", r.Baseline, count(int64(r.Fields), "field"))
	case len(r.Findings) == 0:
		c.printf("%s are as %s has them.\n", count(int64(r.Fields), "field"), r.Baseline)
	default:
		c.printf("\n%s. Decide them, then: vestige check --update\n", count(int64(len(r.Findings)), "finding"))
	}
}

// text says what a finding is.
func (f checkFinding) text() string {
	return fmt.Sprintf("%s seems to hold %s (%s) and is %s", f.Field, f.Category, percent(f.Confidence), f.Code)
}

// sarif gives the report in SARIF 2.1.0.
func sarif(r *checked, baseline string) map[string]any {
	type obj = map[string]any
	results := []obj{}
	for _, f := range r.Findings {
		file, line := f.File, max(f.Line, 1)
		if file == "" {
			file = baseline
		}
		results = append(results, obj{"ruleId": f.Code, "level": "error", "message": obj{"text": f.text()},
			"partialFingerprints": obj{"field": f.Field},
			"locations": []obj{{"physicalLocation": obj{"artifactLocation": obj{"uri": file}, "region": obj{"startLine": line}},
				"logicalLocations": []obj{{"fullyQualifiedName": f.Field}}}}})
	}
	rules := []obj{{"id": "unmapped", "shortDescription": obj{"text": "A field seems personal and nobody has decided it."}},
		{"id": "changed", "shortDescription": obj{"text": "A field seems to hold something else than was decided."}}}
	return obj{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []obj{{"tool": obj{"driver": obj{"name": "vestige", "rules": rules}}, "results": results}}}
}

// junit gives the report as JUnit knows it: a test case for each finding, and one for all the rest.
func junit(r *checked) ([]byte, error) {
	type failure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
	}
	type testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Failure *failure `xml:"failure,omitempty"`
	}
	suite := struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testcase `xml:"testcase"`
	}{Name: "vestige check", Tests: len(r.Findings) + 1, Failures: len(r.Findings)}
	suite.Cases = append(suite.Cases, testcase{Name: count(int64(r.Fields), "field") + " looked at", Class: "vestige"})
	for _, f := range r.Findings {
		suite.Cases = append(suite.Cases, testcase{f.Field, "vestige", &failure{f.text(), f.Code}})
	}
	b, err := xml.MarshalIndent(suite, "", "  ")
	return append([]byte(xml.Header), b...), err
}
