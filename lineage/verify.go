package lineage

import "slices"

// NumberWords gives the words beside which a number is told to be a person's, in English and German.
func NumberWords() []string { return slices.Clone(numberWords) }

// Distinctive tells whether a local number is told by its own form, so that it can be looked for everywhere.
func Distinctive(v string) bool { return distinctive(v) }

// Textual gives the fields of a dataset in whose text people may occur: texts that are not wholly of some other kind.
func Textual(n *Node) []string { return textual(n) }
