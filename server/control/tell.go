package control

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/server/store"
)

// mostSecret bounds the secret that signs what an address gets, in bytes.
const mostSecret = 500

// CheckTell returns what is wrong with who is to hear of a test's ends: an [InvalidError] for each field.
// Where the name of an address leads is judged when it is told.
func (c *Control) CheckTell(ctx context.Context, t store.Test) error {
	err := errors.Join(checkCallback(t.Callback), c.checkMail(ctx, t.Mail))
	if t.Form != store.Form && t.Form != store.JSON {
		err = errors.Join(err, wrong("form", "want form or json, got %q", t.Form))
	}
	if t.Tell != store.EveryEnd && t.Tell != store.OnChange {
		err = errors.Join(err, wrong("tell", "want end or change, got %q", t.Tell))
	}
	if len(t.Secret) > mostSecret {
		err = errors.Join(err, wrong("secret", "want at most %d bytes", mostSecret))
	}
	return err
}

func wrong(field, format string, args ...any) error {
	return &InvalidError{Field: field, Err: fmt.Errorf(format, args...)}
}

// checkCallback returns what is wrong with an address; "" is none.
func checkCallback(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return wrong("callback", "want an address that begins with http:// or https://")
	}
	if _, err := route.Host(u); err != nil {
		return &InvalidError{Field: "callback", Err: err}
	}
	return nil
}

// mostMails bounds how many people hear of a test by mail.
const mostMails = 20

func (c *Control) checkMail(ctx context.Context, to string) error {
	if to == "" {
		return nil
	}
	if err := c.sendsMail(ctx); err != nil { // to take it and send nothing would be a lie
		return err
	}
	all, err := mail.ParseAddressList(to)
	if err != nil || len(all) > mostMails {
		return wrong("callback_email", "want up to %d addresses such as team@shop.example, with commas between them", mostMails)
	}
	return nil
}

// Ping lets everybody who hears of a test get a ping, so that whoever set that up sees it arrive.
func (c *Control) Ping(ctx context.Context, t store.Test) error {
	if t.Callback == "" && t.Mail == "" {
		return &InvalidError{Err: errors.New("nobody is told of this test: name an address or a mail first")}
	}
	return c.Store.Ping(ctx, t.ID, time.Now())
}

// longPart is how many characters a part of a path has that may be a token: services of chat have theirs
// there, and names that people read are shorter.
const longPart = 20

// PublicAddress is an address without what may be secret in it.
func PublicAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	parts := strings.Split(u.Path, "/")
	for i, part := range parts {
		if len(part) >= longPart {
			parts[i] = "…"
		}
	}
	u.Path, u.RawPath = strings.Join(parts, "/"), ""
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	if u.Fragment != "" {
		u.Fragment = "…"
	}
	shown := u.Redacted()
	return strings.ReplaceAll(shown, "%E2%80%A6", "…")
}
