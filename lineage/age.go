package lineage

import "vestige/pii"

var bornWords = []string{"created", "registered", "registration", "signup", "joined", "inserted", "added", "imported", "since", "ordered", "placed", "sent", "received", "opened", "enrolled", "hired", "erstellt", "angelegt", "eroeffnet", "eingetreten", "eintritt", "inscription", "creation", "alta", "creacion", "aangemaakt", "iscrizione"}

// Age gives, of a record's own times that lie before now (all in microseconds since 1970), when it came into being, where a field says so, and the newest of all;
// 0 where there is none. Dates of a person, such as her birth, are no times of the record.
func Age(n *Node, f *pii.Found, now int64) (born, newest int64) {
	for _, m := range times(n, f) {
		if m.at > now {
			continue
		}
		newest = max(newest, m.at)
		if anyWord(words(m.field), bornWords) && (born == 0 || m.at < born) {
			born = m.at
		}
	}
	return born, newest
}

// TimeFields lists the fields of a node that may hold such times.
func TimeFields(n *Node) (out []string) {
	for i := range n.Fields {
		if f := &n.Fields[i]; timeLike(f) && !f.Category.Personal() {
			out = append(out, f.Field.Name)
		}
	}
	return out
}
