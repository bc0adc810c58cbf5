package named_test

import (
	"testing"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/pii"
)

// TestNames: what a field is called decides, in the company of all other classifiers.
func TestNames(t *testing.T) {
	set, err := classifiers.NewSet(all.All(), classifiers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]pii.Category{
		"patients.blood_group": "health.blood_type", "employees.job_title": "employment.job_title", "users.avatar_url": "identity.photo", "patients.diagnosis": "health.condition",
		"cars.license_plate": "vehicle.plate", "users.fcm_token": "online.device_id", "people.ethnicity": "demographic.ethnicity", "cards.cvv": "finance.card_security",
		"usuarios.correo_electronico": "contact.email", "clientes.fecha_nacimiento": "demographic.birth_date", "clients.code_postal": "contact.postcode", "utenti.codice_fiscale": "government_id.it_cf",
		"pacjenci.nazwisko": "identity.family_name", "kunder.telefonnummer": "contact.phone", "hastalar.dogum_tarihi": "demographic.birth_date", "клиенты.фамилия": "identity.family_name",
	} {
		if got := propose(set, name, ""); got.Category != want {
			t.Errorf("%s is proposed %s, not %s: %v", name, got.Category, want, got.Nats)
		}
	}
	for _, name := range []string{"users.email_verified", "users.password_changed_at", "orders.status", "products.name", "settings.phone_required", "orders.blood_test_count", "patients.diagnosis_count"} {
		if got := propose(set, name, ""); got.Category.Personal() {
			t.Errorf("%s is proposed %s: %v", name, got.Category, got.Nats)
		}
	}
	for _, x := range []string{"users.email boolean", "users.phone timestamp", "people.name boolean", "users.city int", "users.address boolean"} {
		name, typ, _ := cut(x)
		if got := propose(set, name, typ); got.Category.Personal() && got.Confidence >= .5 {
			t.Errorf("%s of type %s is proposed %s: %v", name, typ, got.Category, got.Nats)
		}
	}
}

// TestQuestions: forms ask for what a field holds, and ask by yes or no.
func TestQuestions(t *testing.T) {
	set, err := classifiers.NewSet(all.All(), classifiers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]pii.Category{
		"What is your email address?": "contact.email", "What is your date of birth?": "demographic.birth_date", "Phone number?": "contact.phone", "What is your phone number?": "contact.phone",
		"What is your age?": "demographic.age", "Your salary (per year)?": "employment.salary", "Your salary?": "employment.salary", "Which is your gender?": "demographic.gender",
		"Wie lautet Ihre Telefonnummer?": "contact.phone", "Was ist Ihr Geburtsdatum?": "demographic.birth_date", "Quelle est votre adresse e-mail ?": "contact.email",
		"¿Cuál es su fecha de nacimiento?": "demographic.birth_date", "Sent to email?": "contact.email",
	} {
		if got := ask(set, name); got.Category != want {
			t.Errorf("%s is proposed %s, not %s: %v", name, got.Category, want, got.Nats)
		}
	}
	for _, name := range []string{"Do you have a phone number?", "Is this your email address?", "Are you married?", "Have you an email address?", "Found photo?", "Did you get the e-mail?", "Sent invoice?",
		"Haben Sie eine Telefonnummer?", "Sind Sie verheiratet?", "Avez-vous une adresse e-mail ?", "¿Tiene teléfono?"} {
		if got := ask(set, name); got.Category.Personal() {
			t.Errorf("%s is proposed %s: %v", name, got.Category, got.Nats)
		}
	}
}

func ask(set *classifiers.Set, name string) pii.Proposal {
	d := &pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: "responses"}, Fields: []pii.Field{{Name: name, Column: name, Type: classifiers.TypeOf("text"), Native: "text"}}}
	return set.Table(d, nil)[0]
}

func propose(set *classifiers.Set, name, typ string) pii.Proposal {
	table, field := name, ""
	for i := range name {
		if name[i] == '.' {
			table, field = name[:i], name[i+1:]
		}
	}
	d := &pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: table}, Fields: []pii.Field{{Name: field, Column: field, Type: classifiers.TypeOf(typ), Native: typ}}}
	return set.Table(d, nil)[0]
}

func cut(s string) (string, string, bool) {
	for i := range s {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
