package model_test

import (
	"testing"

	"vestige/internal/model"
)

// TestErasure carries erasures out on SQLite and in files, and finds nothing of the subject left and nobody else touched.
func TestErasure(t *testing.T) {
	trial{name: "erasure", options: model.Options{Files: true}, try: func(_ helper, e *model.Estate) []string { return erases(t, e, false) }}.run(t, many(12, 2000))
}

// TestErasurePostgres does the same on PostgreSQL.
func TestErasurePostgres(t *testing.T) {
	trial{name: "postgres", try: func(_ helper, e *model.Estate) []string { return erases(t, e, true) }}.run(t, many(3, 200))
}
