package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// heard is an address that is told, and refuses as long as it is said to.
func heard(t *testing.T) (address string, bodies chan string, refuses *atomic.Bool) {
	bodies, refuses = make(chan string, 100), new(atomic.Bool)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Header.Get("Stress-Signature") + " " + string(body)
		if refuses.Load() {
			http.Error(w, `<script>alert("of the answer")</script>`, http.StatusTeapot)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, bodies, refuses
}

// delivers presses a button that has something delivered, and sees what became of it: at once, or, where that took longer
// than the server waits for it, when the page is loaded again.
func (b *tab) delivers(button, state string) {
	b.t.Helper()
	began := time.Now()
	b.press(button)
	waited, address := time.Since(began), says[string](b, `location.href`)
	for deadline := time.Now().Add(time.Minute); !says[bool](b, state); time.Sleep(100 * time.Millisecond) {
		if waited < 3*time.Second || time.Now().After(deadline) {
			b.t.Fatalf("%v after %s it is not so that %s: %s", waited, button, state, says[string](b, `document.body.innerText`))
		}
		b.do(chromedp.Navigate(address))
	}
}

// A person sets up who hears of a test, sees a test delivery arrive, and delivers again what was not taken.
func TestAPersonSetsUpNotifications(t *testing.T) {
	browser := browsertest.Start(t)
	address, bodies, refuses := heard(t)
	v := serve(t, t.TempDir(), server.Options{Open: true, Within: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	test := v.keptTest("told")
	at := v.base + "/tests/" + test.ID + "/notify"
	b := open(t, browser, at)
	b.inspect("notify-none")
	b.fill("callback", "ftp://nowhere/")
	b.fill("mail", "team@shop.example")
	b.press("Save")
	for id, words := range map[string]string{"callback": "http://", "mail": "no mail"} {
		if text := says[string](b, `document.getElementById('`+id+`-faults')?.innerText || ''`); !strings.Contains(text, words) {
			t.Errorf("%s says %q", id, text)
		}
	}
	b.inspect("notify-faults")
	b.do(chromedp.Navigate(at))
	b.fill("callback", address+"/hook?token=hidden")
	b.fill("secret", "of-the-signature")
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('form').value = 'json'; document.getElementById('tell').value = 'change'`))
	b.press("Save")
	kept, err := v.store.Test(t.Context(), test.ID)
	if err != nil || kept.Callback != address+"/hook?token=hidden" || kept.Secret != "of-the-signature" || kept.Form != store.JSON || kept.Tell != store.OnChange {
		t.Fatalf("kept is %+v, %v", kept, err)
	}
	if html := says[string](b, `document.documentElement.outerHTML`); strings.Contains(html, "hidden") || strings.Contains(html, "of-the-signature") {
		t.Error("the page shows a secret")
	}
	refuses.Store(true)
	b.delivers("Send a test delivery", `/given up/.test(document.querySelector('tbody').innerText)`)
	if got := <-bodies; !strings.HasPrefix(got, "t=") || !strings.Contains(got, `"event":"ping"`) || strings.Contains(got, `"run"`) {
		t.Errorf("the address got %s", got)
	}
	if text := says[string](b, `document.querySelector('tbody ol').textContent`); !strings.Contains(text, "HTTP 418") || !strings.Contains(text, "<script>") {
		t.Errorf("its try is %q", text)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('details').forEach((d) => { d.open = true; })`))
	b.inspect("notify-log")
	refuses.Store(false)
	b.delivers("Deliver again", `/taken/.test(document.querySelector('tbody').innerText) && document.querySelectorAll('tbody ol li').length === 2`)
	<-bodies
	b.quiet()
	// What is not typed anew stays, and the secret goes when it is to.
	for _, c := range []struct {
		form                     url.Values
		callback, secret, format string
	}{
		{url.Values{"callback": {address + "/hook?…"}, "form": {"form"}, "tell": {"end"}}, address + "/hook?token=hidden", "of-the-signature", ""},
		{url.Values{"callback": {address}, "form": {"json"}, "tell": {"end"}, "unsigned": {"1"}}, address, "", "json"},
		{url.Values{"form": {"form"}, "tell": {"end"}}, "", "", ""},
	} {
		answer, text := v.post("/tests/"+test.ID+"/notify", c.form, nil)
		kept, err := v.store.Test(t.Context(), test.ID)
		if err != nil || answer.StatusCode != http.StatusSeeOther || kept.Callback != c.callback || kept.Secret != c.secret || string(kept.Form) != c.format {
			t.Errorf("%v: %d, %+v, %v, %.500s", c.form, answer.StatusCode, kept, err, text)
		}
	}
	if answer, _ := v.post("/tests/"+test.ID+"/notify/ping", nil, nil); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a ping to nobody is answered by %d", answer.StatusCode)
	}
	deliveries, err := v.store.DeliveriesOfTest(t.Context(), test.ID, 0, 9)
	if err != nil || len(deliveries) != 1 {
		t.Fatalf("the deliveries are %v, %v", deliveries, err)
	}
	if answer, _ := v.post("/tests/"+v.keptTest("other").ID+"/deliveries/"+deliveries[0].ID+"/redeliver", nil, nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("another test's delivery is answered by %d", answer.StatusCode)
	}
}

// A clone is told of as its test is, and what is secret in that is not shown on the way.
func TestAClonesNotifications(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	test := v.keptTest("told")
	test.Callback, test.Secret, test.Form = "http://me:of-ana@ci.example/?token=of-ana", "of-ana", store.JSON
	if err := v.store.TellOf(t.Context(), test, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	_, got := v.send("GET", "/tests/new?from="+test.ID, "", nil)
	if strings.Contains(got.(string), "of-ana") {
		t.Errorf("the form shows a secret: %s", got)
	}
	answer, _ := v.post("/tests/new", url.Values{"from": {test.ID}, "as": {"yaml"}, "do": {"keep"}, "source": {test.Scenario}, "callback": {"http://me:xxxxx@ci.example/?…"}}, nil)
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("the clone is answered by %d", answer.StatusCode)
	}
	all, err := v.store.Tests(t.Context(), false)
	if err != nil || len(all) != 2 || all[0].Callback != test.Callback || all[0].Secret != test.Secret || all[0].Form != test.Form {
		t.Errorf("the clone is %+v, %v", all, err)
	}
}

// The page of a badge shows what is shown outside, and takes it back.
func TestAPersonMakesABadge(t *testing.T) {
	browser := browsertest.Start(t)
	v, test := measured(t, "with a badge", 1)
	b := open(t, browser, v.base+"/tests/"+test.ID+"/badge")
	b.inspect("badge-none")
	b.press("Make a badge")
	b.until(`[...document.images].length === 2 && [...document.images].every((i) => i.complete && i.naturalWidth > 50)`)
	b.inspect("badge")
	markdown := says[string](b, `document.getElementById('markdown-0').value`)
	kept, err := v.store.Test(t.Context(), test.ID)
	if err != nil || markdown != "![load test]("+v.base+"/badges/"+kept.Badge+".svg)" {
		t.Errorf("to paste is %q, %v", markdown, err)
	}
	b.press("Give it another address")
	if code, _ := v.send("GET", "/badges/"+kept.Badge+".svg", "", nil); code != http.StatusNotFound {
		t.Errorf("the old address is answered by %d", code)
	}
	b.press("Take it back")
	if kept, err := v.store.Test(t.Context(), test.ID); err != nil || kept.Badge != "" {
		t.Errorf("taken back it is %q, %v", kept.Badge, err)
	}
	b.quiet()
}
