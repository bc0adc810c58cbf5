package events

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Mail sends messages through a server that speaks SMTP.
type Mail struct {
	Server   string // host:port
	From     string // an address
	To       []string
	User     string // "" for a server that asks for none
	Password pii.Secret
	TLS      string // starttls (the default: taken where it is offered, and required where there is a user), always, never
	Address  string // of the catalog, for links; "" for none
}

// Send hands the message to the server.
func (m *Mail) Send(ctx context.Context, msg Message) error {
	c, err := m.connect(ctx)
	if err != nil {
		return m.failed(err)
	}
	defer func() { _ = c.Close() }()
	if err := m.letter(c, m.text(msg)); err != nil {
		return m.failed(err)
	}
	_ = c.Quit() // the server has taken it
	return nil
}

// connect reaches the server, over TLS as far as it is asked for, and signs in. The end of the context cuts the connection.
func (m *Mail) connect(ctx context.Context) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, errkind.Coded(errkind.Invalid, "bad-server", "a mail server is written host:port")
	}
	conn, err := (&net.Dialer{Timeout: 20 * time.Second}).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	safe := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if m.TLS == "always" {
		conn = tls.Client(conn, safe)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if ok, _ := c.Extension("STARTTLS"); ok && m.TLS != "always" && m.TLS != "never" {
		err = c.StartTLS(safe)
	}
	if err == nil && m.User != "" {
		err = c.Auth(smtp.PlainAuth("", m.User, m.Password.Reveal(), host)) // refuses by itself to send a password in the open
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (m *Mail) letter(c *smtp.Client, text []byte) error {
	if err := c.Mail(m.From); err != nil {
		return err
	}
	for _, to := range m.To {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.Close()
}

// failed keeps of a failure the server's number alone: its text may quote addresses.
func (m *Mail) failed(err error) error {
	var said *textproto.Error
	switch {
	case errkind.Of(err) == errkind.Invalid:
		return err
	case errors.As(err, &said):
		return errkind.Coded(errkind.Transient, fmt.Sprintf("smtp-%d", said.Code), "the mail server refused the letter")
	}
	return errkind.Coded(errkind.Transient, "smtp", "the mail server did not answer")
}

// text writes the letter: plain, with nothing in it that is not a name or a count.
func (m *Mail) text(msg Message) []byte {
	var b bytes.Buffer
	domain := m.From[strings.LastIndexByte(m.From, '@')+1:]
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, oneLine(value)) }
	header("From", m.From)
	header("To", strings.Join(m.To, ", "))
	header("Subject", mime.QEncoding.Encode("utf-8", subject(msg.Events)))
	header("Date", clock.Now().Format(time.RFC1123Z))
	header("Message-ID", "<"+msg.ID+"@"+domain+">")
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	coded := base64.StdEncoding.EncodeToString([]byte(Text(msg.Events, m.Address)))
	for len(coded) > 76 {
		b.WriteString(coded[:76] + "\r\n")
		coded = coded[76:]
	}
	b.WriteString(coded + "\r\n")
	return b.Bytes()
}

func oneLine(s string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(s) }

func subject(es []Event) string {
	if len(es) == 1 && es[0].Type == Erased {
		return "Erasure of a person's data"
	}
	if len(es) == 1 {
		return "Vestige: " + es[0].Code + " at " + es[0].Where
	}
	return fmt.Sprintf("Vestige: %d alerts", len(es))
}

// listed is how many events of one code a text lists.
const listed = 20

// Text writes events for people: by code, each with its place.
func Text(es []Event, address string) string {
	var b strings.Builder
	if len(es) == 1 && es[0].Type == Erased {
		fmt.Fprintf(&b, "To %s\n\n%s\n\nWhom it is about:\n%s\n", oneLine(es[0].Source), oneLine(es[0].Text), es[0].Data)
		return b.String()
	}
	byCode, order := map[string][]Event{}, []string{}
	for _, e := range es {
		if byCode[e.Code] == nil {
			order = append(order, e.Code)
		}
		byCode[e.Code] = append(byCode[e.Code], e)
	}
	for _, code := range order {
		all := byCode[code]
		fmt.Fprintf(&b, "%s (%d)\n", code, len(all))
		for _, e := range all[:min(listed, len(all))] {
			fmt.Fprintf(&b, "  %s\n    %s\n", oneLine(e.Where), oneLine(e.Text))
		}
		if n := len(all) - listed; n > 0 {
			fmt.Fprintf(&b, "  and %d more\n", n)
		}
		b.WriteString("\n")
	}
	if address != "" {
		fmt.Fprintf(&b, "%s/alerts\n", strings.TrimRight(address, "/"))
	}
	b.WriteString("What each code means, and what to do: docs/alerts.md. Nothing here is a value of anybody's data.\n")
	return b.String()
}
