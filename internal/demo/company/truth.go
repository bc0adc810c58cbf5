package company

// Person is a number of a subject in Truth.Subjects.
type Person int

// Identifier is one value that stands for a person, or an attribute of hers.
type Identifier struct {
	Category string
	Value    string
	// Forms are other spellings of the value that the company uses.
	Forms []string
	// Single says that the value belongs to nobody else and means her wherever it stands. A telephone shared by a
	// household, an address that was given to someone else later and a number like 10042 do not.
	Single bool
}

// Subject is all that the truth knows of one person.
type Subject struct {
	ID   Person
	Name string
	// Start is what a request of hers would give: her current e-mail address.
	Start       Identifier
	Identifiers []Identifier
	Attributes  []Identifier
	// Difficulties are those that her records show.
	Difficulties []Difficulty
	// Agent marks an employee. Employees are in the truth so that nobody takes them for unknown; erasing one is not judged.
	Agent bool
}

// Fate is what an ideal erasure makes of a record.
type Fate string

// The fates.
const (
	Gone     Fate = "gone"     // the record is no longer there
	Stays    Fate = "stays"    // kept by law, or held by another: not one byte changes
	Shell    Fate = "shell"    // the key stays, since kept records refer to it; personal fields are emptied or replaced
	Detached Fate = "detached" // another's record too: it stays, her fields go
	Redacted Fate = "redacted" // another's record: it stays but for her tokens
)

// Location is the place of a record.
type Location struct {
	// Source is the file of the database, or ObjectsRoot.
	Source string
	// Dataset is the table, or the key of the object.
	Dataset string
	// Key is the primary key, its parts joined by "|"; "#3" is the fourth record of a table without key, or of an
	// object (the header of a CSV is record 0); "/prefs/x" is a member of a JSON document; "" is the object itself.
	Key string
}

// String gives the place without the key, which may be a value of somebody's.
func (l Location) String() string { return l.Source + "/" + l.Dataset }

// Record is one record that is someone's or mentions someone.
type Record struct {
	At       Location
	Owners   []Person
	Mentions []Person
	// Expect is the fate at the erasure of each owner and of each person mentioned.
	Expect map[Person]Fate
	// Also is a second fate that is as good; empty for most.
	Also Fate
	// Fields are the columns that are a person's in a record that outlives her.
	Fields map[Person][]string
	// Tokens are the words in text and documents of this record that mean the person.
	Tokens map[Person][]string
	// Kept is the legal basis that keeps the record; empty for most.
	Kept string
	// Held says that the record is another's as well and stays as it is while one of its owners does.
	Held bool
	// Why are the difficulties that the record is an instance of.
	Why []Difficulty
}

// Truth is whose everything is.
type Truth struct {
	Subjects []Subject
	Records  []*Record
}

// At finds the record at a place; nil says that it is nobody's.
func (t *Truth) At(l Location) *Record {
	for _, r := range t.Records {
		if r.At == l {
			return r
		}
	}
	return nil
}

// Of gives the records that a person owns or is mentioned in.
func (t *Truth) Of(p Person) []*Record {
	var out []*Record
	for _, r := range t.Records {
		if _, ok := r.Expect[p]; ok {
			out = append(out, r)
		}
	}
	return out
}

// HeldByAnother gives her records that stay because another person holds them too.
func (t *Truth) HeldByAnother(p Person) []*Record {
	var out []*Record
	for _, r := range t.Of(p) {
		if r.Held {
			out = append(out, r)
		}
	}
	return out
}

// own makes p an owner. Of a record with several owners none may be given Gone.
func (r *Record) own(fate Fate, people ...*person) *Record {
	for _, p := range people {
		r.Owners = append(r.Owners, p.id)
		r.expect(p, fate)
	}
	return r
}

func (r *Record) mention(p *person, tokens ...string) *Record {
	if _, known := r.Expect[p.id]; !known {
		r.Mentions = append(r.Mentions, p.id)
		r.expect(p, Redacted)
	}
	return r.tokens(p, tokens...)
}

func (r *Record) expect(p *person, fate Fate) {
	if r.Expect == nil {
		r.Expect = map[Person]Fate{}
	}
	r.Expect[p.id] = fate
}

func (r *Record) tokens(p *person, tokens ...string) *Record {
	if r.Tokens == nil {
		r.Tokens = map[Person][]string{}
	}
	r.Tokens[p.id] = append(r.Tokens[p.id], tokens...)
	return r
}

// fields takes names by purpose; the builder translates them when the tables have their names.
func (r *Record) fields(p *person, columns ...string) *Record {
	if r.Fields == nil {
		r.Fields = map[Person][]string{}
	}
	r.Fields[p.id] = append(r.Fields[p.id], columns...)
	return r
}

func (r *Record) because(d ...Difficulty) *Record {
	r.Why = append(r.Why, d...)
	return r
}

func (r *Record) detach(p *person, columns ...string) *Record {
	r.Mentions = append(r.Mentions, p.id)
	r.expect(p, Detached)
	return r.fields(p, columns...)
}
