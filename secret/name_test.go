package secret

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestNamesThatSaySecret(t *testing.T) {
	for name, want := range map[string]bool{
		"dsn": true, "Password": true, "db_pass": true, "PASS": true, "passphrase": true, "pwd": true, "client-secret": true,
		"X-Csrf-Token": true, "X-Api-Key": true, "Authorization": true, "Proxy-Authorization": true, "X-Auth": true, "auth": true,
		"auth_code": true, "oauth": true, "authenticity": true, "Cookie": true, "credentials": true, "session_id": true, "PHPSESSID": true, "sid": true,
		"X-Amz-Signature": true, "sig": true, "bearer": true, "jwt": true, "otp": true, "pin": true,
		"author": false, "X-Authority": false, "passenger": false, "Accept": false, "side": false, "design": false, "q": false,
		"option": false, "pinned": false, "X-Request-Id": false, "": false,
	} {
		if got := Named(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	// The stems leave out nothing that the pattern finds.
	rapid.Check(t, func(t *rapid.T) {
		if s := rapid.StringMatching(Name).Draw(t, "name"); Named(s) != name().MatchString(s) {
			t.Errorf("%q: %v", s, Named(s))
		}
	})
	// As a part of another pattern it knows the same names.
	field := regexp.MustCompile(Name + `[\w-]*=`)
	for text, want := range map[string]bool{"auth=x": true, "pass=x": true, "user_pass=x": true, "sid=x": true, "X-AUTH=x": true, "author=x": false} {
		if got := field.MatchString(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
