package accounts

import (
	"slices"
	"strings"

	"vestige/internal/errkind"
)

// Role is what somebody does with the product. A person can have several.
type Role string

// The roles, each with what it is for in Roles.
const (
	Viewer        Role = "viewer"
	Steward       Role = "steward"
	Operator      Role = "privacy-operator"
	Approver      Role = "approver"
	Auditor       Role = "auditor"
	Administrator Role = "administrator"
	Application   Role = "application"
	Signaller     Role = "signaller"
)

// RoleInfo is a role as people read of it.
type RoleInfo struct {
	Role Role   `json:"role"`
	Doc  string `json:"doc"`
}

// Roles gives every role, in the order in which they are shown.
func Roles() []RoleInfo {
	return []RoleInfo{
		{Viewer, "looks at the catalog and at the open part of plans"},
		{Steward, "decides what fields hold"},
		{Operator, "takes requests in, makes their plans, answers their questions and carries out what was approved"},
		{Approver, "approves plans and gaps; never a plan that she asked for herself"},
		{Auditor, "reads everything, the log included, and changes nothing"},
		{Administrator, "manages accounts; decides and approves nothing by that"},
		{Application, "asks whether somebody was erased or opted out, and sees nothing else; for the tokens of programs"},
		{Signaller, "tells that datasets have changed, and nothing else; for tokens of databases and pipelines"},
	}
}

// Right is what a route asks for. Every route of the interface names one.
type Right string

// The rights. Public ones need no account, Self any.
const (
	Public         Right = "public"
	Self           Right = "self"
	ReadCatalog    Right = "catalog.read"
	Decide         Right = "catalog.decide"
	HandleAlerts   Right = "alerts.handle"
	ManageScans    Right = "scans.manage"
	SignalChange   Right = "scans.signal"
	Reveal         Right = "values.reveal"
	ReadPlans      Right = "plans.read"
	ReadRequests   Right = "requests.read"
	WorkRequests   Right = "requests.work"
	Approve        Right = "requests.approve"
	StopAll        Right = "requests.stop"
	AskSuppressed  Right = "suppressions.ask"
	ReadLog        Right = "log.read"
	TrySources     Right = "sources.try"
	AddSources     Right = "sources.add"
	ManageAccounts Right = "accounts.manage"
)

// Grant is one line of the table of rights: who has it.
type Grant struct {
	Right Right  `json:"right"`
	Doc   string `json:"doc"`
	Roles []Role `json:"roles"`
}

var everyone = []Role{Viewer, Steward, Operator, Approver, Auditor, Administrator}

// Grants is the table of rights. The router enforces it, the page of settings shows it, and docs/operator.md prints it: there is no other.
func Grants() []Grant {
	return []Grant{
		{ReadCatalog, "see sources, datasets, fields, lineage, alerts and scans", everyone},
		{ReadPlans, "see the open part of plans: datasets, methods, counts, gaps; never whom they are about", everyone},
		{Decide, "accept, reject, change or defer; undo; import decisions", []Role{Steward}},
		{Reveal, "see a few values of a field, read from the source at that moment, with a reason; each look is in the audit log", []Role{Steward}},
		{HandleAlerts, "take an alert, put it off, close it; have a delivery tried again", []Role{Steward, Operator}},
		{ManageScans, "scan now, pause, resume, cancel and retry a scan; make and change schedules", []Role{Steward, Administrator}},
		{SignalChange, "tell that a dataset has changed, so that it is scanned", []Role{Signaller, Steward, Administrator}},
		{ReadRequests, "see requests, their clocks and their course", []Role{Operator, Approver, Auditor, Administrator}},
		{WorkRequests, "take requests in, make plans, answer questions, run what was approved, pause it", []Role{Operator}},
		{Approve, "approve a plan that somebody else asked for, by its hash", []Role{Approver}},
		{StopAll, "stop everything that is being carried out, and let it go on", []Role{Operator, Approver, Administrator}},
		{AskSuppressed, "ask whether somebody was erased or opted out: yes or no for a value that one has", []Role{Operator, Application}},
		{ReadLog, "read the audit log", []Role{Auditor, Administrator}},
		{TrySources, "try a connection to a new source, with credentials that are typed and not kept", []Role{Administrator}},
		{AddSources, "add a source to the configuration file, its secrets by reference alone", []Role{Administrator}},
		{ManageAccounts, "invite people, set roles, end accounts, sessions and tokens of others", []Role{Administrator}},
	}
}

// Has tells whether one who has the roles has a right.
func Has(roles []Role, r Right) bool {
	switch r {
	case Public:
		return true
	case Self:
		return len(roles) > 0
	}
	for _, g := range Grants() {
		if g.Right == r {
			return slices.ContainsFunc(g.Roles, func(x Role) bool { return slices.Contains(roles, x) })
		}
	}
	return false
}

// ParseRoles checks names of roles and gives them in their order, each once.
func ParseRoles(names []string) ([]Role, error) {
	var out []Role
	for _, info := range Roles() {
		if slices.Contains(names, string(info.Role)) {
			out = append(out, info.Role)
		}
	}
	for _, n := range names {
		if !slices.Contains(out, Role(n)) {
			return nil, errkind.Coded(errkind.Invalid, "no-such-role", "there is no such role")
		}
	}
	if len(out) == 0 {
		return nil, errkind.Coded(errkind.Invalid, "no-such-role", "name at least one role")
	}
	return out, nil
}

func joinRoles(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

func splitRoles(text string) (out []Role) {
	for _, w := range strings.Fields(text) {
		out = append(out, Role(w))
	}
	return out
}

// Markdown gives the table of rights for docs/operator.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| right | what it allows |")
	for _, r := range Roles() {
		b.WriteString(" " + string(r.Role) + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(Roles())) + "\n")
	for _, g := range Grants() {
		b.WriteString("| `" + string(g.Right) + "` | " + g.Doc + " |")
		for _, r := range Roles() {
			b.WriteString(map[bool]string{true: " ● |", false: "  |"}[slices.Contains(g.Roles, r.Role)])
		}
		b.WriteString("\n")
	}
	return b.String()
}
