package accounts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/accounts"
)

// TestTheTableIsTheDocumentation: what docs/operator.md says of rights is what is enforced.
func TestTheTableIsTheDocumentation(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "operator.md"))
	must(t, err)
	if !strings.Contains(string(text), accounts.Markdown()) {
		t.Errorf("docs/operator.md has another table of rights; it is:\n%s", accounts.Markdown())
	}
}
