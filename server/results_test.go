package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/runlog/runlogtest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// measured makes a server that has judged so many runs of a test of that name.
func measured(t *testing.T, name string, runs int) (*serving, store.Test) {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := store.Host{ID: store.NewID(), Name: "a", Created: time.Now(), Verified: time.Now()}
	test := store.Test{ID: store.NewID(), Host: h.ID, Name: name, Notes: name, Tags: []string{name}, Token: store.NewID(), Created: time.Now(),
		Scenario: "load: {type: clients-per-test, clients: 1, duration: 1s}\nrequest: {path: /}\ntargets: [{name: a, url: \"http://127.0.0.1:1\"}]\n"}
	must(s.AddHost(t.Context(), h, store.By{At: time.Now()}))
	must(s.AddTest(t.Context(), test, store.By{At: time.Now()}))
	for i := range runs { // each is judged when the server settles what another left running
		_, err := s.Ask(t.Context(), test.ID, store.ByPage, time.Now(), false)
		must(err)
		r, err := s.Take(t.Context(), time.Now().Add(time.Duration(i)*time.Second))
		must(err)
		must(runlogtest.Write(s.Dir(r), runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: 20, PerSecond: 20}))
	}
	must(s.Close())
	v := serve(t, dir, server.Options{Open: true})
	until(t, "the last verdict", func() bool {
		waiting, err := v.store.Waiting(t.Context())
		return err == nil && len(waiting) == 0
	})
	return v, test
}

// A link to share opens its report in a browser that knows nothing else, and nothing besides; once it is
// revoked it opens nothing, and what is shared anew is elsewhere.
func TestALinkToShareOpensItsReportAlone(t *testing.T) {
	browser := browsertest.Start(t)
	v, test := measured(t, "shared", 1)
	runs, err := v.store.RunsOf(t.Context(), test.ID)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%v, %v", runs, err)
	}
	at := "/tests/" + test.ID + "/results/" + runs[0].ID
	if code, _ := v.send("GET", "/reports/"+test.ID+"/results/"+runs[0].ID, "", nil); code != http.StatusNotFound {
		t.Errorf("a result that nobody shared is answered by %d", code)
	}
	b := open(t, browser, v.base+at)
	b.press("Share")
	link := says[string](b, `[...document.querySelectorAll('.actions a')].find((a) => a.textContent === 'Link to share').href`)
	b.inspect("result-shared")
	other := open(t, browser, link)
	other.until(`document.querySelector('h1')`)
	if n := says[int](other, `document.querySelectorAll('nav, a[href^="/"]').length`); n != 0 {
		t.Errorf("the shared report leads to the site by %d elements", n)
	}
	b.press("Stop sharing")
	if code, _ := v.send("GET", strings.TrimPrefix(link, v.base), "", nil); code != http.StatusNotFound {
		t.Errorf("a revoked link is answered by %d", code)
	}
	b.press("Share")
	if again := says[string](b, `[...document.querySelectorAll('.actions a')].find((a) => a.textContent === 'Link to share').href`); again == link {
		t.Error("a revoked link is good again")
	}
}

// Results of a test are compared and followed as on the command line, and names of others stay text.
func TestResultsAreComparedAndFollowed(t *testing.T) {
	browser := browsertest.Start(t)
	const hostile = `</title><b id="x">"'>{{.}}<script>alert(1)</script>\u202e`
	v, test := measured(t, hostile, 7)
	b := open(t, browser, v.base+"/tests/"+test.ID)
	b.until(`document.querySelectorAll('tbody tr').length === 7`)
	b.inspect("test-many")
	b.do(chromedp.Click(`tbody tr:nth-child(2) input[name=a]`), chromedp.Click(`tbody tr:nth-child(1) input[name=b]`))
	b.press("Compare")
	b.until(`document.querySelector('iframe.report')`)
	b.inspect("compare")
	for _, path := range []string{"/tests", "/tests/" + test.ID, "/tests/new?from=" + test.ID, "/runs", "/tests/" + test.ID + "/trend", "/tests?tag=" + url.QueryEscape(hostile)} {
		b.do(chromedp.Navigate(v.base + path))
		if says[bool](b, `Boolean(document.getElementById('x')) || [...document.scripts].some((s) => s.textContent.includes('alert'))`) {
			t.Errorf("%s: a name became elements", path)
		}
		b.quiet()
	}
	b.do(chromedp.Navigate(v.base + "/tests/" + test.ID + "/trend"))
	b.inspect("trend")
	b.do(chromedp.Navigate(v.base + "/tests"))
	b.inspect("tests-many")
	for path, says := range map[string]string{"trend/page?metric=p95": "Runs, oldest first", "trend/page?metric=nonsense": "This cannot be done"} {
		_, got := v.send("GET", "/tests/"+test.ID+"/"+path, "", nil)
		if text, _ := got.(string); !strings.Contains(text, says) {
			t.Errorf("%s does not say %q: %.600s", path, says, text)
		}
	}
	runs, err := v.store.RunsOf(t.Context(), test.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, got := v.send("GET", "/tests/"+test.ID+"/compare/page?a="+runs[1].ID+"&b="+runs[0].ID, "", nil)
	if text, _ := got.(string); !strings.Contains(text, "The candidate against the baseline") {
		t.Errorf("the comparison is %.600s", text)
	}
	if code, _ := v.send("GET", "/tests/"+test.ID+"/compare/page?a=x&b="+runs[0].ID, "", nil); code != http.StatusUnprocessableEntity {
		t.Errorf("a comparison with nothing is answered by %d", code)
	}
}
