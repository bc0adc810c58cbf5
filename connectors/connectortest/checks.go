package connectortest

import "slices"

// checks lists every check in the order of a connector's life: described, found, read, searched, looked at, erased.
func checks() []check {
	return slices.Concat(specChecks(), discoverChecks(), readChecks(), sampleChecks(), profileChecks(), locateChecks(), searchChecks(),
		exportChecks(), checkChecks(), eraseChecks(), plantChecks(), referenceChecks(), againChecks(), errorChecks(), limitedChecks(), networkChecks(), lifeChecks())
}

// Checks gives the names of all checks.
func Checks() (names []string) {
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}
