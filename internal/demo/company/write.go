package company

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

func (b *builder) write(ctx context.Context, dir string) error {
	for _, file := range []string{ShopFile, CRMFile} {
		if err := b.writeDatabase(ctx, filepath.Join(dir, file), file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	for _, o := range b.objects {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := o.write(filepath.Join(dir, ObjectsRoot)); err != nil {
			return fmt.Errorf("objects: %w", err)
		}
	}
	return nil
}

// writeDatabase fills one database in one transaction and packs it, so that it has no free pages. Rows that the engine
// moved to another page while the tables grew remain readable where they were, in the unused part of pages in use, unless
// it was told to clear what it leaves.
func (b *builder) writeDatabase(ctx context.Context, path, file string) (err error) {
	path += "?_pragma=synchronous(0)" // what is half written is of no use to anyone
	if !b.with(StalePages) {
		path += "&_pragma=secure_delete(1)"
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() {
		if e := db.Close(); err == nil {
			err = e
		}
	}()
	db.SetMaxOpenConns(1)
	if b.style.walMode {
		if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
			return err
		}
	}
	if err := b.fillDatabase(ctx, db, file); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM")
	return err
}

func (b *builder) fillDatabase(ctx context.Context, db *sql.DB, file string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	for _, t := range b.tables {
		if t.file() != file {
			continue
		}
		if _, err := tx.ExecContext(ctx, t.ddl(b.table)); err != nil {
			return fmt.Errorf("create %s: %w", t.purpose, err)
		}
	}
	if err := b.fillTables(ctx, tx, file); err != nil {
		return err
	}
	if file == ShopFile {
		for _, statement := range b.extras() {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("extras: %w", err)
			}
		}
	}
	return tx.Commit()
}

func (b *builder) fillTables(ctx context.Context, tx *sql.Tx, file string) error {
	for _, t := range b.tables {
		if t.file() != file {
			continue
		}
		if err := t.fill(ctx, tx); err != nil {
			return fmt.Errorf("fill %s: %w", t.purpose, err)
		}
	}
	return nil
}

func (t *table) fill(ctx context.Context, tx *sql.Tx) error {
	insert, err := tx.PrepareContext(ctx, t.insert())
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	stored := t.stored()
	values := make([]any, len(stored))
	for _, r := range t.rows {
		for i, c := range stored {
			values[i] = r.values[c.purpose]
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}

// special gives the name of what is no table of rows: the view and the full-text index.
func (b *builder) special(purpose string) string {
	if !b.with(TableKinds) {
		return ""
	}
	return newNaming(b.rng("special "+purpose), false).table("special", purpose)
}

// extras are the view over people and the full-text index over notes with the triggers that keep it.
func (b *builder) extras() []string {
	if !b.with(TableKinds) {
		return nil
	}
	users, notes := b.table("users"), b.table("notes")
	name := users.column("full_name")
	if name == nil {
		name = users.column("surname")
	}
	r := strings.NewReplacer("USERS", quote(users.name), "OVERVIEW", quote(b.special("people_view")), "EMAIL", quote(users.column("email").name),
		"NAME", quote(name.name), "CREATED", quote(users.column("created").name), "INDEXNAME", b.special("notes_fts"),
		"INDEX", quote(b.special("notes_fts")), "NOTES", quote(notes.name), "BODY", quote(notes.column("body").name), "UID", quote(users.column("id").name))
	index := []string{"CREATE VIRTUAL TABLE INDEX USING fts5(BODY, content=NOTES, content_rowid='id')", "INSERT INTO INDEX(INDEX) VALUES ('rebuild')"}
	forget := "INSERT INTO INDEX(INDEX, rowid, BODY) VALUES ('delete', old.id, old.BODY);"
	if b.style.ownTextIndex {
		index = []string{"CREATE VIRTUAL TABLE INDEX USING fts5(BODY)", "INSERT INTO INDEX(rowid, BODY) SELECT id, BODY FROM NOTES"}
		forget = "DELETE FROM INDEX WHERE rowid = old.id;"
	}
	learn := "INSERT INTO INDEX(rowid, BODY) VALUES (new.id, new.BODY);"
	out := append([]string{"CREATE VIEW OVERVIEW AS SELECT UID AS number, NAME AS who, EMAIL AS mail FROM USERS WHERE CREATED IS NOT NULL"}, index...)
	out = append(out,
		"CREATE TRIGGER \"INDEXNAME_in\" AFTER INSERT ON NOTES BEGIN "+learn+" END",
		"CREATE TRIGGER \"INDEXNAME_out\" AFTER DELETE ON NOTES BEGIN "+forget+" END",
		"CREATE TRIGGER \"INDEXNAME_set\" AFTER UPDATE ON NOTES BEGIN "+forget+" "+learn+" END")
	for i, s := range out {
		out[i] = r.Replace(s)
	}
	return out
}

// write puts the object into the folder, with its mode and time.
func (o *object) write(root string) error {
	path := filepath.Join(root, filepath.FromSlash(o.key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	data := o.bytes()
	if strings.HasSuffix(o.key, ".gz") {
		var err error
		if data, err = compress(data); err != nil {
			return err
		}
	}
	if err := os.WriteFile(path, data, o.mode); err != nil {
		return err
	}
	if err := os.Chmod(path, o.mode); err != nil {
		return err
	}
	return os.Chtimes(path, o.modified, o.modified)
}

func compress(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
