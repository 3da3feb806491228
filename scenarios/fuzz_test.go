package scenarios

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// Whatever the input, there is a scenario that can be run, or faults that lie in
// the file; never both, never neither.
func FuzzParse(f *testing.F) {
	for _, e := range Catalogue() {
		f.Add([]byte(e.Source), "")
	}
	for _, name := range []string{"faults.yaml", "variables.yaml"} {
		src, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, "load.clients=${N}")
		f.Add(src, "loads.1.clients=${N}")
	}
	f.Add([]byte(confidential), "targets=[{name: a, url: 'http://h'}]")
	f.Add([]byte(smallest), "request.headers.X=1")
	f.Add([]byte(smallest), "load.stages=[{duration: 1s, rate: 5}]")
	f.Add([]byte(smallest), "compare={rounds: 10, seed: 7, cool_down: 5s, warm_up: 2s, budget: 10m}")
	f.Add([]byte(smallest+"gate: {p95: {worse_by: 10%, and: 5ms}, rate_rps: {min: 200/s, max: 1e3}, error_rate: {max: '1 %'}}\n"), "gate.p50.max=1m0.5s")
	f.Add([]byte(smallest+"gate: {lost: {max: 0}, p95: {min: 9999999h}, mean: {}}\n"), "gate.rate_rps.and=1e999")
	for _, src := range []string{"", "a", "- a", "a: &a [*a]", "a: &a\n", "? a", "? [a]: b\n: c", "<<: {a: 1}", "<<: [a]", "%TAG ! a\n---\na", "---\n---\n",
		"a: |\n", "a: >2-\n   b", "load: !!map {}", "{a, b: }", "[]: 1", "\t", "\ufeff", "a: \"\\xff\"", "a: 'b\n\n c'", "load: {<<: {type: rate}, rate: 1}"} {
		f.Add([]byte(src), "name=x")
	}
	f.Fuzz(func(t *testing.T, src []byte, set string) {
		d, opts := Document{File: "f.yaml", Source: src}, Options{Set: []string{set}, Lookup: env(map[string]string{"N": "5"})}
		s, err := d.Parse(opts)
		if err != nil {
			checkFaults(t, src, err)
			if s != nil {
				t.Fatal("a scenario and faults")
			}
			return
		}
		checkScenario(t, s)
		checkFile(t, d, opts, s)
	})
}

// checkFile holds the File of a document against the scenario that the document makes.
func checkFile(t *testing.T, d Document, opts Options, want *Scenario) {
	f, err := d.Read(opts)
	if err != nil {
		t.Fatalf("a good scenario has no File: %v", err)
	}
	got, err := Parse(d.File, f.source(), Options{Lookup: opts.Lookup})
	if err != nil {
		t.Fatalf("%v of\n%s", err, f.source())
	}
	for _, s := range []*Scenario{got, want} {
		for i := range s.Requests {
			if len(s.Requests[i].Body) == 0 { // that it is empty may be written
				s.Requests[i].Body = nil
			}
		}
		s.secrets = nil // in another order
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("a File makes\n%+v, its document\n%+v, by\n%s", got, want, f.source())
	}
}

func checkFaults(t *testing.T, src []byte, err error) {
	fs := Faults(nil)
	if !errors.As(err, &fs) || len(fs) == 0 {
		t.Fatalf("no faults but %v", err)
	}
	lines := strings.Split(strings.TrimPrefix(strings.ReplaceAll(string(src), "\r\n", "\n"), "\ufeff"), "\n")
	for _, fault := range fs {
		if fault.Message == "" || strings.ContainsAny(fault.Error(), "\n\x1b") {
			t.Fatalf("fault is %q", fault.Error())
		}
		if fault.Line == 0 && fault.Col == 0 {
			continue // of the whole file, or set from outside
		}
		if fault.Line < 1 || fault.Line > len(lines) || fault.Col < 1 || fault.Col > utf8.RuneCountInString(lines[fault.Line-1])+1 {
			t.Fatalf("%s lies outside the file", fault.Error())
		}
	}
	fs.Render()
}

func checkScenario(t *testing.T, s *Scenario) {
	if len(s.Loads) == 0 {
		t.Fatal("no load")
	}
	for _, l := range s.Loads {
		if _, err := plan.New(l.Load); err != nil {
			t.Fatal(err)
		}
		for _, th := range l.Thresholds {
			if _, err := threshold.Parse(th); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(s.Requests) == 0 || len(s.Targets) == 0 || s.SuccessWords() == "" || !json.Valid(s.Redacted()) {
		t.Fatalf("scenario is %+v", s)
	}
	names := map[string]bool{}
	for _, target := range s.Targets {
		if target.URL == nil || target.Name == "" || names[target.Name] {
			t.Fatalf("targets are %+v", s.Targets)
		}
		names[target.Name] = true
	}
	requests := map[string]bool{}
	for _, r := range s.Requests {
		if r.Path == "" || r.Method == "" || r.Name == "" || requests[r.Name] {
			t.Fatalf("requests are %+v", s.Requests)
		}
		requests[r.Name] = true
	}
	if c := s.Compare; c != nil {
		alone := c.Baseline == "" && c.Candidate == "" && len(s.Targets) == 1
		if !alone && (!names[c.Baseline] || !names[c.Candidate]) || c.MostRounds() < 1 || c.CoolDown < 0 || c.WarmUp < 0 || c.Budget < 0 {
			t.Fatalf("compare is %+v", c)
		}
	}
	checkGate(t, s.Gate)
}

// checkGate finds limits that say nothing, or nothing that could be judged.
func checkGate(t *testing.T, limits []runlog.Limit) {
	metrics := map[string]bool{}
	for _, l := range limits {
		given := 0
		for _, bound := range []*float64{l.WorseBy, l.And, l.Max, l.Min} {
			if bound != nil {
				given++
				if !(*bound >= 0) || math.IsInf(*bound, 0) {
					t.Fatalf("a bound of %s is %v", l.Metric, *bound)
				}
			}
		}
		if given == 0 || metrics[l.Metric] || l.Max != nil && l.Min != nil && *l.Max < *l.Min {
			t.Fatalf("gate is %+v", limits)
		}
		metrics[l.Metric] = true
	}
}

// FuzzSet: a pair changes what its own key names, and nothing else.
func FuzzSet(f *testing.F) {
	for _, pair := range []string{"name=a, b", "load.clients=7", "thresholds=[p95 < 1s, error_rate < 1%]", "name=x,targets.0.url=http://127.0.0.1:9",
		"name=x\ntargets: [{name: b, url: 'http://h'}]", "name=\"x\", load: 1", "request.headers.Accept=text/html,application/xml", "=", "a=", "..=1",
		"name=&a x", "name=*a", "name={<<: {a: 1}}", "<<={targets: []}", "targets.99999999999999999999.url=x", "targets.0.url=http://h#,"} {
		f.Add(pair)
	}
	plain := parse(f, smallest)
	f.Fuzz(func(t *testing.T, pair string) {
		s, err := Parse("f.yaml", []byte(smallest), Options{Set: []string{pair}, Lookup: env(nil)})
		if err != nil {
			checkFaults(t, []byte(smallest), err)
			return
		}
		key, _, _ := strings.Cut(pair, "=")
		root, _, _ := strings.Cut(strings.TrimSpace(key), ".")
		if root != "targets" && s.Targets[0].URL.String() != plain.Targets[0].URL.String() {
			t.Errorf("%q set the target to %v", pair, s.Targets[0].URL)
		}
		if root != "request" && s.Requests[0].Path != plain.Requests[0].Path {
			t.Errorf("%q set the path to %v", pair, s.Requests[0].Path)
		}
		if root != "load" && s.Loads[0].Clients != plain.Loads[0].Clients {
			t.Errorf("%q set the clients to %d", pair, s.Loads[0].Clients)
		}
		if root != "ledger" && s.Ledger != nil {
			t.Errorf("%q asks the database %s", pair, s.Ledger.Table)
		}
	})
}
