// Package identity finds who a person is: names, names to sign in with, the numbers that organisations and states give.
package identity

import "vestige/classifiers"

// All lists the classifiers of this package.
func All() []classifiers.Classifier {
	return []classifiers.Classifier{
		FullName(), MentionedName(),
		GivenName(),
		FamilyName(),
		Username(),
		CustomerNumber(),
		LoyaltyNumber(),
		PersonNumber(),
		USSSN(),
		UKNINO(),
		UKNHS(),
		DESteuerID(),
		Passport(),
	}
}
