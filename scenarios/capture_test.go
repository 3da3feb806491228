package scenarios

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/capture"
)

const withCaptures = `
load: {type: maintain-client-load, clients: 1, duration: 1s}
requests:
  - name: login
    path: /login
    method: POST
    capture:
      token: {header: x-token}
      csrf: {cookie: session}
      id: {json: "$.user['an id'][0]"}
      password: {match: 'pw=(\w+)'}
  - name: use
    path: /users/{{id}}?t={{token}}
    method: POST
    headers: {X-Csrf: "{{csrf}}"}
    body: '{"p": "{{password}}"}'
    auth: {user: "{{id}}", password: "{{password}}"}
targets: [{name: one, url: "http://127.0.0.1"}]
`

func TestCapturesAreRead(t *testing.T) {
	s, err := Parse("a.yaml", []byte(withCaptures), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := s.Requests[0].Captures
	if len(got) != 4 || got[0] != (capture.Capture{Name: "token", Header: "X-Token"}) || got[1] != (capture.Capture{Name: "csrf", Cookie: "session"}) ||
		got[2].Name != "id" || got[2].JSON.String() != "$.user['an id'][0]" || got[3].Name != "password" || got[3].Match.String() != `pw=(\w+)` {
		t.Errorf("%+v", got)
	}
	// Names that say secret hide no place, and the stored scenario tells them all.
	for _, text := range []string{"x-token", "X-Token", "session", "$.user", `pw=(\w+)`} {
		if blotted := s.Secrets().Blot(text); blotted != text {
			t.Errorf("%s is shown as %s", text, blotted)
		}
	}
	if stored := string(s.Redacted()); !strings.Contains(stored, `"capture":{"csrf":"cookie session","id":"json $.user['an id'][0]","password":"match /pw=(\\w+)/","token":"header X-Token"}`) {
		t.Error(stored)
	}
}

func TestFaultsOfCaptures(t *testing.T) {
	for change, want := range map[string]string{
		"token: {header: x-token} → token: {header: x-token, cookie: a}": "8:7: requests.0.capture.token: must have one of header, cookie, json and match",
		"token: {header: x-token} → token: {}":                           "8:7: requests.0.capture.token: must have one of header, cookie, json and match",
		"token: {header: x-token} → 2nd: {header: x-token}":              "8:7: requests.0.capture.2nd: must be a name: a letter, then letters, digits and _",
		"token: {header: x-token} → tokens: {header: x-token}":           "13:11: requests.1.path: holds {{token}}, and nothing gives that name a value: did you mean {{tokens}}?",
		"token: {header: x-token} → token: {heade: x-token}":             "8:15: requests.0.capture.token.heade: no such key",
		"header: x-token → header: Trailer":                              "8:23: requests.0.capture.token.header: must be the name of a response header",
		"cookie: session → cookie: a b":                                  "9:22: requests.0.capture.csrf.cookie: must be the name of a cookie",
		`$.user['an id'][0] → user.id`:                                   `10:18: requests.0.capture.id.json: does not begin with $, which stands for the whole answer: write $.user.id`,
		`$.user['an id'][0] → $.user[*]`:                                 `10:18: requests.0.capture.id.json: holds [*], which is neither an index such as [0] nor a name`,
		`pw=(\w+) → pw=(`:                                                "11:25: requests.0.capture.password.match: must be a regular expression",
		"path: /login → path: /login/{{token}}":                          "5:11: requests.0.path: holds {{token}}, which request login captures no sooner than here: only the requests after that one have it",
		"    auth: → \n    capture: {csrf: {header: X-Csrf}}\n    auth:": "18:15: requests.1.capture.csrf: is a value of request login too",
	} {
		from, to, _ := strings.Cut(change, " → ")
		_, err := Parse("a.yaml", []byte(strings.Replace(withCaptures, from, to, 1)), Options{})
		if err == nil || !strings.Contains(err.Error(), "a.yaml:"+want) {
			t.Errorf("%s:\n%v\nwant %s", change, err, want)
		}
	}
}

// A name in place of a secret is none: it is printed as it stands, and hides nothing.
func TestNamesInPlaceOfSecrets(t *testing.T) {
	const text = `
load: {type: maintain-client-load, clients: 1, duration: 1s}
requests:
  - {path: /, capture: {token: {header: X-Token}}}
  - path: "/?token={{token}}&a=|"
    method: POST
    headers: {Authorization: "Bearer {{token}}", X-Token: "{{token}}"}
    body: '{"token": "{{token}}", "password": "{{token}}"}'
targets: [{name: one, url: "http://127.0.0.1"}]
`
	d := Document{File: "a.yaml", Source: []byte(text)}
	f, err := d.Read(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if printed, variables := f.YAML(); len(variables) > 0 {
		t.Errorf("%q stand for secrets of\n%s", variables, printed)
	}
	s, err := d.Parse(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a|b", "Bearer abc", "token"} {
		if got := s.Secrets().Blot(text); got != text {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}
