// Package keys makes, wraps, uses and destroys every key of Vestige. One master key, kept apart from the data, wraps all others; the
// others lie wrapped in the store. What must be held of a person to do the work is sealed under the key of her request, and
// destroying that key is how it is forgotten: in the store, and in every backup of it, which has the key wrapped at most under
// a master key that it does not have.
//
// A Ring is what everyone uses. docs/keys.md is made from Describe.
package keys

import (
	"fmt"
	"strings"
)

// Purpose says what a key is for. A key of one purpose opens nothing of another.
type Purpose string

// The purposes. The first two have a key for each request; names has one for each name; the others have one at a time, and their older ones
// stay for what was made under them.
const (
	Request     Purpose = "request"     // a request's identifiers, the sealed part of its plans, its export
	Undo        Purpose = "undo"        // what a soft delete changed
	Names       Purpose = "names"       // exact names that carry values, such as an object's key
	Sketch      Purpose = "sketch"      // the keyed hashes by which fields are compared
	Suppression Purpose = "suppression" // fingerprints of erased and opted-out identifiers
	Checkpoint  Purpose = "checkpoint"  // signs the state of the audit log
	Attestation Purpose = "attestation" // signs what is said of a closed request
	Accounts    Purpose = "accounts"    // seals the second factors of the product's own users
)

// standing tells whether there is one key of the purpose at a time.
func (p Purpose) standing() bool {
	return p == Sketch || p == Suppression || p == Checkpoint || p == Attestation || p == Accounts
}

// ID gives the id of the key of a purpose for a thing: a request's id, a name's digest.
func ID(p Purpose, of string) string { return string(p) + "/" + of }

func purposeOf(id string) Purpose {
	p, _, _ := strings.Cut(id, "/")
	return Purpose(p)
}

// Info is what is told of a purpose, in `vestige keys` and in docs/keys.md.
type Info struct {
	Purpose  Purpose `json:"purpose"`
	For      string  `json:"for"`
	Where    string  `json:"where"`
	Rotation string  `json:"rotation"`
	Loss     string  `json:"loss"`
	Backup   string  `json:"backup"`
}

// Master is the purpose of the key that wraps all others, in what Describe gives.
const MasterKey Purpose = "master"

// Describe gives what is told of each key, the master key first.
func Describe() []Info {
	const store = "in the store, wrapped by the master key"
	const with = "with the store; of no use without the master key"
	return []Info{
		{
			MasterKey, "wraps every other key", "a file of mode 0600 (`file:PATH`), an environment variable (`env:NAME`) or a command (`exec:COMMAND`); apart from the data directory",
			"`vestige keys rotate` wraps all keys under a new one, in one unit of work", "every open request, sketch and suppression is lost, and nothing can be signed; closed requests and their proofs are not touched", "by you, never beside a backup of the store",
		},
		{Request, "seals a request's identifiers, the keys of the records it is about, and its export", store, "not rotated: it lives as long as its request, and is destroyed on every end of it", "the request has to be asked for again", with},
		{Undo, "seals what a soft delete has changed, so that it can be undone in the cool-down", store, "not rotated: destroyed when the cool-down ends", "what was soft-deleted cannot be undone any more", with},
		{Names, "seals exact names that carry values, one key a name; an erasure destroys hers", store, "not rotated", "the name is read from its system again", with},
		{Sketch, "makes the keyed hashes by which fields of two systems are compared", store, "a new one makes all sketches anew at the next full scan", "sketches are made anew by a full scan", with},
		{Suppression, "makes the fingerprints by which an erased identifier is noticed when it comes back", store, "a new one is for new fingerprints; the old ones are still compared", "what comes back is not noticed", with},
		{Checkpoint, "signs the state of the audit log (Ed25519)", store, "a new one signs from then on; checkpoints name their key", "the log goes on under a new key; old checkpoints verify as before with the public key that was exported", with},
		{Attestation, "signs what is said of a closed request (Ed25519)", store, "a new one signs from then on; attestations name their key", "old attestations verify as before with the public key that was exported", with},
		{Accounts, "seals the second factors of the people who sign in to the catalog", store, "a new one is for new second factors; the old ones are still opened with theirs", "nobody who has a second factor can sign in; an administrator sends each of them a new link", with},
	}
}

// Markdown gives docs/keys.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Keys

Vestige has one master key and makes all others itself. The others lie in the store, wrapped by the master key, so that a copy of the store
opens nothing. ` + "`vestige keys`" + ` lists them.

Without a setting the master key is made in the data directory, as ` + "`master.key`" + `. That is good enough to try Vestige and not for
people's data: whoever copies the directory can read it. ` + "`serve`" + ` says so at every start, and each attestation records it. Put it elsewhere with

    master-key: file:/etc/vestige/master.key   # made by: vestige keys new FILE
    master-key: env:VESTIGE_MASTER_KEY         # 64 hex digits or base64
    master-key: exec:pass show vestige         # a command that prints it

Fingerprints carry the id of their key and the version of the normal forms, so that both can change.

`)
	for _, i := range Describe() {
		fmt.Fprintf(&b, "## %s\n\n- **For**: it %s.\n- **Where**: %s.\n- **Rotation**: %s.\n- **When it is lost**: %s.\n- **Backup**: %s.\n\n", i.Purpose, i.For, i.Where, i.Rotation, i.Loss, i.Backup)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
