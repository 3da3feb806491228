package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// hostView is a host with how many tests load it.
type hostView struct {
	store.Host
	Tests int
}

func (s *Site) home(r *http.Request) (reply, error) {
	hosts, err := s.Control.Store.Hosts(r.Context())
	if err == nil && len(hosts) > 0 {
		return goTo("tests")
	}
	return goTo("hosts")
}

func (s *Site) hosts(r *http.Request) (reply, error) { return s.hostList(r, "", nil) }

// hostList is the page of all hosts; fault says why name cannot be added.
func (s *Site) hostList(r *http.Request, name string, fault error) (reply, error) {
	hosts, err := s.Control.Store.Hosts(r.Context())
	if err != nil {
		return reply{}, err
	}
	tests, err := s.Control.Store.Tests(r.Context(), false)
	if err != nil {
		return reply{}, err
	}
	of := map[string]int{}
	for _, t := range tests {
		of[t.Host]++
	}
	v := struct {
		Hosts       []hostView
		Name, Fault string
		Lab         bool
	}{Name: name, Lab: s.Control.Lab != nil}
	for _, h := range hosts {
		v.Hosts = append(v.Hosts, hostView{h, of[h.ID]})
	}
	out := reply{page: "hosts", title: "Hosts"}
	if fault != nil {
		v.Fault, out.code = fault.Error(), http.StatusUnprocessableEntity
	}
	out.data = v
	return out, nil
}

// try runs the example.
func (s *Site) try(r *http.Request) (reply, error) {
	t, run, err := s.Control.Try(r.Context())
	if err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "results", run.ID)
}

func (s *Site) addHost(r *http.Request) (reply, error) {
	name := strings.TrimSpace(r.PostForm.Get("name"))
	h, err := s.Control.AddHost(r.Context(), name)
	if invalid(err) {
		return s.hostList(r, name, err)
	}
	if err != nil {
		return reply{}, err
	}
	return s.proved(r, h)
}

func (s *Site) host(r *http.Request) (reply, error) {
	h, err := s.Control.Store.Host(r.Context(), r.PathValue("host"))
	if err != nil {
		return reply{}, err
	}
	return hostPage(h, nil), nil
}

// hostPage is a host and what it must serve; unproven says where that was looked for.
func hostPage(h store.Host, unproven error) reply {
	v := struct {
		store.Host
		Token, Digits string
		Tried         []string
	}{Host: h, Token: ownership.TokenPrefix + h.ID, Digits: h.ID}
	out := reply{page: "host", title: h.Name}
	if unproven != nil {
		v.Tried, out.code = lookedFor(unproven), http.StatusUnprocessableEntity
	}
	out.data = v
	return out
}

// lookedFor are sentences of where the token of a host was looked for, and what was found there. What is the
// same for HTTP and HTTPS is said once.
func lookedFor(err error) (all []string) {
	say := func(sentence string) {
		if !slices.Contains(all, sentence) {
			all = append(all, sentence)
		}
	}
	var unverified *ownership.UnverifiedError
	if several, joined := err.(interface{ Unwrap() []error }); joined {
		for _, one := range several.Unwrap() {
			for _, sentence := range lookedFor(one) {
				say(sentence)
			}
		}
	} else if errors.As(err, &unverified) {
		say(words.Sentence(unverified.Host + " is public, and " + unverified.Address.Addr().String() + " does not prove that it is yours"))
		for _, a := range unverified.Tried {
			say(words.Sentence("Looked at " + a.Where + ", and found: " + a.Found))
		}
	} else if err != control.ErrUnverified { // which the page says
		say(words.Sentence(err.Error()))
	}
	return all
}

func (s *Site) verifyHost(r *http.Request) (reply, error) {
	h, err := s.Control.Store.Host(r.Context(), r.PathValue("host"))
	if err != nil {
		return reply{}, err
	}
	return s.proved(r, h)
}

// proved looks whether a host may be loaded, and shows the answer.
func (s *Site) proved(r *http.Request, h store.Host) (reply, error) {
	h, err := s.Control.Prove(r.Context(), h)
	if h.Verified.IsZero() {
		return hostPage(h, err), nil
	}
	if err != nil {
		return reply{}, err
	}
	return goTo("hosts", h.ID)
}

func (s *Site) deleteHost(r *http.Request) (reply, error) {
	if err := s.Control.DeleteHost(r.Context(), r.PathValue("host")); err != nil {
		return reply{}, err
	}
	return goTo("hosts")
}
