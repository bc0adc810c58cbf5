package keys

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sync/atomic"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Ring uses the keys of a box, which a master key wraps. Every method works in the caller's unit of work, so that a key is made and
// destroyed with the state that needs it. It is safe for concurrent use.
type Ring struct {
	master atomic.Pointer[Master]
	box    Box
	forms  int
}

// NewRing makes a ring. Fingerprints carry the version of the normal forms (forms.Version).
func NewRing(m *Master, b Box, formsVersion int) *Ring {
	r := &Ring{box: b, forms: formsVersion}
	r.master.Store(m)
	return r
}

// Master gives the master key's name and place.
func (r *Ring) Master() *Master { return r.master.Load() }

// List gives the keys there are, of a purpose or of all.
func (r *Ring) List(ctx context.Context, tx db.Tx, p Purpose) ([]Stored, error) {
	return r.box.Keys(ctx, tx, p)
}

// Create makes the key of that id (see ID); one that is there already is a conflict.
func (r *Ring) Create(ctx context.Context, tx db.Tx, id string) error {
	_, err := r.create(ctx, tx, id, 0)
	return err
}

func (r *Ring) create(ctx context.Context, tx db.Tx, id string, n int64) ([]byte, error) {
	key := make([]byte, Size)
	_, _ = rand.Read(key)
	k := Stored{ID: id, Purpose: purposeOf(id), N: n, Master: r.Master().id, At: clock.Micros()}
	k.Wrapped = seal([]byte(r.Master().key.Reveal()), wrapping(k), key)
	return key, r.box.PutKey(ctx, tx, k)
}

// Destroy makes the key of that id gone for ever, and with it all that was sealed under it. The store is asked for a truncating
// checkpoint after the unit of work.
func (r *Ring) Destroy(ctx context.Context, tx db.Tx, id string) error {
	return r.box.DestroyKey(ctx, tx, id)
}

// Seal encrypts under the key of that id. The same context has to be given to Open: it ties what is sealed to its place, so that
// one part cannot stand in for another.
func (r *Ring) Seal(ctx context.Context, tx db.Tx, id, place string, plain []byte) ([]byte, error) {
	key, err := r.key(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return seal(key, []byte(id+"\x00"+place), plain), nil
}

// Open decrypts what Seal made for that place. A destroyed key is not found, code "key-destroyed".
func (r *Ring) Open(ctx context.Context, tx db.Tx, id, place string, sealed []byte) ([]byte, error) {
	key, err := r.key(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	plain, err := open(key, []byte(id+"\x00"+place), sealed)
	if err != nil {
		return nil, errkind.Coded(errkind.Conflict, "sealed-altered", "what is sealed for %s is not what was sealed", place)
	}
	return plain, nil
}

// key gives an unwrapped key.
func (r *Ring) key(ctx context.Context, tx db.Tx, id string) ([]byte, error) {
	k, err := r.box.GetKey(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	return r.unwrap(k)
}

func (r *Ring) unwrap(k Stored) ([]byte, error) {
	m := r.Master()
	if k.Master != m.id {
		return nil, errkind.Coded(errkind.Permission, "wrong-master-key", "key %s is wrapped by master key %s, and this is %s", k.ID, k.Master, m.id)
	}
	key, err := open([]byte(m.key.Reveal()), wrapping(k), k.Wrapped)
	if err != nil {
		return nil, errkind.Coded(errkind.Conflict, "key-altered", "key %s is not what was stored", k.ID)
	}
	return key, nil
}

// wrapping is what a wrapped key is tied to.
func wrapping(k Stored) []byte { return fmt.Appendf(nil, "vestige key\x00%s\x00%d", k.ID, k.N) }

// Standing gives the present key of a purpose that has one at a time, made on first use, and its id.
func (r *Ring) Standing(ctx context.Context, tx db.Tx, p Purpose) (id string, key []byte, err error) {
	if !p.standing() {
		return "", nil, errkind.New(errkind.Invalid, "keys for %s are made one by one", p)
	}
	newest, err := r.newest(ctx, tx, p)
	if err != nil {
		return "", nil, err
	}
	if newest.N == 0 { // who comes first makes it, and others see it then
		if err := db.Lock(ctx, tx, "keys/"+string(p)); err != nil {
			return "", nil, err
		}
		if newest, err = r.newest(ctx, tx, p); err != nil {
			return "", nil, err
		}
	}
	if newest.N == 0 {
		return r.Renew(ctx, tx, p)
	}
	key, err = r.unwrap(newest)
	return newest.ID, key, err
}

func (r *Ring) newest(ctx context.Context, tx db.Tx, p Purpose) (newest Stored, err error) {
	all, err := r.box.Keys(ctx, tx, p)
	for _, k := range all {
		if k.N > newest.N {
			newest = k
		}
	}
	return newest, err
}

// Renew makes a new key of a purpose that has one at a time. The older ones stay for what was made under them.
func (r *Ring) Renew(ctx context.Context, tx db.Tx, p Purpose) (id string, key []byte, err error) {
	all, err := r.box.Keys(ctx, tx, p)
	if err != nil {
		return "", nil, err
	}
	n := int64(len(all)) + 1
	for _, k := range all {
		n = max(n, k.N+1)
	}
	id = ID(p, fmt.Sprint(n))
	key, err = r.create(ctx, tx, id, n)
	return id, key, err
}

// Signer gives the present signing key of Checkpoint or Attestation.
func (r *Ring) Signer(ctx context.Context, tx db.Tx, p Purpose) (id string, key ed25519.PrivateKey, err error) {
	if p != Checkpoint && p != Attestation {
		return "", nil, errkind.New(errkind.Invalid, "keys for %s do not sign", p)
	}
	id, seed, err := r.Standing(ctx, tx, p)
	if err != nil {
		return "", nil, err
	}
	return id, ed25519.NewKeyFromSeed(seed), nil
}

// Fingerprint gives the keyed fingerprint of a normal value under the present key: "suppression/1:1:…", the key's id and the version of the
// normal forms before it, so that one is compared only with its like.
func (r *Ring) Fingerprint(ctx context.Context, tx db.Tx, p Purpose, c pii.Category, normal []byte) (string, error) {
	id, key, err := r.Standing(ctx, tx, p)
	if err != nil {
		return "", err
	}
	return r.fingerprint(id, key, c, normal), nil
}

// Fingerprints gives the fingerprint under every key of the purpose, the older ones included, to look for one.
func (r *Ring) Fingerprints(ctx context.Context, tx db.Tx, p Purpose, c pii.Category, normal []byte) (all []string, err error) {
	stored, err := r.box.Keys(ctx, tx, p)
	for _, k := range stored {
		key, err := r.unwrap(k)
		if err != nil {
			return nil, err
		}
		all = append(all, r.fingerprint(k.ID, key, c, normal))
	}
	return all, err
}

func (r *Ring) fingerprint(id string, key []byte, c pii.Category, normal []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "fingerprint\x00%d\x00%s\x00", r.forms, c)
	mac.Write(normal)
	return fmt.Sprintf("%s:%d:%s", id, r.forms, base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// Rotate wraps every key under another master key, in the caller's unit of work. The ring uses the new one once that has committed.
func (r *Ring) Rotate(ctx context.Context, tx db.Tx, next *Master) error {
	all, err := r.box.Keys(ctx, tx, "")
	if err != nil {
		return err
	}
	for _, k := range all {
		key, err := r.unwrap(k)
		if err != nil {
			return err
		}
		if err := r.box.DestroyKey(ctx, tx, k.ID); err != nil {
			return err
		}
		k.Master, k.Wrapped = next.id, seal([]byte(next.key.Reveal()), wrapping(k), key)
		if err := r.box.PutKey(ctx, tx, k); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { r.master.Store(next) })
	return nil
}

// sealedVersion begins whatever is sealed: AES-256-GCM with a random nonce in front.
const sealedVersion = 1

func seal(key, place, plain []byte) []byte {
	return aead(key).Seal([]byte{sealedVersion}, nil, plain, place)
}

func open(key, place, sealed []byte) ([]byte, error) {
	if !bytes.HasPrefix(sealed, []byte{sealedVersion}) {
		return nil, errkind.New(errkind.Invalid, "not a sealed part")
	}
	return aead(key).Open([]byte{}, nil, sealed[1:], place)
}

// aead gives the cipher of a key, which has the right length by construction.
func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("keys: " + err.Error())
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("keys: " + err.Error())
	}
	return gcm
}
