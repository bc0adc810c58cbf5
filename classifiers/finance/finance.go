// Package finance finds what leads to a person's money: account and card numbers, and what she earns.
package finance

import "vestige/classifiers"

// All lists the classifiers of this package.
func All() []classifiers.Classifier {
	return []classifiers.Classifier{
		IBAN(),
		Card(),
		BankAccount(),
		Salary(),
	}
}
