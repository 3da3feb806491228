package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/account"
	"github.com/stress-tool/stress/server/peer"
	"github.com/stress-tool/stress/server/store"
)

const anna, password = "anna", "four words of mine"

// guarded is a server with an account.
func guarded(t *testing.T, o server.Options) *serving {
	t.Helper()
	v := serve(t, t.TempDir(), o)
	if err := account.NewDoor(v.store).Add(t.Context(), anna, password, store.By{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return v
}

// get asks for a page, and follows nothing.
func (v *serving) get(path string, header http.Header) (*http.Response, string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), "GET", v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	if header != nil {
		r.Header = header.Clone()
	}
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

// logIn returns the session's cookie, as a browser brings it back.
func (v *serving) logIn(name, password string, header http.Header) http.Header {
	v.t.Helper()
	answer, text := v.post("/login", url.Values{"name": {name}, "password": {password}}, header)
	if answer.StatusCode != http.StatusSeeOther || len(answer.Cookies()) != 1 {
		v.t.Fatalf("the log-in of %s is answered by %d, %.500s", name, answer.StatusCode, text)
	}
	c := answer.Cookies()[0]
	return http.Header{"Cookie": {c.Name + "=" + c.Value}}
}

// deeds are the lines of the audit, the newest first.
func (v *serving) deeds() (all []string) {
	v.t.Helper()
	lines, err := v.store.Audit(v.t.Context(), 0, 100)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, l := range lines {
		all = append(all, fmt.Sprintf("%s %s %s %s", l.Did, l.Who, l.From, l.About))
	}
	return all
}

// Without a session there is the page to log in, what programs ask with keys, and what was shared.
func TestPagesAreForWhoIsLoggedIn(t *testing.T) {
	v := guarded(t, server.Options{Open: true})
	for path, code := range map[string]int{
		"/": 303, "/tests": 303, "/settings/keys": 303, "/nothing": 303, "/tests/x/results/y/events": 401, "/login": 200, "/assets/site.css": 200,
		"/api": 200, "/api/v1/tests": 401, "/v2/tests": 401, "/reports/x/results/y": 404, "/badges/x.svg": 404, "/assets/../tests": 303, "/login/../tests": 303,
	} {
		answer, _ := v.get(path, nil)
		if answer.StatusCode != code && answer.StatusCode != http.StatusTemporaryRedirect && answer.StatusCode != http.StatusMovedPermanently {
			t.Errorf("%s is answered by %d, want %d", path, answer.StatusCode, code)
		}
	}
	if answer, _ := v.get("/tests?q=a&b", nil); answer.Header.Get("Location") != "/login?next=%2Ftests%3Fq%3Da%26b" {
		t.Errorf("it leads to %q", answer.Header.Get("Location"))
	}
	for _, path := range []string{"/hosts", "/settings/keys", "/tests/new", "/try", "/logout", "/settings/accounts"} {
		if answer, _ := v.post(path, url.Values{"name": {"127.0.0.1:1"}, "password": {password}}, nil); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("a form to %s is answered by %d", path, answer.StatusCode)
		}
	}
	session := v.logIn("Anna", password, nil)
	if answer, text := v.get("/tests", session); answer.StatusCode != 200 || !strings.Contains(text, "Log out") {
		t.Errorf("with a session it is answered by %d, %.500s", answer.StatusCode, text)
	}
	if answer, _ := v.post("/logout", nil, session); answer.StatusCode != http.StatusSeeOther || answer.Cookies()[0].MaxAge >= 0 {
		t.Errorf("the log-out is answered by %d, %v", answer.StatusCode, answer.Cookies())
	}
	if answer, _ := v.get("/tests", session); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("after the log-out it is answered by %d", answer.StatusCode)
	}
	want := []string{"log-out anna 127.0.0.1 ", "log-in anna 127.0.0.1 ", "account made   anna"}
	if got := v.deeds(); len(got) < 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("the audit says %q", got)
	}
}

// Over TLS, also of a proxy that is believed, no other host sets the cookie and nothing goes in clear.
func TestTheCookieIsSafe(t *testing.T) {
	v := guarded(t, server.Options{Proxies: peer.Proxies{netip.MustParsePrefix("127.0.0.1/32")}})
	form := url.Values{"name": {anna}, "password": {password}}
	for proto, want := range map[string]string{"https": "__Host-stress", "http": "stress", "": "stress"} {
		h := http.Header{"X-Forwarded-For": {"192.0.2.7"}}
		if proto != "" {
			h.Set("X-Forwarded-Proto", proto)
		}
		answer, _ := v.post("/login", form, h)
		if len(answer.Cookies()) != 1 {
			t.Fatalf("by %q: %d, %v", proto, answer.StatusCode, answer.Header)
		}
		c := answer.Cookies()[0]
		if c.Name != want || c.Secure != (proto == "https") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) != 43 {
			t.Errorf("by %q the cookie is %v", proto, c)
		}
		// A cookie that was set in clear is none over TLS.
		if got, _ := v.get("/tests", http.Header{"X-Forwarded-Proto": {"https"}, "Cookie": {"stress=" + c.Value}}); got.StatusCode != http.StatusSeeOther {
			t.Errorf("a cookie of clear lets in over TLS: %d", got.StatusCode)
		}
	}
	if got := v.deeds(); !strings.HasPrefix(got[0], "log-in anna 192.0.2.7") {
		t.Errorf("behind a proxy the audit says %q", got[0])
	}
}

// Nobody logs in to a session that somebody else has chosen, and each log-in has its own.
func TestSessionsCannotBeFixed(t *testing.T) {
	v := guarded(t, server.Options{Open: true})
	chosen := http.Header{"Cookie": {"stress=" + strings.Repeat("A", 43)}}
	session := v.logIn(anna, password, chosen)
	if session.Get("Cookie") == chosen.Get("Cookie") {
		t.Error("the token is the one that was brought along")
	}
	if answer, _ := v.get("/tests", chosen); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the token that was brought along is answered by %d", answer.StatusCode)
	}
	again := v.logIn(anna, password, session)
	if answer, _ := v.get("/tests", session); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the session of before is answered by %d", answer.StatusCode)
	}
	if answer, _ := v.get("/tests", again); answer.StatusCode != http.StatusOK {
		t.Errorf("the new session is answered by %d", answer.StatusCode)
	}
}

// Another site does nothing in a browser that is logged in, whatever its form holds, and logs nobody in or out.
func TestOtherSitesDoNothingWithASession(t *testing.T) {
	v := guarded(t, server.Options{})
	session := v.logIn(anna, password, nil)
	for _, from := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"http://evil.example"}}, {"Origin": {"null"}}} {
		from.Set("Cookie", session.Get("Cookie"))
		for _, path := range []string{"/login", "/logout", "/settings/keys", "/settings/keys/revoke", "/settings/accounts", "/settings/accounts/remove", "/settings/accounts/password",
			"/settings/mail", "/settings/mail/try", "/settings/defaults", "/hosts", "/tests/new", "/try"} {
			form := url.Values{"name": {"evil"}, "password": {password}, "present": {password}}
			if answer, _ := v.post(path, form, from); answer.StatusCode != http.StatusForbidden || len(answer.Cookies()) > 0 {
				t.Errorf("%s with %v is answered by %d, %v", path, from, answer.StatusCode, answer.Cookies())
			}
		}
	}
	if answer, _ := v.get("/tests", session); answer.StatusCode != http.StatusOK {
		t.Errorf("the session is answered by %d", answer.StatusCode)
	}
	if all, err := v.store.Accounts(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("accounts %v, %v", all, err)
	}
}

// Guesses become rare, for the right password too, and an address that is made up helps nobody.
func TestGuessesAreRefused(t *testing.T) {
	v := guarded(t, server.Options{Open: true})
	codes := map[int]int{}
	for n := range 20 {
		forged := http.Header{"X-Forwarded-For": {fmt.Sprintf("198.18.0.%d", n)}, "X-Real-Ip": {fmt.Sprintf("198.18.1.%d", n)}, "Forwarded": {"for=198.18.2.1"}}
		answer, text := v.post("/login", url.Values{"name": {anna}, "password": {fmt.Sprintf("wrong password %d", n)}}, forged)
		codes[answer.StatusCode]++
		if answer.StatusCode == http.StatusTooManyRequests && answer.Header.Get("Retry-After") == "" {
			t.Errorf("it does not say for how long: %.300s", text)
		}
		if strings.Contains(text, "wrong password") {
			t.Error("the page has the password")
		}
	}
	if codes[401] < 5 || codes[401] > 12 || codes[401]+codes[429] != 20 {
		t.Errorf("20 guesses are answered by %v", codes)
	}
	until(t, "a refusal of the right password", func() bool { // between two that are let through
		answer, _ := v.post("/login", url.Values{"name": {anna}, "password": {password + "x"}}, nil)
		if answer.StatusCode == http.StatusUnauthorized {
			answer, _ = v.post("/login", url.Values{"name": {anna}, "password": {password}}, nil)
		}
		return answer.StatusCode == http.StatusTooManyRequests
	})
	failed, refused := 0, 0
	for _, d := range v.deeds() {
		if strings.Contains(d, "198.18.") {
			t.Errorf("the audit believes %q", d)
		}
		if strings.HasPrefix(d, "log-in failed anna 127.0.0.1") {
			failed++
		}
		if strings.HasPrefix(d, "log-in refused anna") {
			refused++
		}
	}
	if failed < 5 || refused < 1 || refused > failed {
		t.Errorf("the audit has %d failures and %d refusals: %q", failed, refused, v.deeds())
	}
}

// What is typed where no account is may be a password: it is kept nowhere.
func TestNamesOfNobodyAreNotKept(t *testing.T) {
	v := guarded(t, server.Options{Open: true})
	v.post("/login", url.Values{"name": {"hunter2hunter2"}, "password": {"anna"}}, nil)
	v.post("/login", url.Values{"name": {"a\r\nSet-Cookie: x=y"}, "password": {"<script>"}}, nil)
	for _, d := range v.deeds() {
		if strings.Contains(d, "hunter2") || strings.Contains(d, "Cookie") {
			t.Errorf("the audit says %q", d)
		}
	}
	if got := v.deeds(); !strings.HasPrefix(got[0], "log-in failed (no account) 127.0.0.1") {
		t.Errorf("the audit says %q", got)
	}
}

// A log-in leads to a page of this server, whatever somebody has written into its address.
func TestALogInLeadsNowhereElse(t *testing.T) {
	v := guarded(t, server.Options{Open: true})
	for next, want := range map[string]string{
		"/tests?q=a": "/tests?q=a", "": "/", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/", "\\/evil.example": "/", "/\t/evil.example": "/",
		"/a\r\nSet-Cookie: x=y": "/", "javascript:alert(1)": "/", "evil.example": "/", "/login?next=/login": "/", "///evil.example": "/", "http:evil.example": "/", "/ /evil": "/",
	} {
		answer, _ := v.post("/login", url.Values{"name": {anna}, "password": {password}, "next": {next}}, nil)
		if got := answer.Header.Get("Location"); got != want || len(answer.Cookies()) != 1 {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
		if _, text := v.get("/login?"+url.Values{"next": {next}}.Encode(), nil); !strings.Contains(text, `name="next" value="`+want+`"`) {
			t.Errorf("%q is written into the page as it is", next)
		}
	}
}

// Who is removed is out at once, also where a run is being watched; another password ends the other sessions.
func TestSessionsEnd(t *testing.T) {
	target, _ := page(t)
	v := guarded(t, server.Options{Open: true})
	first, second := v.logIn(anna, password, nil), v.logIn(anna, password, nil)
	form := url.Values{"present": {"another one of mine"}, "password": {"six words that I can remember"}}
	if answer, _ := v.post("/settings/accounts/password", form, first); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("with a wrong password it is answered by %d", answer.StatusCode)
	}
	form.Set("present", password)
	if answer, text := v.post("/settings/accounts/password", form, first); answer.StatusCode != http.StatusOK {
		t.Errorf("another password is answered by %d, %.1000s", answer.StatusCode, text)
	}
	for session, code := range map[*http.Header]int{&first: 200, &second: 303} {
		if answer, _ := v.get("/tests", *session); answer.StatusCode != code {
			t.Errorf("after the change a session is answered by %d, want %d", answer.StatusCode, code)
		}
	}
	if answer, text := v.post("/settings/accounts/remove", url.Values{"name": {anna}}, first); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, "last account") {
		t.Errorf("removing the last account is answered by %d", answer.StatusCode)
	}
	if answer, text := v.post("/settings/accounts", url.Values{"name": {"Ben"}, "password": {password}}, first); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("another account is answered by %d, %.1000s", answer.StatusCode, text)
	}
	ben := v.logIn("ben", password, nil)
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":5,"duration":600,"urls":[{"url":"`+target+`/"}]}`)
	r, err := http.NewRequestWithContext(t.Context(), "GET", v.base+"/tests/"+member(begun, "test_id")+"/results/"+member(begun, "result_id")+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = ben
	watched, err := http.DefaultClient.Do(r)
	if err != nil || watched.StatusCode != http.StatusOK {
		t.Fatalf("watching is answered by %v, %v", watched, err)
	}
	defer watched.Body.Close()
	if answer, _ := v.post("/settings/accounts/remove", url.Values{"name": {"ben"}}, first); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("removing an account is answered by %d", answer.StatusCode)
	}
	if answer, _ := v.get("/tests", ben); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("who was removed is answered by %d", answer.StatusCode)
	}
	if _, err := io.Copy(io.Discard, watched.Body); err != nil { // it ends long before the run, or the test does
		t.Logf("the stream ends by %v", err)
	}
	v.ask("PUT", "/v2/tests/"+member(begun, "test_id")+"/stop", "", "")
}

// What nobody has shown to be his to send is short, and comes at once.
func TestLogInsAreShortAndQuick(t *testing.T) {
	t.Parallel()
	v := guarded(t, server.Options{Open: true})
	if answer, _ := v.post("/login", url.Values{"name": {anna}, "password": {strings.Repeat("x", 1<<20)}}, nil); answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a long one is answered by %d", answer.StatusCode)
	}
	c, err := net.Dial("tcp", strings.TrimPrefix(v.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3000\r\n\r\nname=", strings.TrimPrefix(v.base, "http://"))
	ended := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(bufio.NewReader(c))
		ended <- string(text)
	}()
	drip := time.NewTicker(500 * time.Millisecond)
	defer drip.Stop()
	for limit := time.After(time.Minute); ; {
		select {
		case <-drip.C:
			c.Write([]byte("x")) // after the end it fails
		case text := <-ended:
			if !strings.HasPrefix(text, "HTTP/1.1 400") {
				t.Errorf("a slow one is answered by %.200q", text)
			}
			return
		case <-limit:
			t.Fatal("a slow one is waited for")
		}
	}
}

// Past the proxy nothing is answered where it would go in clear, and without an account no proxy gets in.
func TestNobodyComesPastTheProxy(t *testing.T) {
	v := serve(t, t.TempDir(), server.Options{Open: true})
	if answer, text := v.get("/tests", http.Header{"X-Forwarded-For": {"192.0.2.1"}}); answer.StatusCode != http.StatusForbidden || !strings.Contains(text, "--trust-proxy") {
		t.Errorf("through a proxy an open server answers %d", answer.StatusCode)
	}
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := server.New(s, server.Options{Clear: true, Proxies: peer.Proxies{netip.MustParsePrefix("10.0.0.1/32")}}).Handler()
	for from, code := range map[string]int{"192.0.2.1:1": 403, "10.0.0.1:1": 200, "10.0.0.2:1": 403, "127.0.0.1:1": 200} {
		r := httptest.NewRequest("GET", "/login", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-For", "10.0.0.1")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != code {
			t.Errorf("from %s it is answered by %d, want %d", from, w.Code, code)
		}
	}
}
