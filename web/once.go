package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/errkind"
)

// bodyKey keeps the digest of a body that was read.
const bodyKey = "body"

// bind reads a JSON body strictly: a member that is not known is refused, and no message repeats what was sent.
func bind(c *gin.Context, v any) error {
	if t := c.ContentType(); t != "" && t != "application/json" {
		return errkind.Coded(errkind.Invalid, "bad-body", "send JSON, as application/json")
	}
	h := sha256.New()
	d := json.NewDecoder(io.TeeReader(c.Request.Body, h))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.Decode(&struct{}{}) != io.EOF {
		err = errors.New("more than one")
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errkind.Coded(errkind.Invalid, "large-body", "the body is too large")
	case err != nil:
		return errkind.Coded(errkind.Invalid, "bad-body", "the body is not the JSON that is described for this call")
	}
	c.Set(bodyKey, hex.EncodeToString(h.Sum(nil)))
	return nil
}

// once carries a call out, and where it names itself with an Idempotency-Key keeps the answer: the same call again is answered alike and changes
// nothing; another one under the same name is refused.
func (s *Server) once(c *gin.Context, do func() (int, any, error)) {
	key := strings.TrimSpace(c.GetHeader("Idempotency-Key"))
	if key == "" || s.svc.Accounts == nil {
		status, v, err := do()
		if err != nil {
			s.fail(c, err)
			return
		}
		c.JSON(status, v)
		return
	}
	call := accounts.Call{Actor: by(c).ID, Name: key, Route: c.Request.Method + " " + c.FullPath(), Digest: keyed(key, c.GetString(bodyKey))}
	kept, err := s.svc.Accounts.Begin(c.Request.Context(), call)
	if err != nil {
		s.fail(c, err)
		return
	}
	if kept != nil {
		c.Header("Idempotency-Replayed", "true")
		c.Data(kept.Status, "application/json; charset=utf-8", kept.Body)
		return
	}
	status, v, err := do()
	if err != nil {
		_ = s.svc.Accounts.Abandon(c.Request.Context(), call) // the next try is a first one
		s.fail(c, err)
		return
	}
	call.Status = status
	if call.Body, err = json.Marshal(v); err == nil {
		err = s.svc.Accounts.Finish(c.Request.Context(), call)
	}
	if err != nil {
		s.cfg.Log.Error("an answer could not be kept", "id", c.GetString(requestKey), "code", errkind.Code(err))
	}
	c.JSON(status, v)
}

func asMeanwhile(err error) (*meanwhile, bool) {
	var m *meanwhile
	ok := errors.As(err, &m)
	return m, ok
}

// keyed hides what a body was behind the name of the call, which is kept nowhere: bodies hold identifiers of people.
func keyed(key, body string) string {
	h := sha256.Sum256([]byte(key + "\x00" + body))
	return hex.EncodeToString(h[:])
}
