package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack/feed"
)

func TestFeeds(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"users.csv": "email,e-mail,city\na,b,c\n", "more.jsonl": `{"city": 1}`, "broken.csv": "a,a\n1,2\n", "data": "x;y\n1;2\n",
		"vars.json": `{"version": 1, "variables": [{"names": ["word"], "values": [["x"]]}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const open, closed = "{type: clients-per-test, clients: 3, duration: 1s}", "{type: maintain-client-load, clients: 3, duration: 1s}"
	parse := func(feeds, request, load string) (*Scenario, error) {
		text := "feeds: " + feeds + "\nrequest: " + request + "\nload: " + load + "\ntargets: [{name: a, url: 'http://127.0.0.1:1'}]\n"
		return Parse(filepath.Join(dir, "s.yaml"), []byte(text), Options{Lookup: env(map[string]string{"TOKEN": "t0ken"})})
	}
	for _, of := range []struct{ feeds, request, load, want string }{
		{"[{name: u, file: users.csv}]", "{path: '/{{emial}}'}", open, "holds {{emial}}, and nothing gives that name a value: did you mean {{email}}?"},
		{"[{name: u, file: users.csv}]", "{path: /, headers: {X-A: '{{nothing}}'}}", open, "write {{{{nothing}} for the text itself"},
		{"[{name: u, file: users.csv}]", "{path: '/{{nothing}}'}", open, "there is {{city}}, {{email}}; write {{{{nothing}} for the text itself"},
		{"[{name: u, file: users.csv}]", "{path: '/{{ email }}'}", open, "holds {{ email }}, and nothing gives that name a value: did you mean {{email}}?"},
		{"[{name: u, file: users.csv}]", "{path: /, method: POST, body: '{{ other }} {{{{email}}'}", open, ""},
		{"[{name: u, file: users.csv}]", "{path: '/?m={{e-mail}}'}", open, "holds {{e-mail}}, a column whose name cannot stand there: rename the column"},
		{"[{name: u, file: none.csv}]", "{path: '/{{x}}'}", open, "feeds.0.file: cannot be read"},
		{"[{name: u, file: .}]", "{path: /}", open, "does not tell by its ending"},
		{"[{name: u, file: ., format: csv}]", "{path: /}", open, "it is no regular file"},
		{"[{name: u, file: broken.csv}]", "{path: /}", open, "broken.csv:1:3: is the name of another column too: a"},
		{"[{name: u, file: users.csv, url: 'http://h/x.csv'}]", "{path: /}", open, "must have either file or url"},
		{"[{name: u}]", "{path: /}", open, "must have either file or url"},
		{"[{name: u, file: users.csv}, {name: u, file: data, format: csv}]", "{path: /}", open, "is the name of another feed too"},
		{"[{name: u, file: users.csv}, {name: m, file: more.jsonl}]", "{path: /}", open, "has a column city, as feed u has"},
		{"[{name: u, file: users.csv}, {name: m, file: more.jsonl}]", "{path: '/{{email}}', payload: m}", open, ""},
		{"[{name: m, file: more.jsonl}]", "{path: '/{{city}}', payload: m}", open, "holds {{city}}"},
		{"[{name: v, file: vars.json}]", "{path: '/{{word}}', payload: v}", open, ""},
		{"[{name: u, file: users.csv}]", "{path: /, payload: v}", open, "is no feed"},
		{"[{name: u, file: users.csv}]", "{path: /, payload: u, method: POST, body: '{}'}", open, "adds to a form, and the body is none"},
		{"[{name: u, file: users.csv, order: unique}]", "{path: /}", closed, "cannot be unique here"},
		{"[{name: u, file: users.csv, order: unique}]", "{path: /}", "{type: stages, stages: [{duration: 1s, clients: 3}]}", "cannot be unique here"},
		{"[{name: u, file: more.jsonl, columns: [a]}]", "{path: /}", open, "is for CSV"},
		{"[{name: u, file: data, format: csv, columns: [a, a]}]", "{path: /}", open, "is the name of another column too"},
		{"[{name: u, file: data, format: csv, columns: [a, b], order: random}]", "{path: '/{{a}}{{b}}'}", closed, ""},
		{"[{name: u, url: 'ftp://h/x.csv'}]", "{path: /}", open, "must be an address such as"},
		{"[{name: u, url: 'http://u:pw@h/x.csv?token=${TOKEN}'}]", "{path: '/{{anything}}'}", open, ""},
	} {
		s, err := parse(of.feeds, of.request, of.load)
		switch {
		case of.want == "" && err != nil:
			t.Errorf("%s %s: %v", of.feeds, of.request, err)
		case of.want != "" && (err == nil || !strings.Contains(err.Error(), of.want)):
			t.Errorf("%s %s: %v, want %s", of.feeds, of.request, err, of.want)
		}
		if s != nil && strings.Contains(string(s.Redacted()), "t0ken") {
			t.Errorf("run.json holds %s", s.Redacted())
		}
	}
	s, err := parse("[{name: u, url: 'http://bob:pa55word@h/x.csv?token=${TOKEN}', order: random}]", "{path: /}", open)
	if err != nil {
		t.Fatal(err)
	}
	if f := s.Feeds[0]; f.Format != feed.CSV || f.Order != feed.Random || f.URL.Host != "h" || s.Secrets().Blot("pa55word t0ken") != "*** ***" && strings.Contains(s.Secrets().Blot("pa55word t0ken"), "0") {
		t.Errorf("%+v, %s", f, s.Secrets().Blot("pa55word t0ken"))
	}
}

func TestWeights(t *testing.T) {
	parse := func(requests, thresholds string) error {
		text := "load: {type: rate, rate: 1, duration: 1s}\ntargets: [{name: a, url: 'http://h'}]\nrequests: " + requests + "\nthresholds: " + thresholds
		_, err := Parse("s.yaml", []byte(text), Options{})
		return err
	}
	for _, of := range []struct{ requests, thresholds, want string }{
		{"[{name: login, path: /, weight: 9}, {path: /b, weight: 1}]", `["p95{login} < 300ms", "max{GET /b} < 1s"]`, ""},
		{"[{name: login, path: /, weight: 9}, {path: /b}]", "[]", "requests.1: has no weight, and others have one"},
		{"[{name: login, path: /, weight: 1, capture: {t: {header: X-T}}}]", "[]", "is for requests that follow in the pass"},
		{"[{name: login, path: /, weight: 0}]", "[]", "must be at least 1"},
		{"[{name: login, path: /}]", `["p95{lgoin} < 300ms"]`, "is about a request that there is not"},
		{"[{name: login, path: /}]", `["error_rate{login} < 1%", "skipped{login} == 0"]`, ""},
		{"[{name: login, path: /}]", `["hosts{login} == 2"]`, "is of all requests together"},
	} {
		if err := parse(of.requests, of.thresholds); of.want == "" && err != nil || of.want != "" && (err == nil || !strings.Contains(err.Error(), of.want)) {
			t.Errorf("%s %s: %v, want %q", of.requests, of.thresholds, err, of.want)
		}
	}
}
