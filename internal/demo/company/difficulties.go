package company

// Difficulty is one thing that makes finding or erasing a person hard.
type Difficulty string

// The difficulties. Doc says of each what it is.
const (
	CrypticNames       Difficulty = "cryptic-names"
	SilentCopy         Difficulty = "silent-copy"
	FreeText           Difficulty = "free-text"
	NestedJSON         Difficulty = "nested-json"
	LogLines           Difficulty = "log-lines"
	ObjectKeys         Difficulty = "object-keys"
	JSONKeys           Difficulty = "json-keys"
	IdentifierChain    Difficulty = "identifier-chain"
	SharedHousehold    Difficulty = "shared-household"
	JointOrder         Difficulty = "joint-order"
	RecycledEmail      Difficulty = "recycled-email"
	EqualIDs           Difficulty = "equal-ids"
	NearMisses         Difficulty = "near-misses"
	HashedCopies       Difficulty = "hashed-copies"
	KeptInvoices       Difficulty = "kept-invoices"
	MentionedElsewhere Difficulty = "mentioned-elsewhere"
	SupportAgent       Difficulty = "support-agent"
	NoReply            Difficulty = "noreply"
	KeylessTables      Difficulty = "keyless-tables"
	Cycles             Difficulty = "cycles"
	SelfReferences     Difficulty = "self-references"
	ForeignKeyActions  Difficulty = "foreign-key-actions"
	TableKinds         Difficulty = "table-kinds"
	StalePages         Difficulty = "stale-pages"
)

// Difficulties lists all of them, in the order in which the documentation explains them.
func Difficulties() []Difficulty {
	return []Difficulty{
		CrypticNames, SilentCopy, FreeText, NestedJSON, LogLines, ObjectKeys, JSONKeys, IdentifierChain, SharedHousehold,
		JointOrder, RecycledEmail, EqualIDs, NearMisses, HashedCopies, KeptInvoices, MentionedElsewhere, SupportAgent,
		NoReply, KeylessTables, Cycles, SelfReferences, ForeignKeyActions, TableKinds, StalePages,
	}
}

// Doc says in one line what the difficulty is.
func (d Difficulty) Doc() string {
	switch d {
	case CrypticNames:
		return "Tables and columns whose names mean nothing; only the values tell what they hold."
	case SilentCopy:
		return "An older copy of the table of users under another name, without key or reference, some with a former address."
	case FreeText:
		return "E-mail, telephone, customer number and full name inside notes, tickets and chats."
	case NestedJSON:
		return "Identifiers inside JSON columns and nested documents, arrays of contacts among them."
	case LogLines:
		return "Lines of logs that name a person, with and without a structure."
	case ObjectKeys:
		return "Objects whose key holds the address of the person whose they are."
	case JSONKeys:
		return "One JSON object for many people, keyed by their addresses: only her member goes."
	case IdentifierChain:
		return "Device, loyalty number, old e-mail, legacy customer number: each leads only to the next."
	case SharedHousehold:
		return "Two people with one telephone and one address."
	case JointOrder:
		return "An order of two customers: it stays for one when the other goes."
	case RecycledEmail:
		return "An e-mail address that was given to someone else later; the date tells whose a record is."
	case EqualIDs:
		return "Equal sequential numbers in tables that have nothing to do with each other."
	case NearMisses:
		return "ann@ beside joann@, a longer domain, a plus-tag of a stranger, a telephone's digits in an order number."
	case HashedCopies:
		return "Lists that hold only a hash of the address."
	case KeptInvoices:
		return "Invoices that the law keeps as they are, and with them the key of the user."
	case MentionedElsewhere:
		return "Her name and address in another customer's record; messages between two; who invited whom."
	case SupportAgent:
		return "An employee who stands in a thousand records of customers."
	case NoReply:
		return "noreply@ and support@ in thousands of records."
	case KeylessTables:
		return "Tables without any key."
	case Cycles:
		return "Two tables that refer to each other."
	case SelfReferences:
		return "Tables that refer to themselves."
	case ForeignKeyActions:
		return "Every action of a foreign key: CASCADE, SET NULL, SET DEFAULT, RESTRICT, NO ACTION."
	case TableKinds:
		return "Composite keys, WITHOUT ROWID, STRICT, a generated column, a view, a full-text index."
	case StalePages:
		return "Rows that the engine moved, still readable in unused parts of the database's pages; only packing the file clears them."
	}
	return ""
}
