// Package all lists the classifiers of every group: the one list from which sets are made.
package all

import (
	"slices"

	"vestige/classifiers"
	"vestige/classifiers/contact"
	"vestige/classifiers/demographic"
	"vestige/classifiers/finance"
	"vestige/classifiers/identity"
	"vestige/classifiers/named"
	"vestige/classifiers/official"
	"vestige/classifiers/online"
	"vestige/classifiers/told"
)

// All gives every classifier.
func All() []classifiers.Classifier {
	return slices.Concat(contact.All(), identity.All(), finance.All(), online.All(), demographic.All(), named.All(), official.All(), told.All())
}
