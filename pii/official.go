package pii

// officialKinds are the identifiers of countries.
var officialKinds = []officialKind{}
