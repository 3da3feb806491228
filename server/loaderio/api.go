// Package loaderio is loader.io's API v2: programs that were written for it work after a change of the
// base address. What it knows beyond loader.io stands in fields of its own, named stress.
//
// Where loader.io's documentation and its clients differ, both are served. data_sent and data_received
// are the load's: what it sent and what came back.
package loaderio

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// API answers requests to /v2/.
type API struct {
	Control *control.Control
	// Addresses are those that load comes from, for firewalls.
	Addresses []string
	// Base is the beginning of this server's own addresses, such as http://127.0.0.1:4510.
	Base string
	// Log hears of what is the server's own fault; it must not be nil.
	Log func(error)
}

// Handler serves the API.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	keyed := func(pattern string, h handler) { mux.Handle(pattern, a.answer(a.authorized(h))) }
	keyed("GET /v2/apps", a.apps)
	keyed("POST /v2/apps", a.addApp)
	keyed("GET /v2/apps/{app}", a.app)
	keyed("DELETE /v2/apps/{app}", a.deleteApp)
	keyed("POST /v2/apps/{app}/verify", a.verifyApp)
	keyed("POST /v2/apps/{app}", a.verifyApp) // as the npm package loader.io.api does
	keyed("GET /v2/tests", a.tests)
	keyed("POST /v2/tests", a.addTest)
	keyed("GET /v2/tests/{test}", a.test)
	keyed("PUT /v2/tests/{test}/run", a.runTest)
	keyed("PUT /v2/tests/{test}/stop", a.stopTest)
	keyed("GET /v2/tests/{test}/results", a.results)
	keyed("GET /v2/tests/{test}/results/{result}", a.result)
	keyed("GET /v2/servers", a.servers)
	mux.Handle("POST /v2/tests/{test}/token/{token}/run", a.answer(a.runByToken))
	mux.Handle("/v2/", a.answer(func(*http.Request, asked) (any, error) { return nil, store.ErrNotFound }))
	return mux
}

// handler answers a request with what becomes its JSON, nil for none.
type handler func(r *http.Request, in asked) (any, error)

// fault is an answer that says what is wrong.
type fault struct {
	App     string   `json:"app_id,omitempty"` // of one that is about a host
	Message string   `json:"message"`
	Errors  []string `json:"errors"`
}

// codeError is an error with a status code of its own.
type codeError struct {
	code int
	error
}

// answer turns a handler into one of net/http.
func (a *API) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := read(w, r)
		var v any
		if err == nil {
			v, err = h(r, in)
		}
		code := http.StatusOK
		if err != nil {
			code = a.codeOf(err)
			v = a.faultOf(err, code)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		if v != nil {
			json.NewEncoder(w).Encode(v) // whoever asked may have gone
		}
	})
}

// faultOf is what an error tells whoever asked. What is the server's own fault is told to its log.
func (a *API) faultOf(err error, code int) fault {
	f := fault{Message: "error", Errors: strings.Split(err.Error(), "\n")}
	var app *appError
	switch {
	case code == http.StatusInsufficientStorage:
		a.Log(err)
		f.Errors = []string{store.ErrFull.Error()}
	case code == http.StatusInternalServerError:
		a.Log(err)
		f.Errors = []string{"the server could not do it: its log says why"}
	case errors.As(err, &app):
		f.App = app.host.ID
	}
	return f
}

func (a *API) codeOf(err error) int {
	var coded codeError
	switch {
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound
	case store.Full(err):
		return http.StatusInsufficientStorage
	case errors.As(err, new(*control.InvalidError)), errors.Is(err, control.ErrUnverified), errors.Is(err, store.ErrBusy), errors.As(err, new(*appError)):
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

// authorized lets a request pass that brings a key of the store, in a header or a parameter.
func (a *API) authorized(h handler) handler {
	return func(r *http.Request, in asked) (any, error) {
		key := r.Header.Get("Loaderio-Auth")
		if key == "" {
			key = r.URL.Query().Get("api_key")
		}
		if key == "" {
			key = in.text("api_key")
		}
		ctx, known, err := a.Control.Keyed(r.Context(), key)
		switch {
		case err != nil:
			return nil, err
		case !known:
			return nil, codeError{http.StatusUnauthorized, errors.New("no valid API key: send one in the header loaderio-auth, or as api_key")}
		}
		return h(r.WithContext(ctx), in)
	}
}

// servers are the addresses that load comes from. Those of agents a broker does not tell: of these there are the
// names.
func (a *API) servers(r *http.Request, _ asked) (any, error) {
	type beyond struct {
		Agents []string `json:"agents"`
	}
	v := struct {
		Addresses []string `json:"ip_addresses"`
		Beyond    *beyond  `json:"stress,omitempty"`
	}{Addresses: append([]string{}, a.Addresses...)}
	if who := a.Control.Who(r.Context()); who != nil && who.Roster != nil {
		v.Beyond = &beyond{[]string{}}
		for _, one := range who.Agents {
			v.Beyond.Agents = append(v.Beyond.Agents, one.Name)
		}
	}
	return v, nil
}
