package server_test

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/peer"
	"github.com/stress-tool/stress/server/store"
)

// keys presses keys, one after the other.
func (b *tab) keys(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

// Somebody without a mouse logs in, makes a key and an account, adds a host, and logs out.
func TestAPersonLogsInByKeyboard(t *testing.T) {
	browser := browsertest.Start(t)
	v := guarded(t, server.Options{Open: true})
	b := open(t, browser, v.base+"/settings/audit")
	b.inspect("login")
	if focus := says[string](b, `document.activeElement.id`); focus != "name" {
		t.Errorf("the page to log in begins at %q", focus)
	}
	b.keys(anna, kb.Tab, "a wrong password", kb.Enter)
	b.until(`document.querySelector('[role=alert]')`)
	if text := says[string](b, `document.querySelector('[role=alert]').innerText`); !strings.Contains(text, "There is no account of that name") {
		t.Errorf("a wrong password is answered by %q", text)
	}
	b.inspect("login-wrong")
	b.reach("#password")
	b.keys(password, kb.Enter)
	b.until(`location.pathname === '/settings/audit'`)
	b.inspect("audit")
	b.reach(`a[href="/settings/keys"]`)
	b.enter()
	b.reach("#name")
	b.keys("ci", kb.Enter)
	b.until(`document.getElementById('made')`)
	b.inspect("keys-made")
	key := says[string](b, `document.getElementById('made').innerText`)
	if code, _ := v.send("GET", "/api/v1/hosts", "", http.Header{"Authorization": {"Bearer " + key}}); code != http.StatusOK {
		t.Errorf("the key %q is answered by %d", key, code)
	}
	b.reach(`a[href="/settings/accounts"]`)
	b.enter()
	b.reach("#new-name")
	b.keys("ben", kb.Tab, "ben", kb.Enter) // the browser itself says that it is short
	if says[bool](b, `document.getElementById('new-password').validity.valid`) {
		t.Error("a short password is fine to the browser")
	}
	b.keys("s words of mine", kb.Enter)
	b.until(`[...document.querySelectorAll('tbody th')].some((e) => e.innerText === 'ben')`)
	b.inspect("accounts")
	for _, part := range []string{"mail", "defaults", "tokens"} {
		b.reach(`a[href="/settings/` + part + `"]`)
		b.enter()
		b.inspect(part)
	}
	b.reach(`nav.site a[href="/hosts"]`)
	b.enter()
	b.reach("#name")
	b.keys("127.0.0.1:1", kb.Enter)
	b.until(`document.querySelector('.notice.good')`)
	b.reach(`nav.site a[href="/settings"]`)
	b.enter()
	b.reach(`a[href="/settings/tokens"]`)
	b.enter()
	b.inspect("tokens-some")
	b.reach(`nav.site form button`)
	b.enter()
	b.until(`location.pathname === '/login'`)
	b.do(chromedp.NavigateBack())
	b.until(`location.pathname === '/login' && document.getElementById('password')`) // nothing is kept to go back to
	b.quiet()
}

// The first account of a server of this machine is made on its page, and everybody has to log in from then on.
func TestTheFirstAccountClosesTheDoor(t *testing.T) {
	browser := browsertest.Start(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	b := open(t, browser, v.base+"/settings/accounts")
	b.inspect("accounts-none")
	b.fill("new-name", anna)
	b.fill("new-password", password)
	b.press("Make the account")
	b.until(`location.pathname === '/login'`)
	b.fill("name", anna)
	b.fill("password", password)
	b.press("Log in")
	b.until(`location.pathname === '/settings/accounts'`)
	if err := v.store.Note(t.Context(), store.By{At: time.Now(), Who: anna, From: "2001:db8:1234:5678:9abc:def0:1234:5678"}, store.TestDeleted, strings.Repeat("long", 40)); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(v.base + "/settings/audit"))
	b.inspect("audit-long")
	b.do(chromedp.Navigate(v.base + "/settings/keys"))
	b.do(chromedp.Click(`summary`))
	b.inspect("keys-revoke")
}

// Names of keys, tests and senders of headers stay text, and what is secret is shown once or never.
func TestSettingsShowTextAndNoSecrets(t *testing.T) {
	v := guarded(t, server.Options{Proxies: peer.Proxies{netip.MustParsePrefix("127.0.0.1/32")}})
	session := v.logIn(anna, password, nil)
	const hostile = `<b id="x">"'>{{.}}<script>alert(1)</script>`
	answer, text := v.post("/settings/keys", url.Values{"name": {hostile}}, session)
	if answer.StatusCode != http.StatusOK || strings.Contains(text, "<script>alert") || strings.Contains(text, `<b id="x">`) {
		t.Errorf("a key is answered by %d, %.2000s", answer.StatusCode, text)
	}
	_, rest, _ := strings.Cut(text, `<code id="made">`)
	key, _, _ := strings.Cut(rest, "<")
	if code, _ := v.send("GET", "/api/v1/tests", "", http.Header{"Authorization": {"Bearer " + key}}); code != http.StatusOK {
		t.Errorf("the key %q is answered by %d", key, code)
	}
	for name, fine := range map[string]bool{"": false, "a\x00b": false, "a\nb": false, strings.Repeat("x", 101): false, hostile: false, "ci 2": true} {
		if answer, _ := v.post("/settings/keys", url.Values{"name": {name}}, session); (answer.StatusCode == http.StatusOK) != fine {
			t.Errorf("the key %q is answered by %d", name, answer.StatusCode)
		}
	}
	const secret = "correct horse battery"
	mail := url.Values{"address": {"smtp://mail.example:587"}, "user": {"robot"}, "password": {secret}, "from": {"stress@shop.example"}}
	if answer, text := v.post("/settings/mail", mail, session); answer.StatusCode != http.StatusOK || strings.Contains(text, secret) {
		t.Errorf("mail is answered by %d, %.2000s", answer.StatusCode, text)
	}
	mail.Del("password")
	if answer, _ := v.post("/settings/mail", mail, session); answer.StatusCode != http.StatusOK {
		t.Errorf("the same mail without its password is answered by %d", answer.StatusCode)
	}
	mail.Set("address", "smtp://evil.example:587")
	if answer, text := v.post("/settings/mail", mail, session); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "type it anew") {
		t.Errorf("another mail server without a password is answered by %d", answer.StatusCode)
	}
	var kept store.MailServer
	if err := v.store.Setting(t.Context(), store.MailSetting, &kept); err != nil || kept.Password != secret || kept.Address != "smtp://mail.example:587" {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	// A mail server of this machine is not for whoever uses the pages to reach.
	v.post("/settings/mail", url.Values{"address": {"smtp+clear://127.0.0.1:9"}, "from": {"stress@shop.example"}}, session)
	if answer, text := v.post("/settings/mail/try", url.Values{"to": {"a@b.example"}}, session); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "no public address") {
		t.Errorf("mail through this machine is answered by %d, %.2000s", answer.StatusCode, text)
	}
	if _, err := v.store.Hosts(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := store.Host{ID: store.NewID(), Name: hostile, Created: time.Now()}
	if err := errors.Join(v.store.AddHost(t.Context(), h, store.By{At: time.Now()}), v.store.DeleteHost(t.Context(), h.ID, store.By{At: time.Now(), Who: hostile, From: hostile})); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/settings/keys", "/settings/accounts", "/settings/mail", "/settings/defaults", "/settings/tokens", "/settings/audit"} {
		answer, text := v.get(path, session)
		if answer.StatusCode != http.StatusOK || strings.Contains(text, "<script>alert") || strings.Contains(text, `<b id="x">`) {
			t.Errorf("%s is answered by %d, %.3000s", path, answer.StatusCode, text)
		}
		for _, s := range []string{key, secret, password, "argon2id", strings.TrimPrefix(session.Get("Cookie"), "stress=")} {
			if strings.Contains(text, s) {
				t.Errorf("%s shows %q", path, s)
			}
		}
		if c := answer.Header.Get("Cache-Control"); c != "no-store" {
			t.Errorf("%s may be kept: %q", path, c)
		}
	}
	if answer, _ := v.post("/settings/keys/revoke", url.Values{"name": {hostile}}, session); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("revoking is answered by %d", answer.StatusCode)
	}
	if code, _ := v.send("GET", "/api/v1/tests", "", http.Header{"Authorization": {"Bearer " + key}}); code != http.StatusUnauthorized {
		t.Errorf("the revoked key is answered by %d", code)
	}
}

// A new test begins with what was set, and what makes no test is not kept.
func TestDefaultsOfANewTest(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	form := url.Values{"type": {"maintain-client-load"}, "clients": {"7"}, "duration": {"90"}, "unit": {"s"}, "protocol": {"https"}, "method": {"POST"}, "path": {"/shop"}, "thresholds": {"p95 < 300ms"}}
	if answer, text := v.post("/settings/defaults", form, nil); answer.StatusCode != http.StatusOK {
		t.Fatalf("%d, %.3000s", answer.StatusCode, text)
	}
	for field, bad := range map[string]string{"clients": "-1", "thresholds": "p95 ~ 3"} {
		wrong := url.Values{}
		for k, v := range form {
			wrong[k] = v
		}
		wrong.Set(field, bad)
		if answer, text := v.post("/settings/defaults", wrong, nil); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, `id="`+field+`-faults"`) {
			t.Errorf("%s %q is answered by %d", field, bad, answer.StatusCode)
		}
	}
	_, text := v.get("/tests/new", nil)
	for _, want := range []string{`value="7"`, `value="90"`, `value="https" selected`, `value="POST" selected`, `value="maintain-client-load" selected`, "p95 &lt; 300ms", `value="/shop"`} {
		if !strings.Contains(text, want) {
			t.Errorf("a new test has no %s", want)
		}
	}
}
