package loaderio

import (
	"net/http"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/server/store"
)

// app is a host as loader.io has it.
type app struct {
	App    string `json:"app"`
	ID     string `json:"app_id"`
	Status string `json:"status"`
}

func appOf(h store.Host) app {
	status := "verified"
	if h.Verified.IsZero() {
		status = "unverified"
	}
	return app{h.Name, h.ID, status}
}

func (a *API) apps(r *http.Request, _ asked) (any, error) {
	hosts, err := a.Control.Store.Hosts(r.Context())
	list := []app{}
	for _, h := range hosts {
		list = append(list, appOf(h))
	}
	return list, err
}

func (a *API) app(r *http.Request, _ asked) (any, error) {
	h, err := a.Control.Store.Host(r.Context(), r.PathValue("app"))
	return appOf(h), err
}

func (a *API) addApp(r *http.Request, in asked) (any, error) {
	h, err := a.Control.AddHost(r.Context(), in.text("app"))
	return struct {
		Message      string `json:"message"`
		ID           string `json:"app_id"`
		Verification string `json:"verification_id"`
	}{"success", h.ID, ownership.TokenPrefix + h.ID}, err
}

func (a *API) deleteApp(r *http.Request, _ asked) (any, error) {
	return nil, a.Control.DeleteHost(r.Context(), r.PathValue("app"))
}

func (a *API) verifyApp(r *http.Request, _ asked) (any, error) {
	h, err := a.Control.Store.Host(r.Context(), r.PathValue("app"))
	if err != nil {
		return nil, err
	}
	h, err = a.Control.Prove(r.Context(), h)
	if h.Verified.IsZero() {
		return nil, &appError{h, err}
	}
	return struct {
		ID      string `json:"app_id"`
		Message string `json:"message"`
	}{h.ID, "success"}, err
}

// appError says why a host is not verified.
type appError struct {
	host store.Host
	err  error
}

func (e *appError) Error() string { return "can't verify domain " + e.host.Name + ": " + e.err.Error() }
