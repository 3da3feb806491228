package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// The fields of how mail is sent; their Keys are those of [control.InvalidError].
var (
	mailInputs = []input{
		{ID: "address", Label: "Mail server", Hint: "smtp://mail.example:587 for STARTTLS, smtps://mail.example for TLS from the first byte on; empty sends no mail", Kind: "text", Keys: []string{"address"}},
		{ID: "user", Label: "User", Hint: "empty is none", Kind: "text"},
		{ID: "password", Label: "Password", Kind: "password", Keys: []string{"password"}},
		{ID: "from", Label: "Sender", Hint: "such as stress@shop.example", Kind: "text"},
	}
	tryInputs = []input{{ID: "to", Label: "Send a mail to try it", Hint: "such as you@shop.example", Kind: "text", Keys: []string{"to"}}}
)

// mailData is the page of how mail is sent.
type mailData struct {
	control.MailView
	Inputs, Try []input
}

func (s *Site) mail(r *http.Request) (reply, error) { return s.mailWith(r, draft{}, draft{}, "") }

// mailWith is the page with what was typed in one of its forms; a draft without values is none.
func (s *Site) mailWith(r *http.Request, d, try draft, done string) (reply, error) {
	how, err := s.Control.Mail(r.Context())
	if err != nil {
		return reply{}, err
	}
	if d.values == nil {
		d.values = url.Values{"address": {how.Address}, "user": {how.User}, "from": {how.From}}
	}
	v := mailData{how, filled(mailInputs, d), filled(tryInputs, try)}
	for i := range v.Inputs {
		if f := &v.Inputs[i]; f.ID == "password" {
			if f.Hint = "none is set"; how.Password {
				f.Hint = "one is set, and never shown; leave this empty to keep it"
			}
		}
	}
	out := settingsPage("mail", "Mail", settingsView{Data: v, Done: done})
	if len(d.faults)+len(try.faults) > 0 {
		out.code = http.StatusUnprocessableEntity
	}
	return out, nil
}

func (s *Site) saveMail(r *http.Request) (reply, error) {
	at := func(id string) string { return strings.TrimSpace(r.PostForm.Get(id)) }
	err := s.Control.SetMail(r.Context(), store.MailServer{Address: at("address"), User: at("user"), Password: r.PostForm.Get("password"), From: at("from")})
	if invalid(err) {
		return s.mailWith(r, draft{values: r.PostForm, faults: faultsAt(err, mailInputs)}, draft{}, "")
	}
	if err != nil {
		return reply{}, err
	}
	return s.mailWith(r, draft{}, draft{}, "It is kept.")
}

func (s *Site) tryMail(r *http.Request) (reply, error) {
	err := s.Control.TryMail(r.Context(), strings.TrimSpace(r.PostForm.Get("to")), s.Base)
	if invalid(err) {
		return s.mailWith(r, draft{}, draft{values: r.PostForm, faults: faultsAt(err, tryInputs)}, "")
	}
	if err != nil {
		return reply{}, err
	}
	return s.mailWith(r, draft{}, draft{}, "The mail server has taken a mail. Whether it arrives, your mailbox says.")
}
