// Package demographic finds what groups people: birth dates, gender, nationality, marital status, religion, ethnic origin.
package demographic

import "vestige/classifiers"

// All lists the classifiers of this package.
func All() []classifiers.Classifier {
	return []classifiers.Classifier{
		BirthDate(),
		Age(),
		Gender(),
		Nationality(),
		MaritalStatus(),
		Religion(),
		Ethnicity(),
	}
}
