package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// What somebody does who knows loader.io: a host, a test by its form, a run, its result.
func TestAPersonRunsATest(t *testing.T) {
	browser := browsertest.Start(t)
	target, hits := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	b := open(t, browser, v.base+"/")
	b.inspect("hosts-none")
	host := strings.TrimPrefix(target, "http://")
	b.fill("name", host)
	b.press("Add and verify")
	b.until(`document.querySelector('.notice.good')`)
	b.inspect("host")
	b.do(chromedp.Click(`//a[text()="New test of it"]`))
	b.until(`document.getElementById('clients')`)
	if got := says[string](b, `document.getElementById('host').value`); got != host {
		t.Errorf("the form has the host %q", got)
	}
	b.inspect("form")
	b.fill("name", "The seeds")
	b.fill("clients", "50")
	b.fill("duration", "2")
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('unit').value = 's'`))
	b.fill("path", "index.php")
	b.press("Draw the load")
	b.until(`document.querySelector('.planned path')`)
	if words := says[string](b, `document.querySelector('.planned').innerText`); !strings.Contains(words, "50 clients spread evenly over 2s") {
		t.Errorf("the plan says %q", words)
	}
	if hits.Load() > 0 {
		t.Error("drawing the plan sent load")
	}
	b.inspect("form-drawn")
	b.press("Save and run")
	b.until(`document.querySelector('iframe.report')`)
	b.inspect("result")
	if n := hits.Load(); n < 50 {
		t.Errorf("the target got %d requests", n)
	}
	b.do(chromedp.Click(`//div[@class="actions"]/a`))
	b.until(`document.querySelector('tbody tr')`)
	b.inspect("test")
	runs, err := v.store.LatestRuns(t.Context(), 1)
	if err != nil || len(runs) != 1 {
		t.Fatalf("the store has runs of %d tests, %v", len(runs), err)
	}
	for _, of := range runs {
		text, err := os.ReadFile(filepath.Join(v.store.Dir(of[0]), result.SummaryFile))
		if err != nil {
			t.Fatal(err)
		}
		var summary struct {
			Legs []struct{ Outcomes struct{ Success int } }
		}
		if err := json.Unmarshal(text, &summary); err != nil || len(summary.Legs) != 1 || summary.Legs[0].Outcomes.Success != 50 {
			t.Errorf("the summary has %+v, %v", summary, err)
		}
		if row := says[string](b, `document.querySelector('tbody tr').innerText`); !strings.Contains(row, string(of[0].Summary.Index.Verdict)) {
			t.Errorf("the test's page says %q of a run that is %s", row, of[0].Summary.Index.Verdict)
		}
	}
	b.do(chromedp.Navigate(v.base + "/tests"))
	b.inspect("tests")
	b.do(chromedp.Navigate(v.base + "/runs"))
	b.inspect("runs")
}

// A fault stands at its field, and nothing is kept.
func TestFaultsStandAtTheirFields(t *testing.T) {
	browser := browsertest.Start(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	b := open(t, browser, v.base+"/tests/new")
	b.fill("name", "x")
	b.fill("host", "127.0.0.1:1")
	b.fill("clients", "-3")
	b.press("Save")
	if says[string](b, `document.getElementById('clients').getAttribute('aria-invalid')`) != "true" ||
		!strings.Contains(says[string](b, `document.getElementById('clients-faults').innerText`), "at least 1") {
		t.Errorf("the page says %q", says[string](b, `document.body.innerText`))
	}
	b.inspect("form-faults")
	b.do(chromedp.Navigate(v.base + "/tests/new?as=yaml"))
	b.fill("source", "load: {type: rate, rate: 10, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\nengin: x\n")
	b.press("Save")
	if text := says[string](b, `document.querySelector('[role=alert]').innerText`); !strings.Contains(text, "scenario:4:1") || !strings.Contains(text, "engine") {
		t.Errorf("the faults of the YAML are %q", text)
	}
	b.inspect("form-yaml-faults")
	if tests, err := v.store.Tests(t.Context(), false); err != nil || len(tests) > 0 {
		t.Errorf("%d tests are kept, %v", len(tests), err)
	}
}

// post sends a form as a browser would that shows a page of this server.
func (v *serving) post(path string, form url.Values, header http.Header) (*http.Response, string) {
	v.t.Helper()
	h := header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	r, err := http.NewRequestWithContext(v.t.Context(), "POST", v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header = h
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer, string(text)
}

// Any site can lead the user's browser to this machine: it can neither change nor read anything.
func TestOtherSitesAreRefused(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	for _, h := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"http://evil.example"}}, {"Origin": {"null"}}} {
		for _, path := range []string{"/hosts", "/tests/new"} {
			if answer, _ := v.post(path, url.Values{"name": {"127.0.0.1:1"}}, h); answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s with %v is answered by %d", path, h, answer.StatusCode)
			}
		}
	}
	if hosts, err := v.store.Hosts(t.Context()); err != nil || len(hosts) > 0 {
		t.Errorf("%d hosts are kept, %v", len(hosts), err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", v.base+"/hosts", nil)
	if err != nil {
		t.Fatal(err)
	}
	for host, code := range map[string]int{"rebound.example": 421, "127.0.0.1.evil.example:80": 421, "localhost:1": 200, "[::1]": 200} {
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != code {
			t.Errorf("as %s it is answered by %d, want %d", host, answer.StatusCode, code)
		}
		if p := answer.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
			t.Errorf("the policy is %q", p)
		}
	}
}

// Whoever deletes a host means its load, too.
func TestADeletedHostIsNoLongerLoaded(t *testing.T) {
	target, hits := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":50,"duration":600,"urls":[{"url":"`+target+`/"}]}`)
	until(t, "load", func() bool { return hits.Load() > 20 })
	h, err := v.store.Hosts(t.Context())
	if err != nil || len(h) != 1 {
		t.Fatalf("hosts: %v, %v", h, err)
	}
	if answer, text := v.post("/hosts/"+h[0].ID+"/delete", nil, nil); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("deleting the host is answered by %d, %s", answer.StatusCode, text)
	}
	until(t, "the end of the load", func() bool {
		before := hits.Load()
		time.Sleep(300 * time.Millisecond) // fifteen requests
		return hits.Load() == before
	})
	if code, _ := v.ask("GET", "/v2/tests/"+member(begun, "test_id"), "", ""); code != http.StatusNotFound {
		t.Errorf("its test is answered by %d", code)
	}
}

// until waits for something to be so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s never came", what)
		}
	}
}

// A test that cannot be read, because another version kept it, is shown as that beside the others.
func TestAnUnreadableTestHidesNoOther(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	v.post("/tests/new", url.Values{"do": {"keep"}, "name": {"good"}, "type": {"clients-per-test"}, "clients": {"1"}, "duration": {"1"}, "unit": {"s"},
		"protocol": {"http"}, "method": {"GET"}, "host": {"127.0.0.1:1"}, "path": {"/"}}, nil)
	hosts, err := v.store.Hosts(t.Context())
	if err != nil || len(hosts) != 1 {
		t.Fatalf("hosts: %v, %v", hosts, err)
	}
	bad := store.Test{ID: store.NewID(), Host: hosts[0].ID, Name: "bad", Scenario: "of: tomorrow\n", Token: store.NewID(), Created: time.Now()}
	if err := v.store.AddTest(t.Context(), bad, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	code, got := v.ask("GET", "/v2/tests", "", "")
	if all, _ := got.([]any); code != http.StatusOK || len(all) != 2 || member(all[0], "status") != "unreadable" || member(all[1], "name") != "good" {
		t.Errorf("the tests are answered by %d, %v", code, got)
	}
	for path, says := range map[string]string{"/tests": "bad", "/tests/" + bad.ID: "no such key", "/tests/new?from=" + bad.ID: "of: tomorrow"} {
		code, got := v.send("GET", path, "", nil)
		if text, _ := got.(string); code != http.StatusOK || !strings.Contains(text, says) {
			t.Errorf("%s is answered by %d, %v", path, code, got)
		}
	}
}

// A test of a server reads no file of its machine and reaches no socket.
func TestATestReachesNothingOfTheMachine(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	head := "load: {type: rate, rate: 10, duration: 1s}\n"
	for name, source := range map[string]string{
		"a file as body":  head + "request: {path: /, method: POST, body_file: /etc/passwd}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\n",
		"a file as data":  head + "request: {path: \"/{{a}}\"}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\nfeeds: [{name: f, file: /etc/passwd, format: csv}]\n",
		"a socket":        head + "request: {path: /}\ntargets: [{name: a, url: \"unix:/run/docker.sock\"}]\n",
		"a second socket": head + "request: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}, {name: b, url: \"unix:/run/docker.sock\"}]\n",
		"a key":           head + "request: {path: /}\ntargets: [{name: a, url: \"https://127.0.0.1:1\", tls: {ca: /etc/hostname}}]\n",
		"a cluster":       head + "request: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\ncluster: {service: x}\n",
	} {
		answer, text := v.post("/tests/new", url.Values{"as": {"yaml"}, "do": {"keep"}, "source": {source}}, nil)
		if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "stress run") && !strings.Contains(text, "write the body itself") {
			t.Errorf("%s: %d, %.3000s", name, answer.StatusCode, text)
		}
	}
	if tests, err := v.store.Tests(t.Context(), false); err != nil || len(tests) > 0 {
		t.Errorf("%d tests are kept, %v", len(tests), err)
	}
}
