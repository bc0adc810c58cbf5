package named

import (
	"strings"

	"vestige/classifiers"
)

// bloodGroup is A+, O neg, AB Rh+: a group with its factor. The group alone says too little.
func bloodGroup(v []byte) bool {
	i := 0
	for i < len(v) && (v[i] == 'A' || v[i] == 'B' || v[i] == 'O' || v[i] == '0') {
		i++
	}
	switch string(v[:i]) {
	case "A", "B", "AB", "O", "0":
		return factors.Has([]byte(strings.TrimSpace(string(v[i:]))))
	}
	return false
}

var factors = classifiers.NewWordSet(strings.Split("+,-,pos,neg,positive,negative,rh+,rh-,rh +,rh -,(+),(-),+ve,-ve,positivo,negativo,positiv,negativ,rhd+,rhd-", ","))

// jobTitle tells of a value that begins or ends with a word for what somebody does for a living.
func jobTitle(v []byte) bool {
	last := len(v)
	for last > 0 && v[last-1] != ' ' {
		last--
	}
	first := 0
	for first < len(v) && v[first] != ' ' && v[first] != ',' && v[first] != '/' {
		first++
	}
	return jobs.Has(v[last:]) || jobs.Has(v[:first])
}

var jobs = classifiers.NewWordSet(strings.Fields(
	"engineer manager analyst director assistant officer consultant developer accountant administrator nurse teacher technician supervisor specialist coordinator representative " +
		"secretary clerk designer programmer architect scientist researcher lawyer attorney physician surgeon dentist pharmacist therapist electrician plumber carpenter mechanic driver cashier " +
		"receptionist salesman salesperson salesrep intern trainee executive auditor editor journalist writer librarian professor lecturer instructor trainer chef cook waiter waitress barista " +
		"janitor cleaner guard operator worker labourer laborer farmer president vp ceo cto cfo coo recruiter tester planner buyer advisor adviser agent teller underwriter actuary paralegal strategist " +
		"ingenieur geschäftsführer leiter leiterin sachbearbeiter sachbearbeiterin buchhalter buchhalterin verkäufer verkäuferin entwickler entwicklerin berater beraterin lehrer lehrerin mitarbeiterin assistentin " +
		"gerente analista director directora diretor diretora ingeniero ingeniera engenheiro engenheira desarrollador desenvolvedor contador contadora asistente assistente vendedor vendedora enfermero enfermera enfermeiro " +
		"abogado abogada advogado médico médica profesor profesora professora técnico técnica auxiliar supervisor supervisora coordinador coordenador administrador estagiário motorista conductor " +
		"ingénieur directeur directrice comptable vendeur vendeuse infirmier infirmière responsable développeur chargé impiegato impiegata operaio ingegnere commesso insegnante " +
		"kierownik księgowy programista sprzedawca inżynier nauczyciel lekarz kierowca specjalista mühendis öğretmen doktor müdür uzman teknisyen",
))
