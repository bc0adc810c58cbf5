package identity

import (
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// words that stand before a person's name in a sentence: prepositions, greetings, roles.
var before = newWordSet("ring phone text email visit congratulate welcome excuse insured policyholder claimants adjuster visitor participant victim suspect supervisor recruiter doctor nurse carer tutor pupil girlfriend cousin niece nephew grandson granddaughter recommend married introduce hire hired replaced  with by from to for and or of dear hi hello hey thanks cheers regards sincerely love best contact witness patient pt client customer employee tenant student applicant candidate colleague daughter son mother father wife husband brother sister partner friend neighbour manager " +
	"called named is was told asked met says said claimant defendant mom dad uncle aunt child " +
	"ask tell meet remind invite thank according seen attn assigned reporter reviewer caller holder spouse fiancé fiancée widow landlord landlady boss teacher girlfriend boyfriend " +
	"laut frag frage fragt ruf rief selon demande demandez según segundo secondo volgens vraag według fragen halter inhaber " +
	"mit von an für und oder bei hallo moin liebe lieber servus danke grüße grüßen gruß lg vg hier kunde kundin mieter mieterin patientin ansprechpartner ansprechpartnerin mitarbeiter mitarbeiterin kollege kollegin tochter sohn mutter vater frau mann bruder schwester schüler schülerin zeuge zeugin bewerber bewerberin heiße heißt hat meinte sagt sagte schreibt fahrer angeklagte nachbar chef chefin " +
	"avec par de pour et ou à chez bonjour salut coucou cher chère merci bises bientôt client cliente locataire patiente élève fils fille mère père mari femme collègue témoin candidat candidate employé appelle suis c'est m'a que dit écrit " +
	"con por para y e a hola querido querida gracias soy cliente inquilino paciente alumno alumna hijo hija madre padre marido mujer compañera compañero testigo llamo dijo dice escribe candidato tía oye ex " +
	"da per ed ciao presto caro cara grazie sono paziente inquilino alunno figlio figlia moglie marito collega testimone chiamo dipendente scrive ehi salve oddio " +
	"met door voor en hoi hee lieve beste bedankt groetjes groeten liefs klant huurder patiënt leerling zoon dochter moeder vader vrouw man collega getuige medewerker kandidate heet ben zegt zei schrijft jeetje hallo " +
	"com olá oi querido querida obrigado obrigada beijos abraço sou aluno aluna filho filha mãe pai esposa colega testemunha funcionário utilizador falecido diz disse aqui o amiga " +
	"z ze od do dla i u przez cześć hej kochana kochany pozdrawiam dziękuję tu klient klientka lokator pacjent pacjentka uczeń syn córka matka ojciec mąż żona świadek pracownik koleżanka kolega nazywam pisze mówi mówiła powiedział powiedziała całusy serio proszę kandydat kandydatka")

// roles are words that only people follow.
var roles = newWordSet("insured policyholder adjuster visitor participant victim suspect supervisor recruiter carer pupil cousin niece nephew grandson granddaughter manager witness colleagues patienten kunden zeugen klägers kläger klägerin beklagte beklagten angeklagten angeklagter versicherte versicherten versicherungsnehmer versicherungsnehmerin schülers mandant mandanten mandantin bewerbers kollegen arbeitnehmer arbeitnehmerin fahrer fahrerin eigentümer eigentümerin vermieter vermieterin geschäftsführer hausarzt nachbarin ehefrau ehemann lebensgefährtin lebensgefährte enkel enkelin cousin cousine neffe onkel oma opa kassenwart kassenwartin assuré assurée salarié salariée conducteur conductrice gérant gérante voisin voisine cousin cousine neveu nièce oncle épouse époux médecin infirmière stagiaire bénéficiaire asegurado asegurada trabajador trabajadora empleado empleada conductor conductora detenido detenida doctora médico médica vecino vecina primo prima sobrino sobrina esposa esposo hermano hermana abuela abuelo novio novia denunciante assicurato assicurata lavoratore lavoratrice conducente imputato imputata medico infermiera maestra vicino vicina cugino cugina fratello sorella nonna nonno fidanzato fidanzata contraente verzekerde medewerker medewerkster werknemer aangever aangeefster verdachte bestuurder huisarts leerkracht juf meester buurman buurvrouw broer zus neef patiënte ondergetekende segurado segurada trabalhador trabalhadora condutor doente utente médica enfermeira vizinho vizinha primo prima sobrinho sobrinha irmão irmã avó avô gestora colegas arguido arguida ubezpieczony ubezpieczona kierowca lekarz lekarka pielęgniarka sąsiad sąsiadka siostra kuzyn kuzynka wnuk wnuczka podejrzany podejrzana pracownica uczennica przełożony przełożona  dear patient pt customer employee tenant student applicant candidate colleague daughter son mother father wife husband brother sister claimant defendant says said kunde kundin mieter mieterin patientin mitarbeiter mitarbeiterin kollege kollegin tochter sohn mutter vater bruder schwester schüler schülerin zeuge zeugin bewerber bewerberin heiße heißt sagt sagte angeklagte mann frau " +
	"cliente client locataire patiente élève fils fille père mère mari collègue témoin candidat candidate employé appelle dit inquilino paciente alumno alumna hijo hija padre madre marido mujer compañera compañero testigo llamo dijo dice paziente alunno figlio figlia padre madre moglie marito collega testimone chiamo dipendente klant huurder patiënt leerling zoon dochter moeder vader man vrouw getuige medewerker heet zegt zei sono soy sou suis aluno aluna filho filha mãe pai testemunha funcionário disse diz chamo klient klientka lokator pacjent pacjentka uczeń syn córka matka ojciec mąż żona świadek pracownik koleżanka kolega nazywam mówi powiedział powiedziała oskarżony")

// things are words before a name that is one of a thing.
var things = newWordSet("the room hall model ship storm hurricane saint st san santa sankt project server host class module street road building tower station line lamp sofa chair table lake mount port fort " +
	"modell regal sessel raum saal schiff projekt halle sainte la le les salle modèle sala modelo modello stanza zaal kamer sao são sal hotel café restaurant bar")

const kinWords = "daughter son mother father wife husband brother sister aunt uncle colleague friend mum mom dad grandmother grandfather grandma grandpa niece nephew cousin fiancé fiancée girlfriend boyfriend roommate landlord landlady " +
	"tochter sohn mutter vater frau mann bruder schwester kollege kollegin ansprechpartner ansprechpartnerin tante onkel oma opa enkel enkelin cousine schwager schwägerin freund freundin nichte neffe " +
	"fils fille mère père mari femme collègue frère sœur soeur oncle cousin cousine neveu nièce copain copine grand-mère grand-père " +
	"hijo hija madre padre marido mujer hermano hermana abuelo abuela tío tía primo prima sobrino sobrina nieto nieta novio novia esposo esposa cuñado cuñada amigo amiga " +
	"figlio figlia moglie marito fratello sorella nonno nonna zio zia cugino cugina nipote suocera amico amica fidanzato fidanzata " +
	"zoon dochter moeder vader vrouw broer zus zusje oom neef nicht vriend vriendin buurman buurvrouw " +
	"filho filha mãe pai irmão irmã avó avô tia tio sobrinho sobrinha neto neta namorado namorada vizinho vizinha " +
	"syn córka matka ojciec mąż żona koleżanka kolega brat siostra babcia dziadek ciocia wujek kuzyn kuzynka wnuk wnuczka sąsiad sąsiadka bratem siostrą bratu siostrze brata siostry"

// kin are words for relatives and for those whom one has, behind which any capitalised word is a name.
var kin = newWordSet(kinWords)

// institutions are words that make the names before and behind them those of a house, a place, a prize or a work.
var institutions = newWordSet("energy motors logistics foods airlines airways media electronics insurance pharma pharmaceuticals industries systems solutions software technologies technology consulting associates brothers sons group limited services brewery brewing bakery winery vineyards publishing records studios entertainment communications telecom networks shipping chemicals securities investments financial mutual realty properties hotels resorts stores supermarkets furniture fashion jewellers opticians garage autos dealership express digital robotics aerospace instruments laboratories labs medal scale effect syndrome lemma equation conjecture process filter transform island mountain falls palace quartet orchestra band festival marathon republic versicherung logistik motoren werke verlag brauerei bäckerei apotheke metzgerei autohaus reederei holding gruppe genossenschaft sparkasse volksbank hütte brunnen assurances groupe société boulangerie pharmacie éditions brasserie garage lycée grupo banco fundación editorial bodegas farmacia panadería clínica transportes hermanos gruppo banca assicurazioni editore farmacia pasticceria cantina verzekeringen uitgeverij bakkerij apotheek groep bank fundação editora farmácia padaria grupo seguros wydawnictwo piekarnia apteka grupa fundacja fundacji bank huis maison casa museu  university college school academy institute foundation trust hospital hospice clinic airport station stadium arena museum gallery library theatre theater hall prize award cup league act distribution theorem algorithm equation " +
	"bank post times journal church cathedral cancer capital partners holdings inc ltd llc plc corp corporation gmbh ag kg ohg sarl srl spa bv nv llp " +
	"street road avenue lane drive square boulevard str straße strasse platz weg allee ring ufer damm brücke schule gymnasium universität klinik klinikum krankenhaus stiftung verein preis stadion kirche tower bridge collection plant stations marina islands stiftung " +
	"université lycée collège école hôpital institut fondation théâtre stade musée gare avenue bourse prix église galeries librairie aéroport " +
	"universidad universidade università universiteit uniwersytet uniwersytetu politechnika politecnico instituto istituto instytut fundación fundação fondazione fundacja stichting ospedale szpital ziekenhuis teatro teatr estadio estádio stadio premio prêmio nagroda plaza piazza praça plac ulica aleja aleje corso calle avenida rua real colegio colégio escuela escola liceo liceum szkoła parafia iglesia igreja chiesa kościół museo museu muzeum aeropuerto aeroporto lotnisko puente ponte hurricane cyclone")

// sites are words for places that are surnames too: "in Victoria Park", "my colleague Peter Burg".
var sites = newWordSet("park lake river forest castle bay steel burg schloss manor beach valley constant")

// firms are firms, brands and places of two words that look like people.
var firms = classifiers.NewWordSet([]string{
	"morgan stanley", "goldman sachs", "wells fargo", "harley davidson", "aston martin", "thomas cook", "calvin klein", "tommy hilfiger", "ralph lauren", "kate spade", "michael kors", "hugo boss", "christian dior", "louis vuitton", "giorgio armani",
	"charles schwab", "edward jones", "john deere", "jack daniel", "jack daniels", "johnnie walker", "jim beam", "mary kay", "papa john", "sara lee", "betty crocker", "hewlett packard", "merrill lynch", "estee lauder", "carl zeiss", "robert bosch", "albert heijn",
	"max planck", "san marzano", "real madrid", "paul smith", "dolce gabbana", "kelly services", "robert half", "russell reynolds", "baker mckenzie", "clifford chance", "allen overy", "linklaters", "arthur andersen", "ernst young", "price waterhouse", "booz allen", "lehman brothers",
	"bernard matthews", "oscar mayer", "ben jerry", "peter pan", "santa claus", "robin hood", "harry potter", "james bond", "sherlock holmes", "donald duck", "mickey mouse", "jane doe corp", "santiago de compostela", "san sebastián", "santa maria", "san francisco", "santa monica", "santa barbara", "george washington bridge",
})

// firm tells whether the word text[i:j] begins one of them: "Santiago de Compostela".
func firm(text []byte, i, j int) bool {
	for n := 0; n < 2 && j+1 < len(text) && text[j] == ' '; n++ {
		if j = classifiers.Letters(text, j+1); firms.Has(text[i:j]) {
			return true
		}
	}
	return false
}

// alone are given names and surnames that are mostly a firm, a product, a house of learning or a measure where they stand alone.
var alone = newWordSet("ford siemens bosch philips porsche mercedes ferrari honda toyota suzuki yamaha kawasaki disney dell prada gucci armani versace boeing chanel dior hilton marriott hyatt nestle heinz kellogg cadbury gillette colgate opel renault peugeot citroen michelin bentley tesla chase barclays lloyds deloitte mckinsey " +
	"jenkins travis apache tomcat alexa siri cortana watson gemini kindle stanford princeton harvard yale columbia oxford cambridge max min dolby pascal ruby python perl julia celsius fahrenheit kelvin newton watt pearson springer elsevier reuters bloomberg hermes cartier rolex boots sainsbury waitrose wilko")

// afterNames tells whether the word text[i:j] behind a name makes it that of a street, a company or a house.
func afterNames(text []byte, i, j int) bool {
	return institutions.Has(text[i:j]) || sites.Has(text[i:j]) && sited(text, i)
}

// sited tells whether what stands before the capitalised words that end at i says that they are a place: "in", "at the".
func sited(text []byte, i int) bool {
	for range 4 {
		w := wordBehind(text, i)
		if len(w) == 0 || text[i-1] != ' ' && text[i-1] != '-' {
			return false
		}
		i -= 1 + len(w)
		if !big(text, i) || i > 0 && text[i-1] != ' ' && text[i-1] != '-' {
			return inPlace.Has(w) || things.Has(w) || articles.Has(w)
		}
	}
	return false
}

// streetish tells whether what follows makes the name one of a street, a company or a house: one of the next two capitalised words.
func streetish(text []byte, end int) bool {
	for range 2 {
		if end+2 >= len(text) || text[end] != ' ' && text[end] != '-' {
			return false
		}
		j := end + 1
		for j < len(text) && j-end < 14 && classifiers.IsLetter(text[j]) {
			j++
		}
		if afterNames(text, end+1, j) {
			return true
		}
		if j == end+1 || !big(text, end+1) {
			return false
		}
		end = j
	}
	return false
}

// housed tells whether a word before the one at i makes the name one of a house or a place: "Universidade de Santa Maria", "Hospital Albert Einstein". It
// passes over capitalised words and particles.
func housed(text []byte, i int) bool {
	for range 3 {
		w := wordBehind(text, i)
		if len(w) == 0 || text[i-1] != ' ' || len(text[:i]) > 1 && text[i-2] == ',' {
			return false
		}
		s := i - 1 - len(w)
		switch {
		case big(text, s):
			if institutions.Has(w) {
				return true
			}
		case !particle(w) && !joints.Has(w):
			return false
		}
		i = s
	}
	return false
}

// asked are words behind which a surname stands that is nobody's firm.
var asked = newWordSet("ask asked tell told met meet remind invite thank mr mrs one according said says from with caller reviewer witness laut sagte sagt selon dit según dijo dice segundo disse diz secondo volgens zegt zei według frag fragen")

var joints = newWordSet("of de di du des do dos das del della di da la le los las the")

// deeds are what people alone do, and live through.
const deeds = ("lives lived earns married divorced smiled laughed nodded shrugged cried wept whispered murmured phoned texted rang apologised apologized retired resigned graduated studied studies teaches taught speaks remarried snores " +
	"wohnt wohnte lebt arbeitet arbeitete verdient heißt heiratete studiert studierte lächelte nickte weinte leidet spricht " +
	"habite habitait travaille travaillait gagne née épousé étudie souffre parle " +
	"vive vivía trabaja trabajaba gana nació nacida nacido casó estudia padece " +
	"abita abitava lavora lavorava guadagna nata nato sposò soffre " +
	"woont woonde werkt werkte verdient heet trouwde studeert lijdt " +
	"mora morava trabalha trabalhava ganha nasceu nascida nascido casou sofre " +
	"mieszka mieszkał mieszkała pracuje pracował pracowała zarabia urodził urodziła studiuje choruje born himself herself")

// acts are what firms and things do as well.
const acts = ("said says called calls asked asks told tells wrote writes thinks thought wants wanted signed paid refused agreed disagree disagrees disagreed argued testified confirmed denied approved ruled owes joined left stayed arrived came went knows knew works worked moved got took made needs likes loves hates met spoke did has was is will won't didn't doesn't isn't wasn't hasn't can can't would should and's reported saw gave lost flew drives drove fired turned supports attended declined replied answered explained added insisted admitted " +
	"sagte sagt meint meinte schrieb schreibt fragte fragt ruft rief kommt kam ging hat hatte ist war will wollte soll unterschrieb erklärte bestätigte " +
	"dit disait écrit demande demanda appelle appela veut est était a avait va viendra refuse explique confirme répond " +
	"dice dijo escribió escribe preguntó llama llamó quiere es está fue ha tiene no firmó confirmó explicó tampoco también vino viene " +
	"dice disse scrive chiede chiese chiama chiamò vuole è era ha firmò conferma non firma " +
	"zegt zei schrijft vraagt belt belde wil is was heeft had komt kwam ging " +
	"diz disse escreve pergunta perguntou liga ligou quer é está foi tem não assinou confirmou " +
	"mówi powiedział powiedziała pisze pyta zapytał zapytała dzwoni dzwonił dzwoniła chce jest był była ma miał miała nie podpisał podpisała")

// between are words that stand before what somebody did: "ist geboren", "has been born", "lebte".
const between = ("is was has had been who also never always still then just been got ist war hat wurde est a été s'est es fue ha è era è stata stato is was werd is heeft é foi se się jest został została nie")

// what a word behind a name says of it.
const (
	act    uint8 = 1 << iota // firms and things do so as well
	people                   // people alone do so
	link                     // what was done follows
)

// doings are the words behind names.
var doings = func() *classifiers.WordMap[uint8] {
	m := map[string]uint8{}
	for list, bit := range map[string]uint8{acts: act, deeds: people, between: link} {
		for _, w := range strings.Fields(list) {
			m[w] |= bit
		}
	}
	return classifiers.NewWordMap(m)
}()

// deed tells what the words behind a name at j say of it: 2 where people alone do so, 1 where firms do so as well.
func deed(text []byte, j int) int {
	if j+2 >= len(text) || text[j] != ' ' || text[j+1] < 'a' {
		return 0
	}
	e := classifiers.Letters(text, j+1)
	d, ok := doings.Get(text[j+1 : e])
	if !ok {
		return 0
	}
	if d&people != 0 {
		return 2
	}
	if d&link != 0 && e < len(text) && text[e] == ' ' {
		if d, _ := doings.Get(text[e+1 : classifiers.Letters(text, e+1)]); d&people != 0 {
			return 2
		}
	}
	return int(d & act)
}

// actor reads a single word behind which stands what somebody does: any where people alone do so, known names where firms do so as well.
func actor(text []byte, i, j int, e dictionary.Entry) bool {
	if e.Kinds&(dictionary.Common|dictionary.Word) != 0 || e.City > max(e.Given, e.Family) || j-i < 3 {
		return false
	}
	d := deed(text, j)
	if d == 0 || d == 1 && e.Given < 3 && e.Family < 4 || d == 2 && j-i < 4 || capitalBefore(text, i) {
		return false
	}
	w := text[i:j]
	return !inner(w) && !noun(w) && !alone.Has(w) && !institutions.Has(w) && !things.Has(wordBehind(text, i)) && !title(w)
}
