// Package outsider judges an erasure from outside. It reads the company's databases by database/sql and its objects by
// plain decoders, once before and once after, and compares what it finds with the truth that the generator wrote down.
// It uses nothing of the product: what erases does not mark its own work.
//
// The words are the design's. A fragment is an occurrence of one of the person's identifiers, or of an attribute of hers
// in a record that is hers or mentions her; recall is the share of fragments that are gone, leaving aside those that a
// legal basis keeps or another person holds as her own; collateral is whatever differs, field by field, from what an ideal
// erasure leaves of everybody else.
package outsider

// Report is the verdict on an erasure.
type Report struct {
	// Fragments were there to be erased, Gone of them are.
	Fragments, Gone int
	// Left are places where something of hers remains: location and category, never a value.
	Left []string
	// Collateral are places where something that is not hers differs.
	Collateral []string
	// Recall is Gone out of Fragments; 1 when there was nothing.
	Recall float64
}
