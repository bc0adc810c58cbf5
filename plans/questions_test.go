package plans_test

import (
	"fmt"
	"slices"
	"testing"

	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

func twoPlaces() lineage.Question {
	return lineage.Question{ID: "q-whole", Code: "held-by-two", Places: []lineage.Doubt{{ID: "q-a", Dataset: refOf("a"), Records: 2}, {ID: "q-b", Dataset: refOf("b"), Records: 1}}}
}

// TestAnswerOfAWholeQuestion keeps what is said to a question for each place that the plan showed, and not for those that are found later; a place can be answered by itself.
func TestAnswerOfAWholeQuestion(t *testing.T) {
	_, w, s := ready(t)
	s.Open.Questions = append(s.Open.Questions, twoPlaces())
	w.must(w.store.DB().Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE plan SET open = $1 WHERE id = $2", string(s.Open.Bytes()), s.ID)
		return err
	}))
	for _, a := range []plans.Answer{{ID: "q-whole", Verdict: pii.Accept}, {ID: "q-b", Verdict: pii.Reject}, {ID: "g-other", Verdict: pii.Accept}} {
		a.Request, a.Reason, a.By = s.Request, "asked her", "alma"
		w.must(w.engine.Answer(t.Context(), a))
	}
	var got []string
	w.must(w.store.DB().Read(t.Context(), func(tx db.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT question, verdict FROM plan_answer ORDER BY question")
		w.must(err)
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, verdict string
			w.must(rows.Scan(&id, &verdict))
			got = append(got, id+" "+verdict)
		}
		return rows.Err()
	}))
	if want := []string{"g-other accept", "q-a accept", "q-b reject"}; !slices.Equal(got, want) {
		t.Errorf("kept are %q, want %q", got, want)
	}
}

// TestNewPlaceOfAQuestion has a question come to be about one place more: the difference says so.
func TestNewPlaceOfAQuestion(t *testing.T) {
	t.Parallel()
	q := twoPlaces()
	q.Places = q.Places[:1]
	one, two := &plans.Open{Questions: []lineage.Question{q}}, &plans.Open{Questions: []lineage.Question{twoPlaces()}}
	for want, ds := range map[string][]plans.Difference{"[question-new s/b 1]": plans.Diff(one, two), "[question-gone s/b 1]": plans.Diff(two, one), "[]": plans.Diff(two, two)} {
		got := []string{}
		for _, d := range ds {
			got = append(got, fmt.Sprintf("%s %s %d", d.Code, d.At, d.Is))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
