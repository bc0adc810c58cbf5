package catalog

import (
	"strconv"
	"strings"
)

// conditions are those of one statement, joined by AND, with their arguments.
type conditions struct {
	all  []string
	args []any
}

// arg adds an argument and gives the mark that stands for it.
func (w *conditions) arg(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

func (w *conditions) add(condition string) { w.all = append(w.all, condition) }

// is asks for a value of a column, where one is wanted.
func (w *conditions) is(column, value string) {
	if value != "" {
		w.add(column + " = " + w.arg(value))
	}
}

// String gives the WHERE of the statement, "" where nothing is asked for.
func (w *conditions) String() string {
	if len(w.all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.all, " AND ")
}
