// Package contact finds how a person is reached: e-mail addresses, telephone numbers, and the parts of a postal address.
package contact

import "vestige/classifiers"

// All lists the classifiers of this package.
func All() []classifiers.Classifier {
	return []classifiers.Classifier{
		Email(),
		Phone(),
		Street(),
		Address(),
		Postcode(),
		City(),
		Region(),
		Country(),
	}
}
