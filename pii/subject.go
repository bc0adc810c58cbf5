package pii

// Identifier is one thing by which a person is known: a category and a value in normal form. Domain is the value domain of a local one.
type Identifier struct {
	Category Category
	Value    Value
	Domain   string
}

// Subject is the person a request is about; Vestige knows her only by identifiers.
type Subject struct {
	Request     string // the request's id
	Identifiers []Identifier
}
