package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/reach"
)

// What stands behind "More": a log-in whose answer the next request uses, rows of a payload file, a body, expectations,
// stages with their drawing. It is run as it was written, and a clone has it all in its fields.
func TestAPersonWritesAPassOfRequests(t *testing.T) {
	browser := browsertest.Start(t)
	var logins, orders, wrong atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		switch {
		case r.URL.Path == "/users.csv":
			fmt.Fprint(w, "email,city\nana@shop.example,Porto\neva@shop.example,Oslo\n")
			return
		case r.Method == "POST" && r.URL.Path == "/login" && user == "me" && password == "s3cr3t" && strings.Contains(string(body), "@shop.example"):
			logins.Add(1)
			w.Header().Set("X-Token", "of-"+string(body))
		case r.Method == "PUT" && r.URL.Path == "/orders" && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer of-") && r.Header.Get("X-Shop") == "1":
			orders.Add(1)
		default:
			wrong.Add(1)
		}
		fmt.Fprint(w, `{"ok": true}`)
	}))
	t.Cleanup(target.Close)
	v := serve(t, t.TempDir(), server.Options{Open: true, Within: reach.Networks{netip.MustParsePrefix("127.0.0.0/8")}})
	b := open(t, browser, v.base+"/tests/new")
	b.do(chromedp.Click(`form.test details:first-of-type summary`))
	b.fill("name", "a pass")
	b.fill("host", strings.TrimPrefix(target.URL, "http://"))
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('method').value = 'POST'`))
	b.fill("path", "/login")
	b.fill("body", "user={{email}}")
	b.fill("user", "me")
	b.fill("password", "s3cr3t")
	b.fill("json", "$.ok = true")
	b.fill("capture", "token: header X-Token")
	b.fill("payload_url", target.URL+"/users.csv")
	b.fill("stages", "1s 10/s\n1s 20/s")
	b.press("Add a request")
	if says[string](b, `document.getElementById('capture').value`) != "token: header X-Token" {
		t.Error("what was typed is gone")
	}
	if hint := says[string](b, `document.getElementById('password-hint').innerText`); !strings.Contains(hint, "type it again") {
		t.Errorf("the password is gone, and the page says %q", hint)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('r1-method').value = 'PUT'`))
	b.fill("password", "s3cr3t") // it is never sent back
	b.fill("r1-path", "/orders")
	b.fill("r1-headers", "Authorization Bearer\nX-Shop: 1")
	b.press("Draw the load")
	if text := says[string](b, `document.getElementById('r1-headers-faults')?.innerText || document.body.innerText`); !strings.Contains(text, "header") {
		t.Errorf("the fault of the second request's headers is %.500q", text)
	}
	b.inspect("form-more")
	b.fill("password", "s3cr3t")
	b.fill("r1-headers", "Authorization: Bearer {{token}}\nX-Shop: 1")
	b.press("Draw the load")
	b.until(`document.querySelector('.planned path')`)
	b.fill("password", "s3cr3t")
	b.press("Save and run")
	b.until(`document.querySelector('iframe.report')`)
	if logins.Load() < 15 || logins.Load() != orders.Load() || wrong.Load() > 4 { // and what asks beforehand which protocol is spoken
		t.Errorf("%d log-ins, %d orders, %d others", logins.Load(), orders.Load(), wrong.Load())
	}
	all, err := v.store.Tests(t.Context(), false)
	if err != nil || len(all) != 1 || strings.Contains(all[0].Scenario, "s3cr3t") {
		t.Fatalf("kept is %+v, %v", all, err)
	}
	b.do(chromedp.Navigate(v.base + "/tests/new?from=" + all[0].ID))
	for id, want := range map[string]string{"r1-path": "/orders", "r1-headers": "Authorization: Bearer {{token}}\nX-Shop: 1", "payload_url": target.URL + "/users.csv", "stages": "1s 10/s\n1s 20/s"} {
		if got := says[string](b, `document.getElementById('`+id+`')?.value || ''`); got != want {
			t.Errorf("the clone's %s holds %q, want %q", id, got, want)
		}
	}
	b.inspect("form-clone")
}
