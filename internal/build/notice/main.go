// Command notice writes NOTICE: every library that is linked into the program on any platform, with its licence, out of what the Go
// command has fetched. With -check it fails if NOTICE is stale. A licence that it does not know, or one that would bind the program's
// users to more than to keep the notice, is an error.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// platforms are those that are released; a library may be needed on one of them alone.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// library is a module that is linked, or data that is built in.
type library struct {
	name, version, licence string
	texts                  []string
}

const head = `Vestige
Copyright 2026 the Vestige authors

Licensed under the Apache License, Version 2.0; see LICENSE.

The program contains the libraries and data below. Their licences and notices follow the list. Each library is a Go module: its
source, that of the ones under the MPL-2.0 included, is what "go mod download PATH@VERSION" fetches. None of them was changed. This
file is written by "go run ./internal/build/notice".

`

func main() {
	check := flag.Bool("check", false, "fail if NOTICE is stale, and write nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	libraries, err := linked()
	if err != nil {
		return err
	}
	libraries = append(libraries, extra()...)
	var out bytes.Buffer
	out.WriteString(head)
	for i := range libraries {
		if err := libraries[i].read(); err != nil {
			return err
		}
		fmt.Fprintf(&out, "%-58s %-38s %s\n", libraries[i].name, libraries[i].version, libraries[i].licence)
	}
	appendTexts(&out, libraries)
	if !check {
		return os.WriteFile("NOTICE", out.Bytes(), 0o644)
	}
	if old, _ := os.ReadFile("NOTICE"); !bytes.Equal(old, out.Bytes()) {
		return errors.New("NOTICE is stale: make generate")
	}
	return nil
}

// linked asks the Go command for the modules of all packages of the program, with the folders they are in.
func linked() ([]library, error) {
	folders := map[string]string{}
	for _, p := range platforms {
		goos, arch, _ := strings.Cut(p, "/")
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/vestige")
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		text, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list the packages for %s: %w", p, err)
		}
		for line := range strings.Lines(string(text)) {
			if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				folders[name] = dir
			}
		}
	}
	var out []library
	for name, dir := range folders {
		path, version, _ := strings.Cut(name, " ")
		files, err := notices(dir)
		if err != nil {
			return nil, err
		}
		out = append(out, library{name: path, version: version, texts: files})
	}
	slices.SortFunc(out, func(a, b library) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// extra is what is built in and is no module.
func extra() []library {
	release, _, _ := strings.Cut(runtime.Version(), "-")
	return []library{
		{name: "Go standard library", version: release[:strings.LastIndex(release, ".")], texts: []string{filepath.Join(goroot(), "LICENSE")}},
		{name: "@faker-js/faker (lists of names and towns)", version: fakerVersion(), texts: []string{"classifiers/dictionary/NOTICE"}},
	}
}

func goroot() string {
	out, _ := exec.Command("go", "env", "GOROOT").Output()
	return strings.TrimSpace(string(out))
}

// fakerVersion is the one that the generator of the lists asks for.
func fakerVersion() string {
	text, _ := os.ReadFile("classifiers/dictionary/gen/main.go")
	_, rest, _ := strings.Cut(string(text), "@faker-js/faker@")
	version, _, _ := strings.Cut(rest, `"`)
	return version
}

// notices gives the files of a module's folder that have to be handed on.
func notices(dir string) (out []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if !e.IsDir() && (strings.HasPrefix(name, "LICEN") || strings.HasPrefix(name, "NOTICE") || strings.HasPrefix(name, "COPYING")) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out, err
}

// read replaces the names of the files by what they say, and finds out which licence it is.
func (l *library) read() error {
	var names []string
	for i, path := range l.texts {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		l.texts[i] = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
		for _, name := range kinds(l.texts[i]) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	if l.licence = strings.Join(names, ", "); l.licence == "" {
		return fmt.Errorf("%s %s has no licence that is known here", l.name, l.version)
	}
	if strings.Contains(l.licence, "GPL") {
		return fmt.Errorf("%s %s is under the %s, which the program cannot be", l.name, l.version, l.licence)
	}
	return nil
}

// marks are words by which licences are told.
var marks = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"BSD-3-Clause", "Redistribution and use in source and binary forms"},
	{"ISC", "Permission to use, copy, modify, and/or distribute"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"CC0-1.0", "CC0 1.0 Universal"},
	{"GPL", "GNU GENERAL PUBLIC LICENSE"},
	{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE"},
}

func kinds(text string) (out []string) {
	plain := strings.Join(strings.Fields(text), " ")
	for _, m := range marks {
		found := strings.Contains(strings.ReplaceAll(plain, ", Version", " Version"), m.words)
		if found && m.name == "BSD-3-Clause" && !strings.Contains(plain, "endorse or promote") {
			m.name = "BSD-2-Clause"
		}
		if found {
			out = append(out, m.name)
		}
	}
	return out
}

// appendTexts writes each text once, under the names of all that it is about.
func appendTexts(out *bytes.Buffer, libraries []library) {
	about := map[string][]string{}
	var order []string
	for _, l := range libraries {
		for _, text := range l.texts {
			if about[text] == nil {
				order = append(order, text)
			}
			about[text] = append(about[text], l.name)
		}
	}
	for _, text := range order {
		fmt.Fprintf(out, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 100), strings.Join(about[text], "\n"), text)
	}
}
