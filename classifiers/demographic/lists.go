package demographic

import (
	"strings"

	"vestige/classifiers"
	"vestige/pii"
)

func words(text string) *classifiers.WordSet {
	return classifiers.NewWordSet(strings.Split(text, ","))
}

// closed gives evidence for columns whose few values are all of the list.
func closed(s *classifiers.Stats, name string, most int64, nats float64) (e classifiers.Evidence) {
	n := s.Hits[name].Distinct
	if s.Values >= 10 && s.Distinct >= 2 && s.Distinct <= most && n == s.Distinct && s.Len[1] > 2 {
		e.Nats = append(e.Nats, pii.Nat{Text: "all its few values are of the list", Nats: nats})
	}
	return e
}

var (
	genders = words("m,f,w,d,x,male,female,man,woman,other,diverse,divers,non-binary,nonbinary,männlich,weiblich,maennlich,unknown,unbekannt,prefer not to say,not specified,keine angabe,h,u,n,o,0,1,2,9,mr,mrs,ms,mx,herr,frau,miss")
	marital = words("single,married,divorced,widowed,separated,civil partnership,civil union,registered partnership,engaged,domestic partner,cohabiting,ledig,verheiratet,geschieden,verwitwet,getrennt,getrennt lebend,eingetragene lebenspartnerschaft,lebenspartnerschaft,partnered,never married,never-married,married-civ-spouse,married-spouse-absent,married-af-spouse,married / spouse present,married / spouse absent,never married / single,not married,notmarried,common-law,soltero,soltera,casado,casada,divorciado,divorciada,viudo,viuda,solteiro,solteira,viúvo,viúva,célibataire,marié,mariée,divorcé,divorcée,veuf,veuve,s,m,d,w,vh,vw,gs,ld,unknown,unbekannt,other")
	faiths  = words("christian,christianity,catholic,roman catholic,protestant,lutheran,orthodox,anglican,muslim,islam,islamic,sunni,shia,jewish,judaism,hindu,hinduism,buddhist,buddhism,sikh,sikhism,atheist,atheism,agnostic,none,other,no religion,jehovah's witness,mormon,baptist,methodist,quaker,evangelical,bahai,taoist,evangelisch,katholisch,römisch-katholisch,roemisch-katholisch,muslimisch,jüdisch,juedisch,hinduistisch,buddhistisch,konfessionslos,ohne,keine,orthodox,islamisch,rk,ev,vd,lt,rf,ak,unknown,unbekannt")
)

// races are what censuses and registers of English-speaking countries ask for.
var races = words("white,black,asian,hispanic,latino,latina,hispanic or latino,hispanic/latino,not hispanic or latino,non-hispanic,non hispanic,not hispanic,caucasian,african american,african-american,black or african american,black/african american,american indian,native american,american indian or alaska native,american indian and alaska native,native hawaiian,native hawaiian or other pacific islander,pacific islander,multiracial,mixed,mixed race,two or more races,asian american,indigenous,aboriginal,asian or pacific islander,asian-pac-islander,amer-indian-eskimo,white british,white irish,white other,black british,black african,black caribbean,other white,other asian,other black,any other white background,east asian,south asian,middle eastern,arab,roma,other,unknown,not reported,mestizo,pardo,branco,preto,amarelo,indígena")

// Gender is gender or sex.
func Gender() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "gender",
		Doc:      "Gender or sex, as words or letters, by name and by list. Single letters without a name are mistaken for nothing: they stay a code.",
		Category: "demographic.gender",
		Version:  1,
		Names:    []string{"gender", "sex", "salutation", "anrede", "gender code", "gender id?", "pronouns"},
		MaxLen:   24,
		Whole:    genders.Has,
		Column:   genderLook,
		Chance:   .1,
	}
}

// genderLook asks for a name where there are digits or letters alone: those are codes of anything.
func genderLook(s *classifiers.Stats) classifiers.Evidence {
	e := closed(s, "gender", 5, 6)
	if s.Values > 0 && !s.Named && (s.Share(s.Texture.Digits) > .5 || s.Len[1] == 1) {
		e.Nats = append(e.Nats, pii.Nat{Text: "single signs that nothing names", Nats: -6})
	}
	return e
}

// Nationality is nationalities.
func Nationality() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "nationality",
		Doc:      "A nationality, by the field's name and a list of countries and their adjectives. Countries of addresses are told apart by the name alone.",
		Category: "demographic.nationality",
		Version:  1,
		Names:    []string{"nationality", "citizenship", "nationality code", "country of citizenship", "nationality country", "birth country"},
		MaxLen:   40,
		Whole:    classifiers.Country,
		Chance:   .3,
	}
}

// MaritalStatus is marital status.
func MaritalStatus() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "marital_status",
		Doc:      "Marital status, by name and by list, in English and German.",
		Category: "demographic.marital_status",
		Version:  1,
		Names:    []string{"marital", "marital status", "civil status", "familienstand", "marital code", "relationship status"},
		MaxLen:   40,
		Whole:    marital.Has,
		Column:   func(s *classifiers.Stats) classifiers.Evidence { return closed(s, "marital_status", 10, 7) },
		Chance:   .05,
	}
}

// Religion is religion or belief.
func Religion() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "religion",
		Doc:      "Religion or belief, by name and by list, in English and German. It misses rarer communities.",
		Category: "demographic.religion",
		Version:  1,
		Names:    []string{"religion", "faith", "denomination", "religious affiliation", "konfession", "religion code", "church tax?"},
		MaxLen:   40,
		Whole:    faiths.Has,
		Column:   func(s *classifiers.Stats) classifiers.Evidence { return closed(s, "religion", 20, 7) },
		Chance:   .03,
	}
}

// Ethnicity is race or ethnic origin.
func Ethnicity() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "ethnicity",
		Doc:      "Race or ethnic origin, by name and by the words that censuses of English-speaking countries use. Colours of things are mistaken for one where nothing names them.",
		Category: "demographic.ethnicity",
		Version:  2,
		Names:    []string{"ethnicity", "race", "ethnic group", "ethnicity code", "ethnic origin", "ethnicity group", "race ethnicity", "hispanic", "nonwhite", "race mother", "race code", "race name?", "patient race", "ethnicity name"},
		MaxLen:   44,
		Whole:    races.Has,
		Column:   raceLook,
		Chance:   .05,
		Cover:    .7,
	}
}

// raceLook asks where there is no name for more words of the list than a list of colours has, and lets codes be what a name says.
func raceLook(s *classifiers.Stats) (e classifiers.Evidence) {
	t := &s.Texture
	switch {
	case s.Values == 0:
	case !s.Named && s.Distinct < 3, s.Named && s.Share(t.Digits+t.Decimals) > .9 && s.Distinct > 20:
		e.Nats = append(e.Nats, pii.Nat{Text: "no words of census forms", Nats: -6})
	case s.Named && s.Values >= 20 && s.Distinct <= 40 && s.Repeats() >= 3:
		e.Nats = append(e.Nats, pii.Nat{Text: "few values that repeat, as what is said of people does", Nats: 3.5})
	case !s.Named:
		return closed(s, "ethnicity", 20, 4)
	}
	return e
}
