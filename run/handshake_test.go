package run

import (
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stress-tool/stress/scenarios"
)

// secured is a TLS server that speaks some protocols and tells which it was asked by.
func secured(t *testing.T, protocols ...string) (address string, spoken func() []string) {
	t.Helper()
	var mu sync.Mutex
	var all []string
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, r.Proto)
	}))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	srv.TLS.NextProtos = protocols
	return srv.URL, func() []string { mu.Lock(); defer mu.Unlock(); return all }
}

func measured(t *testing.T, sc *scenarios.Scenario, dir string) error {
	t.Helper()
	running, err := Start(t.Context(), sc, Options{Dir: dir, Guard: offline(t)})
	if err != nil {
		return err
	}
	_, err = running.Wait()
	return err
}

// The protocol is the scenario's choice, and else HTTP/1.1 wherever the server speaks it.
func TestTheProtocolOfATarget(t *testing.T) {
	both, one, two := []string{http2, http1}, []string{http1}, []string{http2}
	for _, c := range []struct {
		server        []string
		keys          string // of the target
		engine        string
		by, over      string
		note, refused string
	}{
		{both, "", "auto", "rawhttp", "HTTP/1.1", "a browser would have taken HTTP/2: http2: true", ""},
		{both, "", "nethttp", "nethttp", "HTTP/1.1", "a browser would have taken HTTP/2: http2: true", ""},
		{both, "http2: true, ", "auto", "nethttp", "HTTP/2.0", "", ""},
		{both, "http2: false, ", "auto", "rawhttp", "HTTP/1.1", "", ""},
		{one, "", "auto", "rawhttp", "HTTP/1.1", "", ""},
		{one, "http2: true, ", "auto", "nethttp", "HTTP/1.1", "over HTTP/1.1: its server does not offer HTTP/2", ""},
		{two, "", "auto", "nethttp", "HTTP/2.0", "over HTTP/2, as by a browser: its server offers nothing else", ""},
		{two, "", "nethttp", "nethttp", "HTTP/2.0", "over HTTP/2, as by a browser: its server offers nothing else", ""},
		{two, "", "rawhttp", "", "", "", "the server speaks HTTP/2 alone, and engine rawhttp HTTP/1.1: take engine: auto"},
		{nil, "", "auto", "rawhttp", "HTTP/1.1", "", ""},
	} {
		address, spoken := secured(t, c.server...)
		sc := scenario(t, fmt.Sprintf("engine: %s\nload: {type: clients-per-test, clients: 2, duration: 20ms}\nrequest: {path: /}\n"+
			"targets: [{name: page, insecure: true, %surl: %q}]\n", c.engine, c.keys, address))
		dir := filepath.Join(t.TempDir(), "run")
		err := measured(t, sc, dir)
		if c.refused != "" {
			var away *UnreachableError
			if !errors.As(err, &away) || away.Silent || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%v %q: %v, want %q", c.server, c.keys, err, c.refused)
			}
			continue
		} else if err != nil {
			t.Errorf("%v %q, engine %s: %v", c.server, c.keys, c.engine, err)
			continue
		}
		run, _ := stored(t, dir)
		if said := spoken(); run.Targets[0].Engine != c.by || len(said) != 2 || said[0] != c.over {
			t.Errorf("%v %q, engine %s: %s over %v, want %s over %s", c.server, c.keys, c.engine, run.Targets[0].Engine, said, c.by, c.over)
		}
		if notes := strings.Join(run.Notes, "\n"); strings.Contains(notes, "was loaded over") != (c.note != "") || !strings.Contains(notes, c.note) {
			t.Errorf("%v %q: notes %q, want %q", c.server, c.keys, notes, c.note)
		}
	}
}

// A certificate that no client would take is told before there is any load.
func TestAHandshakeThatFailsLeavesNothing(t *testing.T) {
	address, spoken := secured(t, http1)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for url, want := range map[string]string{
		address: "certificate signed by unknown authority",
		"https" + strings.TrimPrefix(plain.URL, "http"): "first record does not look like a TLS handshake",
	} {
		sc := scenario(t, fmt.Sprintf("load: {type: clients-per-test, clients: 2, duration: 20ms}\nrequest: {path: /}\ntargets: [{name: page, url: %q}]\n", url))
		dir := filepath.Join(t.TempDir(), "run")
		err := measured(t, sc, dir)
		var away *UnreachableError
		if !errors.As(err, &away) || away.Silent || !strings.Contains(err.Error(), "target page: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) || len(spoken()) > 0 {
			t.Errorf("%s: a directory, %v, or requests, %v", url, err, spoken())
		}
	}
}
