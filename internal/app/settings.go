package app

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// indirect tells whether a setting says where its value is found.
func indirect(s string) bool {
	kind, _, ok := strings.Cut(s, ":")
	return ok && (kind == "env" || kind == "file" || kind == "exec")
}

// resolve finds the values of a source's options.
func (c *Config) resolve(ctx context.Context, s Source) (connectors.Config, error) {
	out := connectors.Config{}
	for name, text := range s.Options {
		v, err := c.setting(ctx, text)
		if err != nil {
			return nil, errkind.Wrap(errkind.Of(err), err, "option %s", name)
		}
		out[name] = v
	}
	return out, nil
}

// setting finds the value of one setting. What is read is in no error.
func (c *Config) setting(ctx context.Context, text string) (pii.Secret, error) {
	kind, rest, _ := strings.Cut(text, ":")
	if !indirect(text) {
		return pii.NewValue(text), nil
	}
	switch kind {
	case "env":
		v, ok := os.LookupEnv(rest)
		if !ok {
			return pii.Secret{}, errkind.Coded(errkind.NotFound, "no-setting", "the environment variable %s is not set", rest)
		}
		return pii.NewValue(v), nil
	case "file":
		b, err := os.ReadFile(c.path(rest))
		if err != nil {
			return pii.Secret{}, errkind.Coded(errkind.NotFound, "no-setting", "the file %s cannot be read", filepath.Base(rest))
		}
		return pii.NewValue(string(bytes.TrimRight(b, "\r\n"))), nil
	}
	shell, flag := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	b, err := exec.CommandContext(ctx, shell, flag, rest).Output()
	if err != nil {
		return pii.Secret{}, errkind.Coded(errkind.NotFound, "no-setting", "the command ended with an error")
	}
	return pii.NewValue(string(bytes.TrimRight(b, "\r\n"))), nil
}

// nearest gives the word of known that was probably meant, "" where none is near.
func nearest(word string, known []string) string {
	best, at := "", 3
	if len(word) < 4 {
		at = 2
	}
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance counts the letters to be changed, put in or taken out.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := before
			if a[i] != b[j] {
				d++
			}
			before = row[j+1]
			row[j+1] = min(d, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
