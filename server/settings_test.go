package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/server"
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
