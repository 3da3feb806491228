// Package api is the server's own API: hosts, tests, runs, schedules and deliveries as JSON, and tests as
// the scenarios that they are. openapi.yaml describes it, and tests hold it against that.
package api

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/store"
)

// API answers requests to /api.
type API struct {
	Control *control.Control
	// Base is the beginning of this server's own addresses, such as http://127.0.0.1:4510.
	Base string
	// Judged reads a run that has been judged.
	Judged func(context.Context, store.Run) (*result.Analysis, error)
	// Log hears of what is the server's own fault; it must not be nil.
	Log func(error)
}

//go:embed openapi.yaml
var description []byte

// route is an operation: what it does, and the code of its success.
type route struct {
	pattern string
	code    int
	do      func(*http.Request) (any, error)
}

func (a *API) routes() []route {
	return []route{
		{"GET /hosts", 200, a.hosts},
		{"POST /hosts", 201, a.addHost},
		{"GET /hosts/{host}", 200, a.host},
		{"DELETE /hosts/{host}", 204, a.deleteHost},
		{"POST /hosts/{host}/verify", 200, a.verifyHost},
		{"GET /tests", 200, a.tests},
		{"POST /tests", 201, a.addTest},
		{"GET /tests/{test}", 200, a.test},
		{"PATCH /tests/{test}", 200, a.changeTest},
		{"DELETE /tests/{test}", 204, a.deleteTest},
		{"GET /tests/{test}/scenario", 200, a.scenario},
		{"POST /tests/{test}/badge", 201, a.addBadge},
		{"DELETE /tests/{test}/badge", 204, a.deleteBadge},
		{"GET /tests/{test}/runs", 200, a.runsOf},
		{"POST /tests/{test}/runs", 202, a.addRun},
		{"GET /tests/{test}/schedules", 200, a.schedules},
		{"POST /tests/{test}/schedules", 201, a.addSchedule},
		{"GET /tests/{test}/deliveries", 200, a.deliveries},
		{"POST /tests/{test}/deliveries", 202, a.ping},
		{"GET /runs", 200, a.waiting},
		{"GET /runs/{run}", 200, a.run},
		{"POST /runs/{run}/stop", 202, a.stopRun},
		{"GET /runs/{run}/summary", 200, a.summary},
		{"GET /runs/{run}/live", 200, a.live},
		{"GET /compare", 200, a.compare},
		{"GET /fleet", 200, a.fleet},
		{"POST /fleet/calibrate", 202, a.calibrate},
		{"GET /schedules/{schedule}", 200, a.schedule},
		{"PUT /schedules/{schedule}", 200, a.changeSchedule},
		{"DELETE /schedules/{schedule}", 204, a.deleteSchedule},
		{"GET /deliveries/{delivery}", 200, a.delivery},
		{"POST /deliveries/{delivery}/redeliver", 202, a.redeliver},
	}
}

// prefix is where the operations are.
const prefix = "/api/v1"

// Handler serves the API, and its description at /api.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, o := range a.routes() {
		method, path, _ := strings.Cut(o.pattern, " ")
		mux.Handle(method+" "+prefix+path, a.answer(o.code, a.keyed(o.do)))
	}
	mux.Handle("/", a.answer(0, func(*http.Request) (any, error) { return nil, store.ErrNotFound }))
	mux.HandleFunc("GET /api", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		w.Write(description)
	})
	return mux
}

// file is an answer that is no JSON of this package.
type file struct {
	kind string
	text []byte
}

// stream is an answer that is written while things happen. The error is [control.ErrWatched], before
// anything is written, or the server's own.
type stream func(http.ResponseWriter, *http.Request) error

// fault is every answer that is none.
type fault struct {
	Error faultOf `json:"error"`
}

type faultOf struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// codeError is an error with a status code of its own.
type codeError struct {
	code int
	error
}

// mostBody bounds a body: a scenario is a page or two.
const mostBody = 1 << 20

// answer turns an operation into a handler of net/http.
func (a *API) answer(success int, do func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		v, err := do(r)
		code := success // of this answer alone
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if follow, ok := v.(stream); ok && err == nil {
			if err = follow(w, r); !errors.Is(err, control.ErrWatched) {
				if err != nil {
					a.Log(err)
				}
				return
			}
		}
		if err != nil {
			code, v = a.faultOf(err)
		}
		if f, ok := v.(file); ok {
			h.Set("Content-Type", f.kind)
			w.WriteHeader(code)
			w.Write(f.text) // whoever asked may have gone
			return
		}
		if v == nil {
			w.WriteHeader(code)
			return
		}
		h.Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(code)
		json.NewEncoder(w).Encode(v)
	})
}

// faultOf is what an error tells whoever asked. What is the server's own fault is told to its log.
func (a *API) faultOf(err error) (int, fault) {
	code := codeOf(err)
	message := err.Error()
	switch code {
	case http.StatusInsufficientStorage:
		a.Log(err)
		message = store.ErrFull.Error()
	case http.StatusInternalServerError:
		a.Log(err)
		message = "the server could not do it: its log says why"
	}
	return code, fault{faultOf{strings.ReplaceAll(strings.ToLower(http.StatusText(code)), " ", "_"), message}}
}

func codeOf(err error) int {
	var coded codeError
	switch {
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, new(*http.MaxBytesError)):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, store.ErrBusy), errors.Is(err, queue.ErrGoing), errors.Is(err, control.ErrCalibrating):
		return http.StatusConflict
	case store.Full(err):
		return http.StatusInsufficientStorage
	case errors.Is(err, control.ErrWatched):
		return http.StatusTooManyRequests
	case errors.As(err, new(*control.InvalidError)), errors.Is(err, control.ErrUnverified), errors.As(err, new(*compare.RefusedError)),
		errors.Is(err, compare.ErrNoneShared):
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

// keyed lets a request pass that brings a key of the store: the same as for loader.io's API.
func (a *API) keyed(do func(*http.Request) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		key := keyOf(r)
		ctx, known, err := a.Control.Keyed(r.Context(), key)
		switch {
		case err != nil:
			return nil, err
		case !known:
			return nil, codeError{http.StatusUnauthorized, errors.New("no valid API key: send one as Authorization: Bearer KEY")}
		}
		return do(r.WithContext(ctx))
	}
}

// keyOf is the key that a request brings, "" for none.
func keyOf(r *http.Request) string {
	if key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); bearer {
		return key
	}
	return r.Header.Get("Loaderio-Auth")
}

// read reads a body of JSON; a field that nobody knows is an error, for it would be forgotten.
func read(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	if err == nil || errors.As(err, new(*http.MaxBytesError)) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	return codeError{http.StatusBadRequest, fmt.Errorf("the body is not the JSON that is wanted: %w", err)}
}

// page is a part of a list.
type page[T any] struct {
	Items []T `json:"items"`
	// Next is the offset of the next page; there is none where this is the last.
	Next int `json:"next_offset,omitempty"`
}

// most and usual bound a page.
const (
	most  = 100
	usual = 50
)

// asked is which part of a list is asked for.
func asked(r *http.Request) (offset, limit int, err error) {
	number := func(name string, otherwise, least, most int) int {
		text := r.URL.Query().Get(name)
		if text == "" {
			return otherwise
		}
		n, nerr := strconv.Atoi(text)
		if nerr != nil || n < least || n > most {
			err = codeError{http.StatusBadRequest, fmt.Errorf("%s: want a number from %d to %d, got %q", name, least, most, text)}
		}
		return n
	}
	return number("offset", 0, 0, 1<<31-1), number("limit", usual, 1, most), err
}

// paged is a page of what f finds from an offset on, of which it is asked for one more than there is room.
func paged[T, V any](r *http.Request, view func(T) V, f func(offset, most int) ([]T, error)) (any, error) {
	offset, limit, err := asked(r)
	if err != nil {
		return nil, err
	}
	all, err := f(offset, limit+1)
	if err != nil {
		return nil, err
	}
	p := page[V]{Items: []V{}}
	if len(all) > limit {
		all, p.Next = all[:limit], offset+limit
	}
	for _, v := range all {
		p.Items = append(p.Items, view(v))
	}
	return p, nil
}

// within is a part of a list that is there as a whole.
func within[T any](all []T, err error) func(offset, most int) ([]T, error) {
	return func(offset, most int) ([]T, error) {
		all = all[min(offset, len(all)):]
		return all[:min(most, len(all))], err
	}
}
