package control

import (
	"context"
	"errors"
	"net/mail"

	"github.com/stress-tool/stress/server/notify"
	"github.com/stress-tool/stress/server/store"
)

// MailView is how mail is sent, without what is secret in it.
type MailView struct {
	Address, User, From string
	Password            bool // one is kept
	Given               bool // the server was started with it: pages cannot change it
	On                  bool // mail is sent
}

// Mail is how mail is sent.
func (c *Control) Mail(ctx context.Context) (v MailView, err error) {
	if c.Mailers != nil && c.Mailers.Given != nil {
		return MailView{Given: true, On: true}, nil
	}
	var set store.MailServer
	err = c.Store.Setting(ctx, store.MailSetting, &set)
	return MailView{Address: set.Address, User: set.User, From: set.From, Password: set.Password != "", On: set.Address != "" && c.Mailers != nil}, err
}

// SetMail keeps how mail is sent; an empty address sends none. An empty password leaves the one that is kept,
// for the same server and user alone: another server would be told it otherwise.
func (c *Control) SetMail(ctx context.Context, asked store.MailServer) error {
	var set store.MailServer
	if err := c.Store.Setting(ctx, store.MailSetting, &set); err != nil {
		return err
	}
	switch {
	case c.Mailers == nil || c.Mailers.Given != nil:
		return &InvalidError{Field: "address", Err: errors.New("the server was started with --smtp, which says how mail is sent")}
	case asked.Address == "":
		asked = store.MailServer{}
	case asked.User != "" && asked.Password == "" && asked.Address == set.Address && asked.User == set.User:
		asked.Password = set.Password
	case asked.User != "" && asked.Password == "" && set.Password != "":
		return &InvalidError{Field: "password", Err: errors.New("type it anew: what is kept is for another server or user, and goes to no other")}
	}
	if asked.Address != "" {
		if _, err := c.Mailers.Of(asked); err != nil {
			return &InvalidError{Field: "address", Err: err}
		}
	}
	return c.Store.Set(ctx, store.MailSetting, asked, By(ctx), store.MailChanged)
}

// TryMail sends a mail to an address. The error says what the mail server had against it.
func (c *Control) TryMail(ctx context.Context, to, base string) error {
	if _, err := mail.ParseAddress(to); err != nil {
		return &InvalidError{Field: "to", Err: errors.New("want one address such as you@shop.example")}
	}
	m, err := c.Mailers.Now(ctx)
	if err == nil {
		err = m.Try(ctx, to, base)
	}
	if err != nil {
		return &InvalidError{Field: "to", Err: err}
	}
	return nil
}

// sendsMail reports that there is a mail server.
func (c *Control) sendsMail(ctx context.Context) error {
	_, err := c.Mailers.Now(ctx)
	if errors.Is(err, notify.ErrNoMail) {
		return wrong("callback_email", "%w", err)
	}
	return err
}
