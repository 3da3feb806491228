package api

import (
	"net/http"
	"time"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

type host struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Token   string    `json:"token"` // that a public host must serve
	Created time.Time `json:"created"`
	// Verified is when it last proved whose it is; there is none before.
	Verified *time.Time `json:"verified,omitempty"`
}

func hostOf(h store.Host) host {
	return host{h.ID, h.Name, ownership.TokenPrefix + h.ID, h.Created, given(h.Verified)}
}

// given is an instant, nil for none.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *API) hosts(r *http.Request) (any, error) {
	return paged(r, hostOf, within(a.Control.Store.Hosts(r.Context())))
}

func (a *API) addHost(r *http.Request) (any, error) {
	var in struct {
		Name string `json:"name"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	h, err := a.Control.AddHost(r.Context(), in.Name)
	return hostOf(h), err
}

func (a *API) host(r *http.Request) (any, error) {
	h, err := a.Control.Store.Host(r.Context(), r.PathValue("host"))
	return hostOf(h), err
}

func (a *API) deleteHost(r *http.Request) (any, error) {
	return nil, a.Control.DeleteHost(r.Context(), r.PathValue("host"))
}

func (a *API) verifyHost(r *http.Request) (any, error) {
	h, err := a.Control.Store.Host(r.Context(), r.PathValue("host"))
	if err != nil {
		return nil, err
	}
	h, err = a.Control.Prove(r.Context(), h)
	if err != nil && h.Verified.IsZero() {
		return nil, &control.InvalidError{Err: err}
	}
	return hostOf(h), err
}
