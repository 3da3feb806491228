package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/server/account"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/peer"
	"github.com/stress-tool/stress/server/store"
)

// settingsView is a page of the settings. What is secret is shown once, when it is made, or not at all.
type settingsView struct {
	Part   string // of the settings, which their navigation marks
	Name   string // that was typed
	Faults map[string]string
	Done   string // what was done a moment ago
	Made   string // a key, which nobody sees again
	Data   any
}

// settingsPage is a part of the settings. With faults it is the answer to a form.
func settingsPage(part, title string, v settingsView) reply {
	v.Part = part
	out := reply{page: part, title: title, data: v}
	if len(v.Faults) > 0 {
		out.code = http.StatusUnprocessableEntity
	}
	return out
}

func (s *Site) settings(*http.Request) (reply, error) { return goTo("settings", "keys") }

func (s *Site) keys(r *http.Request) (reply, error) { return s.keysWith(r, settingsView{}) }

func (s *Site) keysWith(r *http.Request, v settingsView) (out reply, err error) {
	v.Data, err = s.Control.Store.Keys(r.Context())
	return settingsPage("keys", "API keys", v), err
}

func (s *Site) addKey(r *http.Request) (reply, error) {
	v := settingsView{Name: strings.TrimSpace(r.PostForm.Get("name"))}
	key, err := s.Control.AddKey(r.Context(), v.Name)
	if invalid(err) || errors.Is(err, store.ErrTaken) {
		v.Faults = map[string]string{"name": err.Error()}
		return s.keysWith(r, v)
	}
	if err != nil {
		return reply{}, err
	}
	v.Made = key
	return s.keysWith(r, v)
}

func (s *Site) revokeKey(r *http.Request) (reply, error) {
	if err := s.Control.Store.DeleteKey(r.Context(), r.PostForm.Get("name"), control.By(r.Context())); err != nil {
		return reply{}, err
	}
	return goTo("settings", "keys")
}

// accountsView is the page of accounts.
type accountsView struct {
	All []store.Account
	Own string // the account that is logged in, "" for none
}

func (s *Site) accounts(r *http.Request) (reply, error) { return s.accountsWith(r, settingsView{}) }

func (s *Site) accountsWith(r *http.Request, v settingsView) (reply, error) {
	all, err := s.Control.Store.Accounts(r.Context())
	v.Data = accountsView{all, peer.Of(r.Context()).Name}
	return settingsPage("accounts", "Accounts", v), err
}

func (s *Site) addAccount(r *http.Request) (reply, error) {
	v := settingsView{Name: strings.TrimSpace(r.PostForm.Get("name"))}
	err := s.Door.Add(r.Context(), v.Name, r.PostForm.Get("password"), control.By(r.Context()))
	if errors.As(err, new(*account.InvalidError)) || errors.Is(err, store.ErrTaken) {
		v.Faults = map[string]string{"new": err.Error()}
		return s.accountsWith(r, v)
	}
	if err != nil {
		return reply{}, err
	}
	return goTo("settings", "accounts")
}

func (s *Site) removeAccount(r *http.Request) (reply, error) {
	err := s.Door.Remove(r.Context(), r.PostForm.Get("name"), control.By(r.Context()))
	if errors.Is(err, store.ErrLast) {
		return s.accountsWith(r, settingsView{Faults: map[string]string{"remove": "it is the last account, and without one everybody would come in: make another one first, or stop the server and type stress serve --remove-user"}})
	}
	if err != nil {
		return reply{}, err
	}
	return goTo("settings", "accounts")
}

func (s *Site) changePassword(r *http.Request) (reply, error) {
	name := peer.Of(r.Context()).Name
	if name == "" {
		return reply{}, store.ErrNotFound
	}
	err := s.Door.Change(r.Context(), name, r.PostForm.Get("present"), r.PostForm.Get("password"), tokenOf(r), control.By(r.Context()))
	var wait *account.WaitError
	switch {
	case errors.Is(err, account.ErrWrong):
		return s.accountsWith(r, settingsView{Faults: map[string]string{"present": "it is another one"}})
	case errors.As(err, new(*account.InvalidError)):
		return s.accountsWith(r, settingsView{Faults: map[string]string{"password": err.Error()}})
	case errors.As(err, &wait):
		return s.accountsWith(r, settingsView{Faults: map[string]string{"present": wait.Error()}})
	case err != nil:
		return reply{}, err
	}
	return s.accountsWith(r, settingsView{Done: "Your password is changed. Every other place where you were logged in has to log in again."})
}

// mostLines is how many lines a page of the audit shows.
const mostLines = 100

// auditView is a page of the audit.
type auditView struct {
	Lines     []store.Line
	Skip, Old int // lines before these; where the older ones begin, 0 for none
	New       int // where the newer ones begin
}

func (s *Site) audit(r *http.Request) (reply, error) {
	skip, _ := strconv.Atoi(r.URL.Query().Get("from")) // without one it is the newest
	v := auditView{Skip: max(0, skip)}
	lines, err := s.Control.Store.Audit(r.Context(), v.Skip, mostLines+1)
	if len(lines) > mostLines {
		lines, v.Old = lines[:mostLines], v.Skip+mostLines
	}
	v.Lines, v.New = lines, max(0, v.Skip-mostLines)
	return settingsPage("audit", "Audit", settingsView{Data: v}), err
}

// tokens are what hosts show to prove whose they are.
func (s *Site) tokens(r *http.Request) (out reply, err error) {
	var v settingsView
	v.Data, err = s.Control.Store.Hosts(r.Context())
	return settingsPage("tokens", "Verification tokens", v), err
}
