package events

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Webhook posts messages as Standard Webhooks wants them (standardwebhooks.com): with an id that every attempt has, the time, and a signature over both
// and the body.
type Webhook struct {
	URL    string
	Secret pii.Secret // whsec_ and base64, or any text of 24 bytes and more
	Client *http.Client
}

// hook is the body.
type hook struct {
	Type      string   `json:"type"`
	Timestamp string   `json:"timestamp"`
	Data      hookData `json:"data"`
}

type hookData struct {
	Alerts  []Event `json:"alerts,omitempty"`
	Notices []Event `json:"notices,omitempty"` // of what was erased
}

// hookOf makes the body of a message: alerts, or what somebody is told.
func hookOf(m Message) hook {
	h := hook{"alerts.opened", time.UnixMicro(m.Made).UTC().Format(time.RFC3339), hookData{Alerts: m.Events}}
	if len(m.Events) > 0 && m.Events[0].Type == Erased {
		h.Type, h.Data = Erased, hookData{Notices: m.Events}
	}
	return h
}

// Send posts the message. What answers 410 is gone, and is not asked again.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(hookOf(m))
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "encode a message")
	}
	key, err := w.key()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return errkind.Coded(errkind.Invalid, "bad-url", "the address of the webhook is none")
	}
	at := strconv.FormatInt(clock.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "vestige")
	req.Header.Set("webhook-id", m.ID)
	req.Header.Set("webhook-timestamp", at)
	req.Header.Set("webhook-signature", Sign(key, m.ID, at, body))
	res, err := w.client().Do(req)
	if err != nil {
		return errkind.Coded(errkind.Transient, "http", "the webhook did not answer")
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusGone:
		return errkind.Coded(errkind.NotFound, "http-410", "the webhook is gone")
	}
	return errkind.Coded(errkind.Transient, fmt.Sprintf("http-%d", res.StatusCode), "the webhook did not take the message")
}

// client never follows a redirect: what is signed for one address is for no other.
func (w *Webhook) client() *http.Client {
	c := http.Client{}
	if w.Client != nil {
		c = *w.Client
	}
	c.Timeout = 30 * time.Second
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func (w *Webhook) key() ([]byte, error) {
	text := w.Secret.Reveal()
	coded, prefixed := strings.CutPrefix(text, "whsec_")
	if !prefixed {
		if len(text) < 24 {
			return nil, errkind.Coded(errkind.Invalid, "short-secret", "the secret of a webhook has 24 bytes or more")
		}
		return []byte(text), nil
	}
	key, err := base64.StdEncoding.DecodeString(coded)
	if err != nil || len(key) < 24 {
		return nil, errkind.Coded(errkind.Invalid, "short-secret", "the secret of a webhook is whsec_ and the base64 of 24 bytes or more")
	}
	return key, nil
}

// Sign gives the signature of a message, by which its receiver knows that it is ours and whole.
func Sign(key []byte, id, timestamp string, body []byte) string {
	h := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(h, "%s.%s.", id, timestamp)
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
