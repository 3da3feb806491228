package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/reach"
	"github.com/stress-tool/stress/server/store"
)

// hostile is a text that would become elements, a script or the end of one where it is taken for more than text.
const hostile = `</script></title></textarea><img src=x onerror=alert(1)><b id="x">"'&{{.}}` + "`${alert(2)}`"

// Whatever others name or answer stays text on every page: names, notes, tags, requests, hosts that answer, what
// their answers say, and what a webhook answers.
func TestWhatOthersWriteStaysText(t *testing.T) {
	browser := browsertest.Start(t)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Host", hostile)
		if strings.HasPrefix(r.URL.Path, "/bad") {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, hostile)
		}
	}))
	t.Cleanup(target.Close)
	v := serve(t, t.TempDir(), server.Options{Open: true, Within: reach.Networks{netip.MustParsePrefix("127.0.0.0/8")}})
	source := "name: " + quotedYAML(hostile) + "\nload: {type: rate, rate: 20, duration: 3s, error_threshold: 100%}\nrequests:\n  - {name: " + quotedYAML(hostile) + ", path: /good}\n  - {path: " + quotedYAML("/bad?"+url.QueryEscape(hostile)) +
		", headers: {X-A: " + quotedYAML(hostile) + "}}\ntargets:\n  - {name: a, url: " + quotedYAML(target.URL) + ", host_from: {header: X-Host}}\nthresholds: [\"error_rate < 1%\"]\n"
	answer, text := v.post("/tests/new", url.Values{"as": {"yaml"}, "do": {"run"}, "source": {source}, "name": {hostile}, "notes": {hostile}, "tags": {hostile}, "callback": {target.URL + "/bad?" + url.QueryEscape(hostile)}}, nil)
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("the test is answered by %d, %.3000s", answer.StatusCode, text)
	}
	at := answer.Header.Get("Location")
	parts := strings.Split(at, "/")
	test, run := parts[2], parts[4]
	b := open(t, browser, v.base+at)
	dialogs := 0
	if err := chromedp.Listen(b.ctx, func(e any) {
		if _, is := e.(*cdppage.EventJavascriptDialogOpening); is {
			dialogs++
		}
	}); err != nil {
		t.Fatal(err)
	}
	harmless := func(path string) {
		t.Helper()
		if n := says[int](b, `document.querySelectorAll('#x, img[src=x], main script:not([src]):not([type="application/json"])').length`); n > 0 {
			t.Errorf("%s: a text became %d elements", path, n)
		}
	}
	b.until(`document.querySelector('#served-by li') || document.querySelector('iframe.report')`)
	harmless("the run under way")
	b.until(`document.querySelector('iframe.report')`)
	v.await(test, run)
	_, again := v.ask("POST", "/api/v1/tests/"+test+"/runs", "", "")
	v.await(test, member(again, "id"))
	share := store.NewID()
	if err := v.store.Share(t.Context(), run, share, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	until(t, "what the webhook answered", func() bool {
		all, err := v.store.DeliveriesOfTest(t.Context(), test, 0, 9)
		return err == nil && len(all) > 0 && all[0].Tries > 0
	})
	v.post("/tests/"+test+"/schedules/new", url.Values{"do": {"keep"}, "cron": {"@daily"}, "zone": {"UTC"}, "missed": {"skip"}}, nil)
	v.post("/tests/"+test+"/badge", nil, nil)
	raw := regexp.MustCompile(`<img src=x|<b id="x">`)
	results := "/tests/" + test + "/results/" + run
	for _, path := range []string{
		"/tests", "/tests?q=" + url.QueryEscape(hostile), "/tests?tag=" + url.QueryEscape(hostile), "/tests?archived=" + url.QueryEscape(hostile), "/tests/" + test, "/tests/new?from=" + test, "/tests/new?as=yaml&from=" + test, "/runs", "/schedules",
		"/tests/" + test + "/schedules", "/tests/" + test + "/notify", "/tests/" + test + "/badge", results, results + "/report", "/reports/" + test + "/results/" + share,
		"/tests/" + test + "/trend", "/tests/" + test + "/trend?metric=" + url.QueryEscape(hostile), "/tests/" + test + "/trend/page?metric=p95", "/tests/" + test + "/trend/page?metric=" + url.QueryEscape(hostile),
		"/tests/" + test + "/compare?a=" + run + "&b=" + member(again, "id"), "/tests/" + test + "/compare/page?a=" + run + "&b=" + member(again, "id"), "/tests/" + test + "/compare/page?a=" + url.QueryEscape(hostile) + "&b=", "/hosts", "/settings", "/settings/audit", "/settings/tokens",
	} {
		_, got := v.send("GET", path, "", nil)
		if text, _ := got.(string); raw.MatchString(text) {
			t.Errorf("%s holds %q", path, raw.FindString(text))
		}
		b.do(chromedp.Navigate(v.base + path))
		harmless(path)
	}
	if _, got := v.send("GET", results+"/report", "", nil); !strings.Contains(got.(string), "onerror=alert(1)") {
		t.Error("the report says nothing of what others wrote, so it is no test of that")
	}
	for path, form := range map[string]url.Values{
		"/hosts": {"name": {hostile}}, "/tests/new": {"do": {"keep"}, "name": {hostile}, "host": {hostile}, "path": {hostile}, "headers": {hostile}, "stages": {hostile}, "gate": {hostile}, "capture": {hostile}},
		"/tests/" + test + "/schedules/new": {"cron": {hostile}, "zone": {hostile}, "missed": {hostile}}, "/tests/" + test + "/notify": {"callback": {hostile}, "mail": {hostile}, "form": {hostile}, "tell": {hostile}},
	} {
		answer, text := v.post(path, form, nil)
		if answer.StatusCode != http.StatusUnprocessableEntity || raw.MatchString(text) {
			t.Errorf("%s is answered by %d, and holds %q", path, answer.StatusCode, raw.FindString(text))
		}
	}
	if dialogs > 0 {
		t.Errorf("%d dialogs were opened", dialogs)
	}
}

// quotedYAML is a text as a value of a scenario that means just that.
func quotedYAML(s string) string {
	return "'" + strings.NewReplacer("'", "''", "${", "$${", "{{", "{{{{").Replace(s) + "'"
}
