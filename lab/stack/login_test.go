package stack

import (
	"database/sql"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestLogin goes through the form behind the balancer, where every request reaches another Apache.
func TestLogin(t *testing.T) {
	s := start(t, Options{Replicas: 2})
	page := s.Cluster + "/login.php"
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	token := regexp.MustCompile(`name="token" value="([0-9a-f]{32})"`)
	ask := func(client *http.Client, form url.Values, status int, says string) string {
		t.Helper()
		method, body := http.MethodGet, ""
		if form != nil {
			method, body = http.MethodPost, form.Encode()
		}
		req, err := http.NewRequestWithContext(t.Context(), method, page, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != status || !strings.Contains(string(text), says) {
			t.Fatalf("%v: status %d, %v, %q; want %d and %q", form, resp.StatusCode, err, text, status, says)
		}
		if found := token.FindStringSubmatch(string(text)); found != nil {
			return found[1]
		}
		return ""
	}
	first := ask(browser, nil, 200, "<form")
	ask(browser, url.Values{"user": {"ana"}, "password": {"senha-ana"}}, 403, "token is missing")
	ask(http.DefaultClient, url.Values{"token": {first}, "user": {"ana"}, "password": {"senha-ana"}}, 403, "token is missing")
	ask(browser, url.Values{"token": {first}, "user": {"ana"}, "password": {"senha-bia"}}, 401, "password is wrong")
	second := ask(browser, url.Values{"token": {first}, "user": {"ana"}, "password": {"senha-ana"}}, 200, "welcome, ana")
	if second == first || second == "" {
		t.Errorf("token %q after the log-in, and %q before", second, first)
	}
	ask(browser, url.Values{"token": {first}, "note": {"old"}}, 403, "token is missing")
	ask(browser, url.Values{"token": {second}, "note": {"it's <b>"}}, 200, "saved for ana")
	var user, note string
	if err := s.withDB(func(db *sql.DB) error {
		return db.QueryRowContext(t.Context(), "SELECT Nome, Sobrenome FROM dados").Scan(&user, &note)
	}); err != nil || user != "ana" || note != "it's <b>" {
		t.Errorf("row %q %q, %v", user, note, err)
	}
}
