package lineage

import "slices"

// NumberWords gives the words beside which a number is told to be a person's, in English and German.
func NumberWords() []string { return slices.Clone(numberWords) }

// Distinctive tells whether a local number is told by its own form, so that it can be looked for everywhere.
func Distinctive(v string) bool { return distinctive(v) }
