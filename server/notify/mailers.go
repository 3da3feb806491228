package notify

import (
	"context"
	"errors"
	"net/url"

	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// ErrNoMail says that there is no mail server.
var ErrNoMail = errors.New("this server sends no mail: name a mail server under Settings, or start it with --smtp")

// Mailers are who sends mail: the mailer that the server was started with, or what its pages have set.
type Mailers struct {
	Given *Mailer // nil lets the pages set one
	Store *store.Store
	// Within are the networks in which a mail server may be that the pages name, beside public addresses.
	Within reach.Networks
}

// Now is the mailer of the moment. Without one the error is [ErrNoMail].
func (m *Mailers) Now(ctx context.Context) (*Mailer, error) {
	switch {
	case m == nil:
		return nil, ErrNoMail
	case m.Given != nil:
		return m.Given, nil
	}
	var set store.MailServer
	if err := m.Store.Setting(ctx, store.MailSetting, &set); err != nil {
		return nil, err
	}
	if set.Address == "" {
		return nil, ErrNoMail
	}
	return m.Of(set)
}

// Of is a mailer of a server that the pages name. The error says what is wrong with that.
func (m *Mailers) Of(set store.MailServer) (*Mailer, error) {
	u, err := url.Parse(set.Address)
	if err != nil || u.User != nil {
		return nil, errors.New("want an address such as smtp://mail.example:587, without a user")
	}
	if set.User != "" {
		u.User = url.User(set.User)
	}
	made, err := NewMailer(u.String(), set.Password, set.From)
	if err == nil {
		made.judge = m.Within.Judge
	}
	return made, err
}

// Try sends a mail that says nothing but that mail is sent.
func (m *Mailer) Try(ctx context.Context, to, base string) error {
	ctx, cancel := context.WithTimeout(ctx, mostTime)
	defer cancel()
	return m.send(ctx, store.NewID(), to, "stress sends mail", "Mail of this server arrives: "+base+"\n", "")
}
