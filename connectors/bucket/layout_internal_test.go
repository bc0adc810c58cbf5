package bucket

import (
	"fmt"
	"testing"
)

// TestLayoutIsBounded says that names of which each is another are not all kept, and that every key still has a place.
func TestLayoutIsBounded(t *testing.T) {
	tree := newNode()
	key := func(i int) string { return fmt.Sprintf("u/%s/%s.json", word(i/600), word(i)) }
	const n = 300_000
	for i := range n {
		tree.place(key(i)).objects++
	}
	tree.settle(nil)
	shapes := 0
	tree.each("", func(string, *shape) bool { shapes++; return true })
	if *tree.made > 2*allNames || shapes > 2*allNames {
		t.Errorf("%d names are kept, %d shapes", *tree.made, shapes)
	}
	for i := range n {
		if _, _, ok := tree.resolve(key(i)); !ok {
			t.Fatalf("a key has no place in the layout")
		}
	}
}

// word gives a name without a digit.
func word(i int) string {
	out := ""
	for ; i > 0; i /= 26 {
		out += string(rune('a' + i%26))
	}
	return "n" + out
}
