package accounts

import (
	"bytes"
	"context"
	"crypto/subtle"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/pii"
)

// period is how long a code is valid, in seconds; the one before and the one after are taken as well, since clocks differ.
const period = 30

// Enrolment is a second factor that is not yet in force: what an authenticator app is shown.
type Enrolment struct {
	Secret pii.Secret // in base32, to be typed or kept in a form
	URL    pii.Secret // otpauth://…
	Image  []byte     // the same as a PNG
}

// Enrol makes a second factor for an account. It is in force once Confirm was given a code of it.
func (s *Service) Enrol(ctx context.Context, id, issuer string) (e Enrolment, err error) {
	u, err := s.User(ctx, id)
	if err != nil {
		return e, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: u.Name, Period: period, SecretSize: 20})
	if err != nil {
		return e, errkind.Wrap(errkind.Internal, err, "make a second factor")
	}
	return enrolment(key)
}

// Again gives the picture of a secret that Enrol made, for a form that was sent back.
func Again(name, issuer string, secret pii.Secret) (Enrolment, error) {
	key, err := otp.NewKeyFromURL("otpauth://totp/" + issuer + ":" + name + "?issuer=" + issuer + "&period=30&digits=6&algorithm=SHA1&secret=" + secret.Reveal())
	if err != nil || len(key.Secret()) != 32 {
		return Enrolment{}, errkind.Coded(errkind.Invalid, "bad-code", "begin the second factor anew")
	}
	return enrolment(key)
}

func enrolment(key *otp.Key) (e Enrolment, err error) {
	img, err := key.Image(200, 200)
	if err != nil {
		return e, errkind.Wrap(errkind.Internal, err, "draw a second factor")
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return e, errkind.Wrap(errkind.Internal, err, "draw a second factor")
	}
	return Enrolment{Secret: pii.NewValue(key.Secret()), URL: pii.NewValue(key.URL()), Image: b.Bytes()}, nil
}

// Confirm puts a second factor in force, once a code of it was right.
func (s *Service) Confirm(ctx context.Context, id string, secret pii.Secret, code string) error {
	step, ok := stepOf(secret.Reveal(), code, 0)
	if !ok || len(secret.Reveal()) != 32 {
		return errkind.Coded(errkind.Invalid, "bad-code", "the code is not one of this second factor, or the clocks differ by more than half a minute")
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		u, err := user(ctx, tx, id)
		if err != nil {
			return err
		}
		sealed, err := s.seal(ctx, tx, u.ID, []byte(secret.Reveal()))
		if err != nil {
			return err
		}
		if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, sealed = $1, step = $2 WHERE id = $3 AND version = $4", sealed, step, u.ID, u.version); err != nil {
			return err
		}
		return s.say(ctx, tx, u.Name, "account.second", u.Name, map[string]any{"set": true})
	})
}

// Drop takes the second factor off an account; its owner shows a last code of it. A wrong one counts as a wrong attempt to sign in.
func (s *Service) Drop(ctx context.Context, id, code string) error {
	var refused error
	err := s.db.Write(ctx, func(tx db.Tx) error {
		u, err := user(ctx, tx, id)
		if err != nil {
			return err
		}
		if u.Locked > 0 {
			return errkind.Coded(errkind.Permission, "account-waits", "too many attempts were wrong; try again in a few minutes")
		}
		if _, err := s.code(ctx, tx, u, code); err != nil {
			refused = errkind.Coded(errkind.Invalid, "bad-code", "the code is not right, or was used already")
			return s.failed(ctx, tx, u)
		}
		if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, sealed = NULL, step = 0 WHERE id = $1 AND version = $2", u.ID, u.version); err != nil {
			return err
		}
		return s.say(ctx, tx, u.Name, "account.second", u.Name, map[string]any{"set": false})
	})
	return cmpErr(err, refused)
}

// code checks a code and gives the step it is of, which no later call may use again.
func (s *Service) code(ctx context.Context, tx db.Tx, u User, code string) (int64, error) {
	if !u.Second {
		return u.step, nil
	}
	plain, err := s.unseal(ctx, tx, u.ID, u.sealed)
	if err != nil {
		return 0, err
	}
	step, ok := stepOf(string(plain), code, u.step)
	if !ok {
		return 0, nobody()
	}
	return step, nil
}

// stepOf finds the step of a code behind the last one used: of the present half minute, the one before and the one after.
func stepOf(secret, code string, last int64) (int64, bool) {
	now := clock.Now().Unix() / period
	for step := max(now-1, last+1); step <= now+1; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// CodeAt gives the code of a moment, as an authenticator app shows it.
func CodeAt(secret pii.Secret, at time.Time) string {
	code, _ := totp.GenerateCode(secret.Reveal(), at) // an empty code opens nothing
	return code
}

func (s *Service) seal(ctx context.Context, tx db.Tx, account string, plain []byte) ([]byte, error) {
	id, _, err := s.keys.Standing(ctx, tx, keys.Accounts)
	if err != nil {
		return nil, err
	}
	sealed, err := s.keys.Seal(ctx, tx, id, "account/"+account, plain)
	return append([]byte(id+"\x00"), sealed...), err
}

func (s *Service) unseal(ctx context.Context, tx db.Tx, account string, sealed []byte) ([]byte, error) {
	id, rest, ok := bytes.Cut(sealed, []byte{0})
	if !ok {
		return nil, errkind.Coded(errkind.Conflict, "sealed-altered", "the second factor is not what was sealed")
	}
	return s.keys.Open(ctx, tx, string(id), "account/"+account, rest)
}
