package mysql_test

import (
	"strings"
	"testing"

	"vestige/internal/testenv"
)

// TestFamily looks at which servers tests are given. It stands here, since here they run already.
func TestFamily(t *testing.T) {
	for name, start := range map[string]func(testing.TB) testenv.Database{"mariadb": testenv.MariaDB, "mysql": testenv.MySQL} {
		t.Run(name, func(t *testing.T) {
			d := start(t)
			var version string
			if err := d.Open(t).QueryRowContext(t.Context(), "SELECT VERSION()").Scan(&version); err != nil {
				t.Fatal(err)
			}
			if isMaria := strings.Contains(version, "MariaDB"); isMaria != (name == "mariadb") || d.Server != name || !strings.Contains(d.CA, "CERTIFICATE") {
				t.Errorf("%s is version %s", name, version)
			}
		})
	}
}
