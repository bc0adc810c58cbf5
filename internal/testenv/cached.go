package testenv

import (
	"os"
	"path/filepath"
)

// Cached gives the path of a file or folder among the servers that scripts/need has fetched, "" where it is not there.
func Cached(name string) string {
	path := filepath.Join(serversFolder(), name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// serversFolder is where scripts/need puts servers: root's own cache is closed to the users that they run as.
func serversFolder() string {
	if dir := os.Getenv("VESTIGE_SERVERS"); dir != "" {
		return dir
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, _ := os.UserHomeDir()
		cache = filepath.Join(home, ".cache")
	}
	if os.Getuid() == 0 {
		cache = "/var/cache"
	}
	return filepath.Join(cache, "vestige", "servers")
}
