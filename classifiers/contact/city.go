package contact

import (
	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// City is towns.
func City() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "city",
		Doc:      "A town of the dictionary (Germany, Austria, Switzerland, Britain, Ireland, North America, Australia, France, Spain). It misses villages; surnames and given names that are towns are told apart only by the column.",
		Category: "contact.city",
		Version:  1,
		Names:    []string{"city", "city name", "home city", "address city", "birth city?", "region city", "post office?", "residence city", "city residence", "location?"},
		MaxLen:   40,
		Whole:    func(v []byte) bool { return dictionary.Find(v).Kinds&dictionary.City != 0 },
		Chance:   .04,
		Cover:    .8,
	}
}

// Country is countries by name or ISO code.
func Country() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "country",
		Doc:      "The country of an address, by English or German name or ISO code. Codes of two letters alone say little: the field's name decides.",
		Category: "contact.country",
		Version:  1,
		Names:    []string{"country", "country name", "country code", "country iso", "home country", "address country"},
		MaxLen:   40,
		Whole:    classifiers.Country,
		Chance:   .3,
	}
}
