package audit

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"vestige/internal/errkind"
)

// The types of what is signed: a DSSE envelope around an in-toto statement.
const (
	PayloadType   = "application/vnd.in-toto+json"
	StatementType = "https://in-toto.io/Statement/v1"
)

// Statement is an in-toto statement: something said (the predicate) about things known by their digests (the subjects). The subject of an
// attestation is a plan, never a person.
type Statement struct {
	Type          string          `json:"_type"`
	Subject       []Resource      `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// Resource is a thing known by its digest.
type Resource struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"` // by algorithm, in hex
}

// Sign makes a signed attestation, a JSON file that VerifyAttestation reads.
func Sign(key ed25519.PrivateKey, s Statement) ([]byte, error) {
	s.Type = StatementType
	body, err := json.Marshal(s)
	if err != nil || len(s.Subject) == 0 || s.PredicateType == "" {
		return nil, errkind.New(errkind.Invalid, "a statement has a subject, a type and a predicate in JSON")
	}
	es, err := dsse.NewEnvelopeSigner(dsseKey{public: key.Public().(ed25519.PublicKey), private: key})
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "sign the attestation")
	}
	envelope, err := es.SignPayload(context.Background(), PayloadType, body)
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "sign the attestation")
	}
	file, err := json.MarshalIndent(envelope, "", "  ")
	return append(file, '\n'), err
}

// VerifyAttestation checks an attestation with nothing but the public key, and gives what it states. The error is a conflict, code
// "attestation-invalid", where the signature is not that of the key over these bytes.
func VerifyAttestation(file []byte, public ed25519.PublicKey) (Statement, error) {
	var e dsse.Envelope
	if err := json.Unmarshal(file, &e); err != nil {
		return Statement{}, errkind.New(errkind.Invalid, "the file is no attestation")
	}
	invalid := errkind.Coded(errkind.Conflict, "attestation-invalid", "the attestation is not signed by that key, or was changed")
	ev, err := dsse.NewEnvelopeVerifier(dsseKey{public: public})
	if err != nil || e.PayloadType != PayloadType {
		return Statement{}, invalid
	}
	if _, err := ev.Verify(context.Background(), &e); err != nil {
		return Statement{}, invalid
	}
	return readStatement(file)
}

// readStatement gives what an attestation states, unchecked.
func readStatement(file []byte) (s Statement, err error) {
	var e dsse.Envelope
	if json.Unmarshal(file, &e) != nil {
		return s, errkind.New(errkind.Invalid, "the file is no attestation")
	}
	body, err := e.DecodeB64Payload()
	if err != nil || json.Unmarshal(body, &s) != nil || s.Type != StatementType {
		return s, errkind.New(errkind.Invalid, "the attestation has no statement")
	}
	return s, nil
}

// dsseKey is an Ed25519 key as package dsse wants it.
type dsseKey struct {
	public  ed25519.PublicKey
	private ed25519.PrivateKey
}

var _ dsse.SignerVerifier = dsseKey{}

// Sign signs the encoding that dsse has made.
func (k dsseKey) Sign(_ context.Context, data []byte) ([]byte, error) {
	return ed25519.Sign(k.private, data), nil
}

// Verify checks a signature.
func (k dsseKey) Verify(_ context.Context, data, sig []byte) error {
	if len(k.public) != ed25519.PublicKeySize || !ed25519.Verify(k.public, data, sig) {
		return errkind.New(errkind.Conflict, "the signature is not that of the key")
	}
	return nil
}

// KeyID names the key by its digest.
func (k dsseKey) KeyID() (string, error) { return KeyID(k.public), nil }

// Public gives the public key.
func (k dsseKey) Public() crypto.PublicKey {
	return k.public
}

// KeyID names a public key by its digest.
func KeyID(public ed25519.PublicKey) string {
	d := sha256.Sum256(public)
	return hex.EncodeToString(d[:8])
}

// PublicPEM writes a public key for auditors.
func PublicPEM(public ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, errkind.Wrap(errkind.Invalid, err, "write the public key")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// ParsePublic reads what PublicPEM wrote.
func ParsePublic(text []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(bytes.TrimSpace(text))
	if block == nil {
		return nil, errkind.New(errkind.Invalid, "not a public key in PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := key.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, errkind.New(errkind.Invalid, "not an Ed25519 public key")
	}
	return public, nil
}
