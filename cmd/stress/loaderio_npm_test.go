package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// through passes requests on to a server, and notes them and the answers to them.
func through(t *testing.T, server string) (base string, transcript func() string) {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var notes strings.Builder
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = func(answer *http.Response) error {
		body, err := io.ReadAll(answer.Body)
		answer.Body = io.NopCloser(bytes.NewReader(body))
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&notes, "← %d %.300s\n", answer.StatusCode, bytes.TrimSpace(body))
		return err
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		mu.Lock()
		fmt.Fprintf(&notes, "%s %s %s\n", r.Method, r.RequestURI, body)
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() string {
		mu.Lock()
		defer mu.Unlock()
		return notes.String()
	}
}

// The npm package loader.io.api 2.0.3 does its work, unchanged, against `stress serve`: a host, its
// verification, a test, its run, its result, a gate on it.
func TestTheNpmPackageWorksUnchanged(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skipf("!!! LEFT OUT: %v: make packages", err)
	}
	at, err := filepath.Abs(filepath.Join("..", "..", ".tools", "npm", "loader.io.api"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(at, "package.json")); err != nil || !strings.Contains(string(text), `"version": "2.0.3"`) {
		t.Skipf("!!! LEFT OUT: no loader.io.api 2.0.3: %v: make readers", err)
	}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.NotFound(w, r)
		}
	}))
	defer target.Close()
	s := startServer(t, filepath.Join(t.TempDir(), "data"), "")
	defer s.end()
	base, transcript := through(t, strings.TrimSuffix(s.api, "/v2/"))
	cmd := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "loaderio.mjs"), at, base, s.key, target.URL)
	out, err := cmd.Output()
	t.Logf("what went over the wire:\n%s\nwhat the script says:\n%s", strings.ReplaceAll(transcript(), s.key, "KEY"), strings.ReplaceAll(string(out), s.key, "KEY"))
	if err != nil {
		if failed, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%w\n%s", err, failed.Stderr)
		}
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(out)) {
		var said struct {
			What string
			Got  json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		got[said.What] = string(said.Got)
	}
	host := strings.TrimPrefix(target.URL, "http://")
	for what, want := range map[string]string{
		"verified": "true", "app": "true", "apps": `["` + host + `"]`,
		"test":   `{"type":"per-test","status":"running","total":20,"timeout":10000,"urls":["` + target.URL + `/"]}`,
		"result": `{"success":20,"error":0,"rate":0,"average":true,"report":"` + strings.TrimSuffix(s.api, "/v2/") + `/reports/`,
		"gate":   `"pass"`, "run": "true", "busy": `"`, "stop": "true", "newest first": "true", "status": `"complete"`, "later": `"2999-01-01T00:00:00.000Z"`,
		"gate of what is broken": `"fail"`, "servers": "true", "no such test": `"no such`, "wrong key": `"no valid API key`,
		// Deleting is answered by 200 and nothing, as loader.io documents it; the package takes that for a failure.
		"deleted": "false", "apps after": "0",
	} {
		if !strings.HasPrefix(got[what], want) {
			t.Errorf("%s: the script says %s, want %s", what, got[what], want)
		}
	}
	if !strings.Contains(got["busy"], "response code 422") {
		t.Errorf("a run while another goes on is told as %s", got["busy"])
	}
}
