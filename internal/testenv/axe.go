package testenv

import (
	"path/filepath"
	"slices"
)

// Axe gives the file of axe, which looks at pages for those who cannot see them or use no mouse; "" where it is not installed.
func Axe() string {
	all, _ := filepath.Glob(filepath.Join(serversFolder(), "axe-*", "axe.min.js"))
	if len(all) == 0 {
		return ""
	}
	return slices.Max(all)
}
