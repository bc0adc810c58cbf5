package catalog

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
)

// Lesson is what people said of the fields that are like one: the same name but for its spelling, the same type, the same proposal, here and in other
// sources. It is evidence for that one, and no more: nothing that was decided changes.
type Lesson struct {
	Category pii.Category `json:"category"` // what it speaks for or against
	For      int64        `json:"for"`      // fields of which people say so
	Of       int64        `json:"of"`       // fields decided
	Nats     float64      `json:"nats"`
	Examples []pii.Ref    `json:"examples,omitempty"` // some of them
}

// Text says it in words.
func (l *Lesson) Text() string {
	fields := "fields"
	if l.Of == 1 {
		fields = "field"
	}
	text := fmt.Sprintf("%s: decided so for %d of %d like %s", l.Category, l.For, l.Of, fields)
	switch l.For {
	case l.Of:
		text = fmt.Sprintf("%s: decided so for %d like %s", l.Category, l.Of, fields)
	case 0:
		text = fmt.Sprintf("%s: decided otherwise for %d like %s", l.Category, l.Of, fields)
	}
	names := make([]string, len(l.Examples))
	for i, r := range l.Examples {
		names[i] = r.String()
	}
	if len(names) > 0 {
		text += " (" + strings.Join(names, ", ") + ")"
	}
	return text
}

// The weight of what people said of like fields.
const (
	mostNats  = 4.0 // however many they are
	lessonLag = .25 // as if a quarter of a field had been decided either way before
	sureToAct = .94 // below what records are changed over: like fields propose, they do not act
	noiseNats = 12.0
)

// lessonNats is what n decisions for and m against a category say of a like field: nothing where they are equally many. It goes by halves, so
// that the hundredth decision of many changes nothing.
func lessonNats(n, m int64) float64 {
	nats := math.Log((float64(n) + lessonLag) / (float64(m) + lessonLag))
	return math.Round(2*max(-mostNats, min(mostNats, nats))) / 2
}

// taught shifts a confidence by what was decided of like fields, which by itself is never enough to change records over.
func taught(p, nats float64) float64 {
	if q := shift(p, nats); p >= sureToAct || q <= sureToAct {
		return q
	}
	return sureToAct
}

// tally is how many like fields were decided as what.
type tally map[pii.Category]int64

// most gives the kind most of them are, a personal one where there is any, and how many were decided.
func (t tally) most() (best pii.Category, all int64) {
	for _, k := range slices.Sorted(maps.Keys(t)) {
		all += t[k]
		if k.Personal() && (best == "" || t[k] > t[best]) {
			best = k
		}
	}
	return best, all
}

func (t tally) personal() (n int64) {
	for k, m := range t {
		if k.Personal() {
			n += m
		}
	}
	return n
}

// without takes off what was decided of the field itself.
func (t tally) without(own pii.Category) tally {
	if own == "" || t[own] == 0 {
		return t
	}
	t = maps.Clone(t)
	if t[own]--; t[own] == 0 {
		delete(t, own)
	}
	return t
}

// likeness names what a field has in common with those like it. What is proposed as something harmless is of one kind, since people's words for that differ.
func likeness(name, typ string, proposed pii.Category) int64 {
	kind := string(proposed)
	if !proposed.Personal() {
		kind = "none"
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(spelling(name) + "\x00" + typ + "\x00" + kind))
	return int64(h.Sum64())
}

func likenessOf(f *lineage.FieldNode) int64 {
	return likeness(f.Field.Name, string(f.Field.Type), f.Category)
}

// says gives what a decision teaches: nothing where it does not hold, or was put off.
func (d Decision) says() pii.Category {
	if !d.holds() || d.Verdict == pii.Defer || d.Field.Field == "" || d.Question != "" {
		return ""
	}
	return d.Category
}

func (d Decision) likeness() int64 { return likeness(d.Field.Field, d.typ, d.Proposed) }

// teach keeps count of what people said, by likeness, when what holds of a target changes. Fields like it are judged anew soon.
func (c *Catalog) teach(ctx context.Context, tx db.Tx, target string, now Decision) error {
	type lesson struct {
		like int64
		says string
	}
	olds, err := collect(ctx, tx, func(r db.Row) (l lesson, err error) { return l, r.Scan(&l.like, &l.says) }, "SELECT likeness, says FROM decision WHERE target = $1", target)
	if err != nil {
		return err
	}
	next := lesson{now.likeness(), string(now.says())}
	if len(olds) > 0 && olds[0] == next {
		return nil
	}
	if len(olds) > 0 && olds[0].says != "" {
		if err := c.learn(ctx, tx, olds[0].like, olds[0].says, -1); err != nil {
			return err
		}
	}
	if next.says == "" {
		return nil
	}
	return c.learn(ctx, tx, next.like, next.says, 1)
}

func (c *Catalog) learn(ctx context.Context, tx db.Tx, like int64, says string, n int64) error {
	if _, err := tx.Exec(ctx, `INSERT INTO lesson (likeness, says, n) VALUES ($1, $2, $3) ON CONFLICT (likeness, says) DO UPDATE SET n = lesson.n + excluded.n`, like, says, n); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM lesson WHERE likeness = $1 AND says = $2 AND n <= 0", like, says); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO lesson_due (likeness, source, dataset) VALUES ($1, '', '') ON CONFLICT (likeness) DO UPDATE SET source = '', dataset = ''", like)
	return err
}

// lessonsOf reads what people said of fields of the likenesses.
func (c *Catalog) lessonsOf(ctx context.Context, tx db.Tx, likes map[int64]bool) (map[int64]tally, error) {
	out := map[int64]tally{}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(likes)), 400) {
		args, marks := make([]any, len(part)), make([]string, len(part))
		for i, s := range part {
			args[i], marks[i] = s, "$"+strconv.Itoa(i+1)
		}
		_, err := collect(ctx, tx, func(r db.Row) (struct{}, error) {
			var like, n int64
			var says string
			err := r.Scan(&like, &says, &n)
			if out[like] == nil {
				out[like] = tally{}
			}
			out[like][pii.Category(says)] = n
			return struct{}{}, err
		}, "SELECT likeness, says, n FROM lesson WHERE likeness IN ("+strings.Join(marks, ", ")+")", args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// examples gives some decided fields of a likeness, other than the one that is looked at.
func (c *Catalog) examples(ctx context.Context, tx db.Tx, like int64, but pii.Ref) ([]pii.Ref, error) {
	return collect(ctx, tx, func(r db.Row) (ref pii.Ref, err error) { return ref, r.Scan(&ref.Source, &ref.Dataset, &ref.Field) },
		`SELECT source, dataset, field FROM decision WHERE likeness = $1 AND says <> '' AND target <> $2 ORDER BY source, dataset, field LIMIT 3`, like, "field:"+but.String())
}

// relearn counts anew what people said: for a catalog from before it was counted.
func (c *Catalog) relearn(ctx context.Context, tx db.Tx) error {
	ds, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE verdict <> '' AND field <> '' AND likeness = 0")
	for _, d := range ds {
		says := d.says()
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE decision SET likeness = $1, says = $2 WHERE target = $3", d.likeness(), string(says), d.target)
		}
		if err == nil && says != "" {
			err = c.learn(ctx, tx, d.likeness(), string(says), 1)
		}
	}
	return err
}
