package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/server/store"
)

// Mailer sends mail through one server.
type Mailer struct {
	host     string
	port     int
	user     string
	password string
	implicit bool // TLS from the first byte on; otherwise by STARTTLS
	clear    bool // without TLS
	from     string
	tls      *tls.Config            // nil is the system's
	judge    func(netip.Addr) error // of the addresses that the server may have; nil lets it have any
}

// NewMailer is one of a server's address: smtp://USER@HOST:587 asks for STARTTLS and goes no further
// without, smtps://USER@HOST:465 has TLS from the first byte on, and smtp+clear://127.0.0.1:25 none, for
// a server of this machine. from is the sender.
func NewMailer(address, password, from string) (*Mailer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" {
		return nil, errors.New("want an address such as smtp://user@mail.example:587") // the error would repeat a password
	}
	if _, set := u.User.Password(); set {
		return nil, errors.New("the password does not belong in the address, which others of this machine see")
	}
	m := &Mailer{host: u.Hostname(), user: u.User.Username(), password: password, from: from}
	port := ""
	switch u.Scheme {
	case "smtp":
		port = "587"
	case "smtps":
		m.implicit, port = true, "465"
	case "smtp+clear":
		m.clear, port = true, "25"
	default:
		return nil, fmt.Errorf("want smtp:// for STARTTLS, smtps:// for TLS from the first byte on, or smtp+clear:// for none, got %q", u.Scheme)
	}
	if m.port, err = strconv.Atoi(cmp.Or(u.Port(), port)); err != nil {
		return nil, fmt.Errorf("port %q is no number", u.Port())
	}
	if m.clear && m.user != "" {
		return nil, errors.New("a password would go in clear: take smtp:// or smtps://")
	}
	if (m.user == "") != (password == "") {
		return nil, errors.New("a user wants a password, and a password a user")
	}
	if _, err := mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("sender %q: want an address such as stress@shop.example", from)
	}
	return m, nil
}

// client is a client of the server for one message.
func (m *Mailer) client() (*gomail.Client, error) {
	o := []gomail.Option{gomail.WithPort(m.port), gomail.WithTimeout(mostTime), gomail.WithoutNoop()}
	switch {
	case m.implicit:
		o = append(o, gomail.WithSSL())
	case m.clear:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if m.tls != nil {
		o = append(o, gomail.WithTLSConfig(m.tls))
	}
	auth := gomail.SMTPAuthAutoDiscover
	if m.judge != nil {
		o = append(o, gomail.WithDialContextFunc(m.dial))
		if m.implicit { // the client does not know of the TLS that it has not made, and would discover none
			auth = gomail.SMTPAuthPlain
		}
	}
	if m.user != "" {
		o = append(o, gomail.WithSMTPAuth(auth), gomail.WithUsername(m.user), gomail.WithPassword(m.password))
	}
	return gomail.NewClient(m.host, o...)
}

// dial connects to the server where its address may be that.
func (m *Mailer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: mostTime, Control: judged(m.judge)}
	if m.implicit {
		return (&tls.Dialer{NetDialer: &d, Config: m.tls}).DialContext(ctx, network, address)
	}
	return d.DialContext(ctx, network, address)
}

// mostSubject bounds a subject, in characters.
const mostSubject = 150

// subject names the verdict first: that is what a list of mails shows.
func subject(d store.Delivery, t store.Test, r store.Run) string {
	verdict := string(r.Verdict())
	switch {
	case d.Run == "":
		verdict = "PING"
	case verdict == "":
		verdict = "NOT MEASURED"
	}
	return plain.Clip(verdict+": "+plain.Line(t.Name), mostSubject)
}

// mail sends one mail. Its Message-ID is the delivery's, so that a reader's program drops one that comes
// twice.
func (n *Notifier) mail(ctx context.Context, d store.Delivery, t store.Test, r store.Run) error {
	m, err := n.Mailers.Now(ctx)
	if err != nil {
		return err
	}
	text, html, err := n.letter(ctx, d, t, r)
	if err != nil {
		return err
	}
	return m.send(ctx, d.ID, d.Address, subject(d, t, r), text, html)
}

// send sends one mail; html may be "". The error holds no password.
func (m *Mailer) send(ctx context.Context, id, to, subject, text, html string) error {
	msg := gomail.NewMsg()
	if err := errors.Join(msg.From(m.from), msg.ToFromString(to)); err != nil {
		return err
	}
	msg.SetMessageIDWithValue(id + "@" + m.domain())
	msg.SetDate()
	msg.Subject(subject)
	msg.SetGenHeader(IDHeader, id)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers of absence
	msg.SetBodyString(gomail.TypeTextPlain, text)
	if html != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, html)
	}
	client, err := m.client()
	if err != nil {
		return err
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return errors.New(m.hidden(err.Error()))
	}
	return nil
}

// hidden is a text without the password.
func (m *Mailer) hidden(s string) string {
	if m.password == "" {
		return s
	}
	return strings.ReplaceAll(s, m.password, "(password)")
}

// domain is the sender's.
func (m *Mailer) domain() string {
	a, err := mail.ParseAddress(m.from)
	if err != nil {
		return m.host
	}
	return a.Address[strings.LastIndexByte(a.Address, '@')+1:]
}

// letter is what a mail says, as text and, where there is a report, as HTML.
func (n *Notifier) letter(ctx context.Context, d store.Delivery, t store.Test, r store.Run) (text, html string, err error) {
	if d.Run == "" {
		return fmt.Sprintf("Somebody asked for a mail, to see that it arrives. When a run of %s ends there is one with its verdict.\n", plain.Line(t.Name)), "", nil
	}
	if r.Summary == nil {
		return fmt.Sprintf("%s did not get as far as a result.\n\n%s\n", plain.Line(t.Name), cmp.Or(r.Problem, "Nothing was measured.")), "", nil
	}
	a, err := n.Judged(ctx, r)
	if err != nil {
		return "", "", err
	}
	var asText, asHTML bytes.Buffer
	if err := report.Formats["text"](&asText, a, report.Options{Width: 78}); err != nil {
		return "", "", err
	}
	page := n.page(r)
	if page != "" {
		fmt.Fprintf(&asText, "\n%s\n", page)
	}
	err = report.Mail(&asHTML, a, page)
	return asText.String(), asHTML.String(), err
}
