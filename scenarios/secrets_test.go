package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stress-tool/stress/secret"
)

// secretText is what is left of a text beside the secrets of a scenario.
func secretText(t *testing.T, text, keys string, variables map[string]string) string {
	t.Helper()
	if !strings.Contains(keys, "targets:") {
		keys += "\ntargets: [{name: one, url: \"http://10.1.2.3:8080\"}]"
	}
	if !strings.Contains(keys, "request:") {
		keys += "\nrequest: {path: page}"
	}
	s, err := Parse("s.yaml", []byte("load: {rate: 1, duration: 1s}\n"+keys), Options{Lookup: env(variables)})
	if err != nil {
		t.Fatal(err)
	}
	return s.Secrets().Blot(text)
}

func TestWhatIsSecret(t *testing.T) {
	for _, c := range []struct{ keys, value, text string }{
		{`request: {path: "/x/${V}"}`, "in-a-path", "in-a-path"},
		{`request: {path: "/?q=${V}"}`, "in%2Da-query", "in-a-query"},
		{`request: {path: /, headers: {X-Thing: "a ${V} b"}}`, "odd-named", "odd-named"},
		{`request: {path: /, headers: {X-Api-Key: abcd1234}}`, "", "abcd1234"},
		{`request: {path: /, headers: {Authorization: "Bearer ${V}"}}`, "bearer-7", "bearer-7"},
		{`request: {path: /, headers: {Authorization: "Basic YW5uOmh1bnRlcjI="}}`, "", "hunter2"},
		{`request: {path: /, headers: {Cookie: "sid=abc-def; t=x"}}`, "", "abc-def"},
		{`request: {path: /, body: "x=${V}"}`, "in a body", "in a body"},
		{`request: {path: /, body: "a=b&password=hunt+er2&c=d"}`, "", "hunt er2"},
		{`request: {path: /, body: '{"token": "tok-123", "a": 1}'}`, "", "tok-123"},
		{`request: {path: /, body: '{"token": "two words, and \"more\""}'}`, "", `two words, and "more"`},
		{`request: {path: /, body: "<Login><Password type='a'>two words</Password></Login>"}`, "", "two words"},
		{`request: {path: /, body: "--b\r\nContent-Disposition: form-data; name=\"pass\"\r\n\r\ntwo words\r\n--b--"}`, "", "two words"},
		{`request: {path: /, body: "user=ann&pass=hunter2"}`, "", "hunter2"},
		{`request: {path: /, headers: {X-Auth: abcd1234, Auth: other-5}}`, "", "other-5"},
		{`request: {path: /, auth: {user: ann, password: "${V}"}}`, "pw", "ann:pw"},
		{`request: {path: /, auth: {user: "${V}", password: x}}`, "user-name", "user-name"},
		{`request: {path: "/?api_token=literal&x=1"}`, "", "literal"},
		{`request: {path: "/?x=1&sig=literal"}`, "", "literal"},
		{`request: {path: /, expect: {body: "${V}"}}`, "wanted", "wanted"},
		{`targets: [{name: one, url: "http://bob:s%20e@10.1.2.3/"}]`, "", "bob:s e"},
		{`targets: [{name: one, url: "http://10.1.2.3/${V}/"}]`, "base-path", "base-path"},
		{`targets: [{name: one, url: "http://10.1.2.3/", proxy: "http://${V}@10.1.2.4:3128"}]`, "proxy-user:proxy-pw", "proxy-pw"},
		{`targets: [{name: one, url: "${V}"}]`, "http://10.1.2.3/deep/path/", "deep/path"},
		{`ledger: {dsn: "app:${V}@tcp(10.1.2.3:3306)/db", table: t, column: c}`, "db-password", "db-password"},
		{`ledger: {dsn: "${V}", table: t, column: c}`, "app:db-password@tcp(10.1.2.3:3306)/db", "db-password"},
		{`ledger: {dsn: "postgres://app:${V}@10.1.2.3/db", table: t, column: c}`, "db-password", "db-password"},
		{`ledger: {dsn: "${V}", table: t, column: c}`, "postgres://app:db%2Fpassword@10.1.2.3/db", "db/password"},
		{`ledger: {dsn: "u:p@tcp(h:1)/d", query: "SELECT h, n FROM t WHERE k = '${V}'"}`, "query-key", "query-key"},
	} {
		if got := secretText(t, "-"+c.text+"-", c.keys, map[string]string{"V": c.value}); got != "-"+secret.Mark+"-" {
			t.Errorf("%s with %q: %s", c.keys, c.value, got)
		}
	}
}

// A value that is shown in any case, or that half of all texts hold, is no secret: what
// is left of an answer without them could not be read.
func TestWhatIsNoSecret(t *testing.T) {
	const keys = `name: "${NAME}"
request: {name: "front ${NAME}", path: "/${ONE}?p=${PORT}&n=${NUMBER}", method: "${METHOD}", headers: {Host: "${HOST}", X-Debug: "${YES}", X-On: "${LOCAL}", X-To: "${IP}"}}
targets: [{name: "${TARGET}", url: "http://${IP}:${PORT}/"}]
ledger: {dsn: "app:x@tcp(${IP}:3306)/db", table: "${TABLE}", column: Host}
thresholds: ["p95 < ${TIME}"]`
	variables := map[string]string{
		"NAME": "checkout", "ONE": "a", "PORT": "18080", "NUMBER": "80000", "METHOD": "POST", "HOST": "shop.example.org", "YES": "true",
		"LOCAL": "localhost", "IP": "10.1.2.3", "TARGET": "cluster", "TABLE": "orders", "TIME": "500ms",
	}
	for name, value := range variables {
		text := fmt.Sprintf("<%s> app@10.1.2.3:18080", value)
		if got := secretText(t, text, keys, variables); got != text {
			t.Errorf("%s: %s became %s", name, text, got)
		}
	}
}

// Every key is either public or secret by decision: who adds one decides.
func TestEveryKeyIsPublicOrSecret(t *testing.T) {
	secretPlaces := []string{
		"request.path", "request.headers", "request.body", "request.auth", "request.expect.body", "request.expect.match",
		"request.expect.header", "request.expect", "request.expect.json", "request.expect.json_match", "request.expect.not", "request.expect.not.body", "request.expect.not.match", "request.expect.not.header", "target.url", "target.proxy", "target.host_from", "target.host_from.body", "ledger.dsn", "ledger.query", "ledger", "request", "requests", "targets", "feeds", "feed.url", "generators", "generators.nats",
	}
	decided := map[string]bool{}
	for _, p := range secretPlaces {
		decided[p] = true
	}
	for _, key := range Keys() {
		where := placeOf(key.Path)
		if !public(where) && !decided[where] && !decided[strings.TrimSuffix(strings.TrimSuffix(where, ".user"), ".password")] {
			t.Errorf("%s: add it to publicPlaces, or to this test's secret places", key.Path)
		}
	}
}

func TestReadersSeeTheTemplates(t *testing.T) {
	const src = `load: {rate: 1, duration: 1s}
requests:
  - {path: "items/${ID}?q=${Q}&token=literal"}
  - {path: "http://10.1.2.3/whole?q=${Q}"}
targets:
  - {name: one, url: "http://bob:pw@10.1.2.3:80/${ID}/"}
  - {name: two, url: "${BASE}/app/"}
  - {name: three, url: "${DEEP}"}
  - {name: four, url: "${BASE}"}
`
	s, err := Parse("s.yaml", []byte(src), Options{Lookup: env(map[string]string{"ID": "id-7", "Q": "q-value", "BASE": "http://10.1.2.3", "DEEP": "http://10.1.2.3/deep-path/"})})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"http://10.1.2.3:80/${ID}/items/${ID}?q=${Q}&token=" + secret.Mark,
		"http://10.1.2.3/app/items/${ID}?q=${Q}&token=" + secret.Mark,
		"http://10.1.2.3/" + secret.Mark + "/items/${ID}?q=${Q}&token=" + secret.Mark,
		"http://10.1.2.3/items/${ID}?q=${Q}&token=" + secret.Mark,
	} {
		if got := s.RequestURL(s.Targets[i], s.Requests[0]); got != want {
			t.Errorf("target %d: %s, want %s", i, got, want)
		}
	}
	if got, want := s.RequestURL(s.Targets[0], s.Requests[1]), "http://10.1.2.3/whole?q=${Q}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if stored := string(s.Redacted()); strings.Contains(stored, "id-7") || strings.Contains(stored, "q-value") || strings.Contains(stored, "deep-path") {
		t.Errorf("run.json holds %s", stored)
	}
}
