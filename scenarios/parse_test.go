package scenarios

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/template"
)

// env is a Lookup of a fixed environment.
func env(vars map[string]string) Lookup {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

const smallest = `
load: {type: clients-per-test, clients: 50, duration: 1m}
request: {path: /index.php}
targets: [{name: one, url: "http://127.0.0.1:8080"}]
`

func parse(t testing.TB, src string, set ...string) *Scenario {
	t.Helper()
	s, err := Parse("dir/some.yaml", []byte(src), Options{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// faultsOf are the one-line faults of a scenario that must have some.
func faultsOf(t testing.TB, src string, set ...string) []string {
	t.Helper()
	_, err := Parse("some.yaml", []byte(src), Options{Set: set})
	fs := Faults(nil)
	if !errors.As(err, &fs) {
		t.Fatalf("no faults but %v in:\n%s", err, src)
	}
	return strings.Split(fs.Error(), "\n")
}

func wantFault(t testing.TB, src, want string, set ...string) {
	t.Helper()
	got := faultsOf(t, src, set...)
	if len(got) != 1 || !strings.Contains(got[0], want) {
		t.Errorf("faults are\n%s\nwanted one with %q; scenario:\n%s %q", strings.Join(got, "\n"), want, src, set)
	}
}

func TestDefaults(t *testing.T) {
	s := parse(t, smallest)
	if s.Name != "some" || s.Source != "dir/some.yaml" || s.Engine != "auto" {
		t.Errorf("name %q, source %q, engine %q", s.Name, s.Source, s.Engine)
	}
	l := s.Loads[0]
	if l.Timeout != 10*time.Second || l.ErrorThreshold != 0.5 || l.Connections != attack.PerClient || l.Arrivals != plan.Even {
		t.Errorf("load is %+v", l)
	}
	r := s.Requests[0]
	if r.Name != "GET /index.php" || r.Method != "GET" || r.Follow != 0 || len(r.Expect.Status) != 0 {
		t.Errorf("request is %+v", r)
	}
	if tg := s.Targets[0]; tg.HTTP2 != nil || tg.Insecure || tg.Replicas != 0 {
		t.Errorf("target is %+v", tg)
	}
	if s.Ledger != nil || s.Compare != nil {
		t.Error("ledger and compare come from nowhere")
	}
	if !reflect.DeepEqual(s.Loads[0].Thresholds, []string{"error_rate < 1%"}) || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "error_rate < 1%") {
		t.Errorf("thresholds %q, notes %q", s.Loads[0].Thresholds, s.Notes)
	}
}

func TestDefaultsWithLedgerAndTwoTargets(t *testing.T) {
	s := parse(t, smallest+`ledger: {dsn: "u:p@tcp(127.0.0.1:3306)/d", table: t, column: c}`,
		`targets=[{name: one, url: "http://127.0.0.1:1"}, {name: two, url: "http://127.0.0.1:2"}]`)
	if !reflect.DeepEqual(s.Loads[0].Thresholds, []string{"error_rate < 1%", "lost == 0"}) {
		t.Errorf("thresholds are %q", s.Loads[0].Thresholds)
	}
	if s.Compare == nil || *s.Compare != (Compare{Baseline: "one", Candidate: "two"}) || len(s.Notes) != 2 {
		t.Errorf("compare is %+v, notes are %q", s.Compare, s.Notes)
	}
}

func TestLoads(t *testing.T) {
	const rest = "\nrequest: {path: /}\ntargets: [{name: one, url: 'http://h'}]\n"
	minute := plan.Load{Clients: 50, Duration: time.Minute, Arrivals: plan.Even}
	with := func(change func(*plan.Load)) plan.Load { l := minute; change(&l); return l }
	for _, c := range []struct {
		yaml string
		want plan.Load
		conn attack.Connections
	}{
		{"type: clients-per-test, clients: 50, duration: 1m", with(func(l *plan.Load) { l.Type = plan.ClientsPerTest }), attack.PerClient},
		{"type: non-cycling, total: 50, duration: 60s", with(func(l *plan.Load) { l.Type = plan.ClientsPerTest }), attack.PerClient},
		{"type: per-test, total: 50, duration: 60s, connections: shared, max_connections: 5", with(func(l *plan.Load) { l.Type = plan.ClientsPerTest }), attack.Shared},
		{"type: per-second, clients: 50, duration: 1m, arrivals: poisson, seed: 7", with(func(l *plan.Load) { l.Type, l.Arrivals, l.Seed = plan.ClientsPerSecond, plan.Poisson, 7 }), attack.PerClient},
		{"type: maintain-load, clients: 50, duration: 1m", with(func(l *plan.Load) { l.Type = plan.MaintainClientLoad }), attack.PerClient},
		{"type: cycling, initial: 0, total: 50, duration: 1m", with(func(l *plan.Load) { l.Type, l.HasFrom = plan.MaintainClientLoad, true }), attack.PerClient},
		{"type: rate, rate: 200/s, duration: 1m", with(func(l *plan.Load) { l.Type, l.Clients, l.Rate = plan.Rate, 0, 200 }), attack.Shared},
		{"rate: 0.5, duration: 1m", with(func(l *plan.Load) { l.Type, l.Clients, l.Rate = plan.Rate, 0, 0.5 }), attack.Shared},
		{"stages: [{duration: 30s, clients: 50}, {duration: 0s, clients: 0}]", plan.Load{Type: plan.Stages, Arrivals: plan.Even,
			Stages: []plan.Stage{{Duration: 30 * time.Second, Clients: 50}, {}}}, attack.PerClient},
		{"type: stages, stages: [{duration: 30s, rate: 5}]", plan.Load{Type: plan.Stages, Arrivals: plan.Even, ByRate: true,
			Stages: []plan.Stage{{Duration: 30 * time.Second, Rate: 5}}}, attack.Shared},
	} {
		s := parse(t, "load: {"+c.yaml+"}"+rest)
		if !reflect.DeepEqual(s.Loads[0].Load, c.want) || s.Loads[0].Connections != c.conn {
			t.Errorf("%s:\ngot  %+v, %s\nwant %+v, %s", c.yaml, s.Loads[0].Load, s.Loads[0].Connections, c.want, c.conn)
		}
	}
}

func TestLoadFaults(t *testing.T) {
	const rest = "\nrequest: {path: /}\ntargets: [{name: one, url: 'http://h'}]\n"
	for _, c := range []struct{ yaml, want string }{
		{"clients: 50, duration: 1m", "1:1: load.type: is missing"},
		{"type: per-test, clients: 50", "1:1: load.duration: is missing"},
		{"type: stages", "load.stages: is missing"},
		{"type: per-test, clients: 50, total: 5, duration: 1m", "1:37: load.total: is another spelling of clients"},
		{"type: per-test, clients: 50, duration: 1m, from: 2", "1:57: load.from: has no meaning for type clients-per-test"},
		{"type: per-test, clients: 50, duration: 1m, initial: 2", "1:60: load.initial: has no meaning"},
		{"type: per-test, clients: 50, duration: 1m, stages: [{duration: 1s, clients: 1}]", "load.stages: has no meaning"},
		{"type: maintain-load, clients: 50, duration: 1m, arrivals: poisson", "load.arrivals: poisson is for open loads"},
		{"type: maintain-load, clients: 50, duration: 1m, connections: shared", "load.connections: cannot be shared here"},
		{"type: per-test, clients: 50, duration: 1m, max_connections: 5", "load.max_connections: bounds a shared pool"},
		{"type: maintain-load, clients: 50, duration: 1m, pacing: batch", "load.pacing: is for open loads"},
		{"type: per-test, clients: 50, duration: 1m, local_addresses: [localhost]", "load.local_addresses.0: must be an IP address"},
		{"type: rate, rate: 0, duration: 1m", "1:26: load.rate: must be above 0"},
		{"type: stages, stages: [{duration: 0s, clients: 5}]", "load.stages: must last some time"},
		{"stages: [{duration: 1s, clients: 5, rate: 5}]", "load.stages.0: names both"},
		{"stages: [{duration: 1s}]", "load.stages.0: names no level"},
		{"stages: [{duration: 1s, clients: 5}, {duration: 1s, rate: 5}]", "load.stages.1: is counted otherwise"},
		{"type: per-test, clients: 1, duration: 0s", "load.duration: must be above 0, got \"0s\""},
	} {
		wantFault(t, "load: {"+c.yaml+"}"+rest, c.want)
	}
}

// A plan is checked whatever is wrong with the settings beside it, and is not where its own
// keys are wrong or misspelt: it would find faults that there are not.
func TestPlansAreCheckedBesideBrokenSettings(t *testing.T) {
	const rest = "\nrequest: {path: /}\ntargets: [{name: one, url: 'http://h'}]\n"
	for _, k := range loadForm().keys {
		if slices.Contains([]string{"rate", "duration", "clients"}, k.name) {
			continue // they are there already
		}
		got := faultsOf(t, "load: {rate: 5, duration: 1m, clients: 5, "+k.name+": {}}"+rest)
		both := len(got) == 2 && strings.Contains(got[0], "load.clients: has no meaning for type rate")
		if of := slices.Contains(planKeys, k.name); both == of || of && len(got) != 1 {
			t.Errorf("beside a broken %s: %q", k.name, got)
		}
	}
	wantFault(t, "load: {type: per-test, clints: 50, duration: 1m}"+rest, "load.clints: no such key")
}

func TestExtensionsHoldAnchors(t *testing.T) {
	s := parse(t, `
x-ok: &ok {status: 200, body: fine, nonsense: "${NOT_SET"}
x-target: &target {replicas: 3, http2: false}
load: {type: per-test, clients: 5, duration: 1m}
request: {path: /, expect: {status: 200}}
targets: [{<<: *target, name: one, url: "http://h"}]
`)
	if target := s.Targets[0]; target.Replicas != 3 || target.HTTP2 == nil || *target.HTTP2 {
		t.Errorf("target is %+v", target)
	}
	wantFault(t, smallest+"X-common: 1\n", "X-common: no such key")
	wantFault(t, strings.Replace(smallest, "path:", "x-a: 1, path:", 1), "request.x-a: no such key")
}

// Values of requests are checked before anything is sent, and a secret that is none is not shown.
func TestValuesOfRequests(t *testing.T) {
	with := func(request string) string {
		return strings.Replace(smallest, "{path: /index.php}", "{"+request+"}", 1)
	}
	for request, want := range map[string]string{
		`path: /, body: "%{3:1}"`:                          "request.body: holds an expression whose range does not rise",
		`path: /, headers: {X-A: "{{$nobody}}"}`:           "request.headers.X-A: holds {{$ that begins no value",
		`path: /, auth: {user: "%{a}", password: p}`:       "request.auth.user: holds %{ that begins no expression",
		`path: /, auth: {user: u, password: "%{s3creto}"}`: "request.auth.password: holds %{ that begins no expression",
		`path: "/%{3:1}"`:                                  "request.path: holds an expression whose range does not rise",
		`path: "http://{{$client}}/"`:                      "request.path: must be",
	} {
		wantFault(t, with(request), want)
	}
	s := parse(t, with(`path: "/%{1:9}?token=s3creto-{{$client}}", body: "{{$uuid}}"`))
	if r := s.Requests[0]; r.Path != "/%{1:9}?token=s3creto-{{$client}}" || string(r.Body) != "{{$uuid}}" || r.Verbatim {
		t.Errorf("%+v", r)
	}
}

func TestFaultsBetweenKeys(t *testing.T) {
	const two = "\ntargets: [{name: one, url: 'http://h'}, {name: two, url: 'http://g/app/'}]\n"
	const load = "load: {type: per-test, clients: 5, duration: 1m}\n"
	for _, c := range []struct{ yaml, want string }{
		{load + two, "1:1: request: is missing"},
		{load + "requets: [{path: x}]" + two, "requets: no such key"},
		{load + "request: {path: x}\nrequests: [{path: x}]" + two, "requests: stands beside request"},
		{load + "requests: [{path: x, name: a}, {path: y, name: a}]" + two, "requests.1.name: is the name of another request"},
		{load + "request: {path: x, body: a, body_file: b}" + two, "request.body_file: stands beside body"},
		{load + "request: {path: x, body_file: nowhere}" + two, `request.body_file: cannot be read, got "nowhere": no such file`},
		{load + "request: {path: x, body_file: testdata}" + two, `it is no regular file`},
		{load + "request: {path: x, headers: {x-a: 1, X-A: 2}}" + two, "request.headers.X-A: is given twice"},
		{load + "request: {path: x, headers: {'x a': 1}}" + two, "is no valid header name"},
		{load + "request: {path: x, headers: {Authorization: a}, auth: {user: a, password: b}}" + two, "request.auth: stands beside a header"},
		{load + "request: {path: /x}" + two, "targets.1.url: has a path"},
		{load + "request: {path: x}\ncompare: {baseline: one, candidate: tow}" + two, "compare.candidate: must be the name of a target"},
		{load + "request: {path: x}\ncompare: {baseline: one, candidate: one}" + two, "compare.candidate: is the baseline too"},
		{load + "request: {path: x}\ncompare: {baseline: one}\ntargets: [{name: one, url: 'http://h'}]", "compare.candidate: is missing"},
		{load + "request: {path: x}\ncompare: {rounds: 2}\ntargets: [{name: a, url: 'http://h'}, {name: b, url: 'http://h'}, {name: c, url: 'http://h'}]", "compare.candidate: is missing"},
		{load + "request: {path: x}\nthresholds: [lost == 0]" + two, "thresholds.0: lost needs a ledger"},
		{load + "request: {path: x}\nthresholds: [three.p95 < 1s]" + two, "thresholds.0: is about a target that there is not"},
	} {
		got := faultsOf(t, c.yaml)
		if !strings.Contains(got[len(got)-1], c.want) {
			t.Errorf("faults are\n%s\nwanted %q; scenario:\n%s", strings.Join(got, "\n"), c.want, c.yaml)
		}
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:8080": "http://127.0.0.1:8080", "https://[::1]:8443/": "https://[::1]:8443/",
		"http://h/app/": "http://h/app/", "unix:/run/a b.sock": "http://localhost /run/a b.sock", "unix:///run/x": "http://localhost /run/x",
		"http://h/app": "", "h:80": "", "http://": "", "http://h:99999": "", "http://h:0": "", "http://h?x": "", "http://h#x": "",
		"http://h:x": "", "unix:run/x": "", "unix:/": "", "unix:": "", "//h": "", "": "",
	} {
		a, err := parseAddress(in)
		got := ""
		if err == nil {
			got = strings.TrimSpace(a.url.String() + " " + a.socket)
		}
		if got != want {
			t.Errorf("%q is read as %q (%v), want %q", in, got, err, want)
		}
	}
}

func TestAddressesAreStraightened(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:8080": "write http://127.0.0.1:8080", "shop.example": "write http://shop.example", "[::1]:80": "write http://[::1]:80",
		"h:443": "write https://h:443", "htp://h:1": "write http://h:1", "htttps://h": "write https://h", "http:/h": "write http://h",
		"https:h": "write https://h", `http:\\h`: "write http://h", "http;//h": "write http://h", "http://::1": "write http://[::1]",
		"http://h/x": "write http://h, and the rest into the request's path", "h/x?y": "write http://h, and the rest into the request's path",
		"ftp://h": "", "u:p@h": "", "http://u:p@h/x": "", "": "", "://": "", "h:99999": "", "“http://h”": `“ and ” are no quotes of YAML: write "`,
	} {
		if got := addressAdvice(in); got != want {
			t.Errorf("of %q we say %q, want %q", in, got, want)
		}
	}
}

func TestRequests(t *testing.T) {
	s := parse(t, `
load: {type: per-test, clients: 5, duration: 1m}
requests:
  - {path: /a?q=1}
  - {path: /a?q=2, method: POST, body: hello, headers: {host: example.org, X-N: 5}}
  - {path: "/a?q=3", auth: {user: me, password: pw}, follow: 2}
  - {path: /a, expect: {status: [200, "300-399", 4xx], body: yes!, match: "a+b", header: {Content-Type: json, ETag: ""}}}
targets: [{name: one, url: "http://h"}]
`)
	var names []string
	for _, r := range s.Requests {
		names = append(names, r.Name)
	}
	if want := []string{"GET /a", "POST /a", "GET /a (2)", "GET /a (3)"}; !reflect.DeepEqual(names, want) {
		t.Errorf("names are %q, want %q", names, want)
	}
	if r := s.Requests[1]; string(r.Body) != "hello" || r.Header.Get("Host") != "example.org" || r.Header.Get("X-N") != "5" {
		t.Errorf("request is %+v", r)
	}
	if r := s.Requests[2]; r.User != "me" || r.Password != "pw" || r.Follow != 2 {
		t.Errorf("request is %+v", r)
	}
	want := []attack.StatusRange{{From: 200, To: 200}, {From: 300, To: 399}, {From: 400, To: 499}}
	if e := s.Requests[3].Expect; !reflect.DeepEqual(e.Status, want) || e.Body != "yes!" || !e.Match.MatchString("aab") || len(e.Header) != 2 {
		t.Errorf("expect is %+v", e)
	}
	const words = `GET /a (3): status 200, 300–399 or 400–499 and body contains "yes!" and body matches "a+b" and header Content-Type contains "json" and header Etag present`
	if got := s.SuccessWords(); !strings.HasPrefix(got, "GET /a: status below 400; ") || !strings.HasSuffix(got, words) {
		t.Errorf("success is %s", got)
	}
}

func TestBodyFileStandsBesideTheScenario(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "body.json"), `{"a":1}`)
	file := filepath.Join(dir, "s.yaml")
	write(t, file, strings.Replace(smallest, "path: /index.php", "path: /, method: POST, body_file: body.json", 1))
	s, err := Load(file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s.Requests[0].Body); got != `{"a":1}` {
		t.Errorf("body is %q", got)
	}
}

func write(t testing.TB, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Numbers, durations and shares come back as they were written.
func TestValuesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clients := rapid.IntRange(1, plan.MaxClients).Draw(t, "clients")
		length := time.Duration(rapid.Int64Range(int64(time.Second), int64(mostDuration)).Draw(t, "duration"))
		timeout := time.Duration(rapid.Int64Range(1, 1_200_000).Draw(t, "timeout")) * time.Millisecond
		percent := rapid.IntRange(0, 100).Draw(t, "percent")
		replicas := rapid.IntRange(0, maxReplicas).Draw(t, "replicas")
		from, to := rapid.IntRange(100, 599).Draw(t, "from"), rapid.IntRange(100, 599).Draw(t, "to")
		from, to = min(from, to), max(from, to)
		text := rapid.String().Filter(func(s string) bool { return s != "" && !strings.Contains(s, "${") }).Draw(t, "text")
		text = template.Escape(text)
		src := fmt.Sprintf(`{"load": {"type": "per-second", "clients": %d, "duration": "%v", "timeout": "%v", "error_threshold": "%d%%"},
			"request": {"path": "/", "expect": {"status": "%d-%d"}},
			"targets": [{"name": "a", "url": "http://h", "replicas": %d}]}`, clients, length, timeout, percent, from, to, replicas)
		s, err := Parse("a.yaml", []byte(src), Options{Set: []string{"request.body=" + text}})
		if err != nil {
			t.Fatal(err)
		}
		if s.Loads[0].Clients != clients || s.Loads[0].Duration != length || s.Loads[0].Timeout != timeout || s.Targets[0].Replicas != replicas {
			t.Fatalf("got %+v, %+v", s.Loads[0], s.Targets[0])
		}
		if got := s.Loads[0].ErrorThreshold; got*100-float64(percent) > 1e-9 || float64(percent)-got*100 > 1e-9 {
			t.Fatalf("%d%% is read as %v", percent, got)
		}
		if got := s.Requests[0].Expect.Status[0]; got != (attack.StatusRange{From: from, To: to}) {
			t.Fatalf("%d-%d is read as %v", from, to, got)
		}
		if got := string(s.Requests[0].Body); got != text {
			t.Fatalf("%q is read as %q", text, got)
		}
	})
}
