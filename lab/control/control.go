// Package control lets somebody else change what only a lab itself can change: how fast its
// replicas are, or whether a machine has power. It is asked by HTTP: GET / lists all, GET
// /KIND/ID is what one is now, and PUT /KIND/ID with a value as its body makes it that.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Knob is something that can be changed, and changed back.
type Knob struct {
	Value func() string
	// Set makes it something else; an [*ImpossibleError] is of a value that there is not.
	Set func(ctx context.Context, value string) error
}

// ImpossibleError says that a value is none.
type ImpossibleError struct{ Value, Want string }

func (e *ImpossibleError) Error() string { return fmt.Sprintf("%q is not %s", e.Value, e.Want) }

// maxValue bounds a value, in bytes.
const maxValue = 100

// Server answers those who change a lab.
type Server struct {
	http   *http.Server
	served sync.WaitGroup
}

// Serve answers on a listener until the server is closed. The keys of knobs are KIND/ID.
func Serve(l net.Listener, knobs map[string]Knob) *Server {
	s := &Server{http: &http.Server{Handler: handler(knobs), ReadHeaderTimeout: 10 * time.Second}}
	s.served.Go(func() { _ = s.http.Serve(l) }) // ends with Close
	return s
}

// Close ends the server. A nil server was never started.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	err := s.http.Close()
	s.served.Wait()
	return err
}

func handler(knobs map[string]Knob) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(slices.Sorted(maps.Keys(knobs))) // the client went away
	})
	one := func(do func(w http.ResponseWriter, r *http.Request, k Knob)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			k, there := knobs[r.PathValue("kind")+"/"+r.PathValue("id")]
			if !there {
				http.Error(w, "this lab has none", http.StatusNotFound)
				return
			}
			do(w, r, k)
		}
	}
	m.HandleFunc("GET /{kind}/{id}", one(func(w http.ResponseWriter, _ *http.Request, k Knob) { io.WriteString(w, k.Value()) }))
	m.HandleFunc("PUT /{kind}/{id}", one(set))
	return m
}

// set makes a knob what the body says.
func set(w http.ResponseWriter, r *http.Request, k Knob) {
	value, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxValue))
	if err == nil {
		err = k.Set(context.WithoutCancel(r.Context()), string(value))
	}
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.As(err, new(*ImpossibleError)):
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
