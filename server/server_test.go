package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/runlogtest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// serving is a server under test.
type serving struct {
	t     *testing.T
	base  string
	key   string
	store *store.Store
	log   *bytes.Buffer // read it once the server has ended
	end   func()
}

func serve(t *testing.T, dir string, o server.Options) *serving {
	t.Helper()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v := &serving{t: t, base: "http://" + l.Addr().String(), store: s, log: new(bytes.Buffer)}
	if v.key, err = s.AddKey(t.Context(), store.NewID(), store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(t.TempDir(), "ownership.key")
	o.Base, o.Tool, o.Log = v.base, runlog.Tool{Version: "test"}, log.New(v.log, "", 0)
	o.Guard = func() *ownership.Guard { return &ownership.Guard{KeyFile: keys} }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.New(s, o).Serve(ctx, l) }()
	over := false
	v.end = func() {
		if over {
			return
		}
		over = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(v.end)
	return v
}

// ask sends a request with the key, and returns the code and what the JSON of the answer is.
func (v *serving) ask(method, path, kind, body string) (int, any) {
	v.t.Helper()
	return v.send(method, path, body, http.Header{"Content-Type": {kind}, "Loaderio-Auth": {v.key}})
}

func (v *serving) send(method, path, body string, header http.Header) (int, any) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header = header
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	var got any
	if len(text) > 0 && json.Unmarshal(text, &got) != nil {
		got = string(text)
	}
	return answer.StatusCode, got
}

// member is a text in an answer, "" for none.
func member(v any, name string) string {
	object, _ := v.(map[string]any)
	s, _ := object[name].(string)
	return s
}

// page is what is loaded; it counts.
func page(t *testing.T) (string, *atomic.Int64) {
	n := new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1); r.URL.Path == "/missing" {
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, n
}

// await asks for a result until it is ready.
func (v *serving) await(test, result string) map[string]any {
	v.t.Helper()
	for range 600 {
		code, got := v.ask("GET", "/v2/tests/"+test+"/results/"+result, "", "")
		if code != http.StatusOK {
			v.t.Fatalf("a result answers %d, %v", code, got)
		}
		if member(got, "status") == "ready" {
			return got.(map[string]any)
		}
		time.Sleep(100 * time.Millisecond) // as clients do
	}
	v.t.Fatal("no result after a minute")
	return nil
}

func TestRefusals(t *testing.T) {
	target, hits := page(t)
	v := serve(t, t.TempDir(), server.Options{})
	test := `{"test_type":"per-test","total":1,"duration":1,"urls":[{"url":"` + target + `"}]`
	for _, c := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"GET", "/v2/nothing", "", 404, "no such"},
		{"GET", "/v2/apps/" + store.NewID(), "", 404, "no such"},
		{"GET", "/v2/tests/" + store.NewID(), "", 404, "no such"},
		{"GET", "/v2/tests/..%2f..%2fstress.db", "", 404, "no such"},
		{"PUT", "/v2/tests/" + store.NewID() + "/run", "", 404, "no such"},
		{"POST", "/v2/apps", "app=", 422, "is no host"},
		{"POST", "/v2/apps", "app=a/b", 422, "is no host"},
		{"POST", "/v2/apps", "app=me:pass@host", 422, "is no host"},
		{"POST", "/v2/apps", `{"app":7}`, 422, "is no host"},
		{"POST", "/v2/tests", "{", 400, "no JSON"},
		{"POST", "/v2/tests", "{}", 422, "test_type"},
		{"POST", "/v2/tests", test + `,"duration":"x"}`, 422, "duration"},
		{"POST", "/v2/tests", test + `,"total":-1}`, 422, "clients"},
		{"POST", "/v2/tests", test + `,"total":2000000000}`, 422, "clients"},
		{"POST", "/v2/tests", `{"test_type":"per-test","total":1,"duration":1,"urls":[{"url":"file:///etc/passwd"}]}`, 422, "http://"},
		{"POST", "/v2/tests", test + `,"scheduled_at":"soon"}`, 422, "scheduled_at"},
		{"POST", "/v2/tests", test + `,"callback_email":"a@b.example"}`, 422, "no mail"},
		{"POST", "/v2/tests", test + `,"callback":"ftp://a/"}`, 422, "callback"},
		{"POST", "/v2/tests", "urls[0][url]=a&urls=b", 400, "urls"},
		{"POST", "/v2/tests", "urls[999999999][url]=a", 400, "urls"},
		{"POST", "/v2/tests", "duration=x", 422, "duration"},
		{"POST", "/v2/tests", "duration=inf", 422, "duration"},
		{"POST", "/v2/tests", "duration=00", 422, "test_type"},
		{"POST", "/v2/tests", strings.Repeat("a", 2<<20), 413, "bytes"},
	} {
		code, got := v.ask(c.method, c.path, "application/json", c.body)
		text, _ := json.Marshal(got)
		if code != c.code || !strings.Contains(string(text), c.says) || member(got, "message") != "error" {
			t.Errorf("%s %s %.60q is answered by %d, %s, want %d and %q", c.method, c.path, c.body, code, text, c.code, c.says)
		}
	}
	for _, header := range []http.Header{nil, {"Loaderio-Auth": {store.NewID()}}} {
		if code, got := v.send("GET", "/v2/tests", "", header); code != http.StatusUnauthorized || member(got, "message") != "error" {
			t.Errorf("without a key: %d, %v", code, got)
		}
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("the target got %d requests", n)
	}
	if tests, err := v.store.Tests(t.Context(), false); err != nil || len(tests) > 0 {
		t.Errorf("%d tests are kept, %v", len(tests), err)
	}
	if code, _ := v.send("GET", "/reports/"+store.NewID()+"/results/"+store.NewID(), "", nil); code != http.StatusNotFound {
		t.Errorf("a report that nobody made is answered by %d", code)
	}
	v.end()
	if v.log.Len() > 0 {
		t.Errorf("the log has\n%s", v.log)
	}
}

// A test reads nothing of the server's own environment, whatever is written in it.
func TestATestSeesNothingOfTheServer(t *testing.T) {
	t.Setenv("STRESS_HIDDEN", "of the operator")
	bodies := make(chan string, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
	}))
	defer srv.Close()
	v := serve(t, t.TempDir(), server.Options{})
	_, got := v.ask("POST", "/v2/tests", "application/json", `{"name":"${STRESS_HIDDEN}","test_type":"per-test","total":1,"duration":1,
		"urls":[{"url":"`+srv.URL+`","request_type":"POST","raw_post_body":"${STRESS_HIDDEN}"}]}`)
	v.await(member(got, "test_id"), member(got, "result_id"))
	var sent []string
	for len(bodies) > 0 {
		sent = append(sent, <-bodies)
	}
	if !slices.Contains(sent, "${STRESS_HIDDEN}") {
		t.Errorf("the target got the bodies %q", sent)
	}
	_, seen := v.ask("GET", "/v2/tests", "", "")
	if all, _ := json.Marshal(seen); strings.Contains(string(all), "of the operator") {
		t.Errorf("the server tells its environment: %s", all)
	}
}

// Public hosts must prove that they are the user's; one that does not keeps its test, unrun.
func TestAPublicHostIsNotLoaded(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{})
	code, got := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-test","total":1,"duration":1,"urls":[{"url":"http://nobody.invalid/"}]}`)
	test := member(got, "test_id")
	if code != http.StatusOK || member(got, "status") != "unverified" || member(got, "result_id") != "" {
		t.Fatalf("answered by %d, %v", code, got)
	}
	if code, got := v.ask("PUT", "/v2/tests/"+test+"/run", "", ""); code != http.StatusUnprocessableEntity || !strings.Contains(member(map[string]any{"e": got.(map[string]any)["errors"].([]any)[0]}, "e"), "not verified") {
		t.Errorf("its run is answered by %d, %v", code, got)
	}
	_, app := v.ask("GET", "/v2/apps", "", "")
	id := member(app.([]any)[0], "app_id")
	if code, got := v.ask("POST", "/v2/apps/"+id+"/verify", "", "method=http"); code != http.StatusUnprocessableEntity || member(got, "app_id") != id {
		t.Errorf("its verification is answered by %d, %v", code, got)
	}
}

// A server that is killed while a test runs has the run when it is back, as far as it came, and goes
// on with what waits.
func TestARunThatWasCutOffIsThere(t *testing.T) {
	target, _ := page(t)
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	h := store.Host{ID: store.NewID(), Name: "a", Created: time.Now(), Verified: time.Now()}
	scenario := "load: {type: clients-per-test, clients: 1, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: \"" + target + "\"}]\n"
	test := store.Test{ID: store.NewID(), Host: h.ID, Name: "a", Scenario: scenario, Token: store.NewID(), Created: time.Now()}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.AddHost(t.Context(), h, store.By{At: time.Now()}))
	must(s.AddTest(t.Context(), test, store.By{At: time.Now()}))
	_, err = s.Ask(t.Context(), test.ID, store.ByAPI, time.Now(), false)
	must(err)
	cut, err := s.Take(t.Context(), time.Now())
	must(err)
	waiting, err := s.Ask(t.Context(), test.ID, store.ByAPI, time.Now(), false)
	must(err)
	must(os.MkdirAll(filepath.Dir(s.Dir(cut)), 0o700))
	must(runlogtest.Write(s.Dir(cut), runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: 3, PerSecond: 20}))
	manifest := filepath.Join(s.Dir(cut), runlog.ManifestFile)
	text, err := os.ReadFile(manifest)
	must(err)
	must(os.WriteFile(manifest, bytes.Replace(text, []byte(`"sealed":true`), []byte(`"sealed":false`), 1), 0o600))
	must(s.Close())

	v := serve(t, dir, server.Options{})
	found := v.await(test.ID, cut.ID)
	beyond, _ := found["stress"].(map[string]any)
	if found["success"] != 60.0 || !strings.Contains(member(beyond, "problem"), "the server was ended") {
		t.Errorf("the run that was cut off came to %v", found)
	}
	if _, err := os.Stat(filepath.Join(v.store.Dir(cut), report.PageFile)); err != nil {
		t.Error(err)
	}
	if found := v.await(test.ID, waiting.ID); found["success"] != 1.0 {
		t.Errorf("the run that waited came to %v", found)
	}
}
