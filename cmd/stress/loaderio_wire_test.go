package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestLoaderioOnTheWire: what loader.io's documents show of expressions, payload files and response
// variables goes over the wire as it does there. Six clients make a pass each.
func TestLoaderioOnTheWire(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, strings.Join(strings.Fields(r.Method+" "+r.RequestURI+" "+r.Header.Get("X-Auth")+" "+string(body)), " "))
		mu.Unlock()
		w.Header().Set("X-Token", "t-"+r.URL.Query().Get("user"))
	}))
	defer server.Close()
	dir := t.TempDir()
	payload := `{"version": 1, "variables": [{"names": ["user", "word"], "values": [["ana", "a b"], ["bia", "c&d"]]}]}`
	if err := os.WriteFile(filepath.Join(dir, "payload.json"), []byte(payload), 0o600); err != nil {
		t.Fatal(err)
	}
	classic := `{"keys": ["user", "word"], "values": [["ana", "a b"], ["bia", "c&d"]]}`
	if err := os.WriteFile(filepath.Join(dir, "classic.json"), []byte(classic), 0o600); err != nil {
		t.Fatal(err)
	}
	twice := func(lines ...string) []string { return slices.Repeat(lines, 6/len(lines)) }
	for name, c := range map[string]struct {
		requests string
		want     []string
	}{
		"a list":          {`request: {path: "/?n=%{1, 2, 3}"}`, twice("GET /?n=1", "GET /?n=2", "GET /?n=3")},
		"a range":         {`request: {path: "/?n=%{1:3}"}`, twice("GET /?n=1", "GET /?n=2", "GET /?n=3")},
		"with a step":     {`request: {path: "/?n=%{1:5:2}"}`, twice("GET /?n=1", "GET /?n=3", "GET /?n=5")},
		"a random number": {`request: {path: "/?n=%{*:7-7}"}`, twice("GET /?n=7")},
		"in a body":       {`request: {path: /, method: POST, body: "n=%{4, 5}"}`, twice("POST / n=4", "POST / n=5")},
		"a payload's variables": {`feeds: [{name: p, file: payload.json}]` + "\n" + `request: {path: "/?user={{user}}&word={{word}}"}`,
			twice("GET /?user=ana&word=a+b", "GET /?user=bia&word=c%26d")},
		"a classic payload": {`feeds: [{name: p, file: classic.json}]` + "\n" + `request: {path: /, payload: p}`,
			twice("GET /?user=ana&word=a+b", "GET /?user=bia&word=c%26d")},
		"a response variable": {`requests: [{path: "/in?user=ana", capture: {token: {header: X-Token}}}, {path: "/go", headers: {X-Auth: "{{token}}"}}]`,
			slices.Concat(twice("GET /in?user=ana"), twice("GET /go t-ana"))},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, "wire.yaml")
			text := "load: {type: clients-per-test, clients: 6, duration: 200ms}\n" + c.requests + "\ntargets: [{name: one, url: \"" + server.URL + "\"}]\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			seen = nil
			r := stress(t, nil, "run", file, "--out", filepath.Join(t.TempDir(), "run"))
			if r.code == exitUsage || r.code == exitUnable {
				t.Fatalf("exit code %d\n%s", r.code, r.stderr)
			}
			slices.Sort(seen)
			slices.Sort(c.want)
			if !slices.Equal(seen, c.want) {
				t.Errorf("over the wire went\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
