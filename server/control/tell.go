package control

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/server/store"
)

// mostSecret bounds the secret that signs what an address gets, in bytes.
const mostSecret = 500

// CheckTell returns what is wrong with who is to hear of a test's ends. Where the name of an address leads
// is judged when it is told.
func (c *Control) CheckTell(t store.Test) error {
	err := errors.Join(checkCallback(t.Callback), c.checkMail(t.Mail))
	if t.Form != store.Form && t.Form != store.JSON {
		err = errors.Join(err, fmt.Errorf("form: want form or json, got %q", t.Form))
	}
	if t.Tell != store.EveryEnd && t.Tell != store.OnChange {
		err = errors.Join(err, fmt.Errorf("tell: want end or change, got %q", t.Tell))
	}
	if len(t.Secret) > mostSecret {
		err = errors.Join(err, fmt.Errorf("secret: want at most %d bytes", mostSecret))
	}
	if err != nil {
		return &InvalidError{err}
	}
	return nil
}

// checkCallback returns what is wrong with an address; "" is none.
func checkCallback(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("callback: want an address that begins with http:// or https://")
	}
	_, err = route.Host(u)
	return err
}

// mostMails bounds how many people hear of a test by mail.
const mostMails = 20

func (c *Control) checkMail(to string) error {
	if to == "" {
		return nil
	}
	if !c.Mails { // to take it and send nothing would be a lie
		return errors.New("callback_email: this server sends no mail: leave it out, name a callback, or start the server with --smtp")
	}
	all, err := mail.ParseAddressList(to)
	if err != nil || len(all) > mostMails {
		return fmt.Errorf("callback_email: want up to %d addresses such as team@shop.example, with commas between them", mostMails)
	}
	return nil
}
