package scenarios

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

const (
	restOfLoads = "request: {path: /}\ntargets: [{name: one, url: 'http://127.0.0.1'}]\n"
	twoLoads    = `
loads:
  - {name: per-test, type: clients-per-test, clients: 50, duration: 1m, thresholds: [p50 < 500ms]}
  - {name: maintained, type: maintain-client-load, clients: 50, duration: 1m, timeout: 5s}
` + restOfLoads
)

func TestSeveralLoads(t *testing.T) {
	s := parse(t, twoLoads+"thresholds: [error_rate < 1%]\n")
	if len(s.Loads) != 2 {
		t.Fatalf("got %+v", s.Loads)
	}
	once, kept := s.Loads[0], s.Loads[1]
	if once.Name != "per-test" || once.Type != plan.ClientsPerTest || once.Timeout != DefaultTimeout || !reflect.DeepEqual(once.Thresholds, []string{"error_rate < 1%", "p50 < 500ms"}) {
		t.Errorf("the first load is %+v", once)
	}
	if kept.Name != "maintained" || kept.Type != plan.MaintainClientLoad || kept.Timeout != 5*time.Second || !reflect.DeepEqual(kept.Thresholds, []string{"error_rate < 1%"}) {
		t.Errorf("the second load is %+v", kept)
	}
	if once.Decide != "" || kept.Decide != "" || len(s.Notes) > 0 {
		t.Errorf("decided by %q and %q, notes %q", once.Decide, kept.Decide, s.Notes)
	}
}

// A load for which nobody asks anything has the defaults, and the one beside it has not.
func TestLoadsWithoutThresholds(t *testing.T) {
	s := parse(t, twoLoads)
	if once := s.Loads[0]; once.Decide != "" || len(once.Thresholds) != 1 {
		t.Errorf("the first load is decided by %q: %q", once.Decide, once.Thresholds)
	}
	if kept := s.Loads[1]; kept.Decide != runlog.DecideUnasked || !reflect.DeepEqual(kept.Thresholds, []string{"error_rate < 1%"}) {
		t.Errorf("the second load is decided by %q: %q", kept.Decide, kept.Thresholds)
	}
	if want := []string{"no thresholds of load maintained given: error_rate < 1% applies"}; !reflect.DeepEqual(s.Notes, want) {
		t.Errorf("notes are %q", s.Notes)
	}
}

// One load under loads is the load under load, but for its name.
func TestOneOfLoadsIsLoad(t *testing.T) {
	for _, keys := range []string{
		"type: clients-per-test, clients: 50, duration: 1m", "rate: 5/s, duration: 1s, arrivals: poisson, seed: 3, timeout: 2s",
		"stages: [{duration: 1s, clients: 5}], error_threshold: 0%", "type: cycling, total: 9, initial: 1, duration: 2s",
	} {
		one, several := parse(t, "load: {"+keys+"}\n"+restOfLoads), parse(t, "loads: [{name: a, "+keys+"}]\n"+restOfLoads)
		want := one.Loads[0]
		if want.Name = "a"; !reflect.DeepEqual(several.Loads, []NamedLoad{want}) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", keys, several.Loads, want)
		}
	}
}

func TestLoadsFaults(t *testing.T) {
	const one = "{name: a, rate: 5, duration: 1s}"
	for src, want := range map[string]string{
		"loads: []\n": "loads: must be a list of at least one load",
		"load: {rate: 5, duration: 1s}\nloads: [" + one + "]\n":                       "loads: stands beside load",
		"loads: [{rate: 5, duration: 1s}]\n":                                          "loads.0.name: is missing",
		"loads: [" + one + ", " + one + "]\n":                                         "loads.1.name: is the name of another load too",
		"loads: [{name: A b, rate: 5, duration: 1s}]\n":                               "loads.0.name: must be small letters, digits, - and _",
		"loads: [" + one + ", {name: b, type: per-test, duration: 1s}]\n":             "loads.1.clients: is missing",
		"loads: [" + one + ", {name: b, clients: 5, duration: 1s}]\n":                 "loads.1.type: is missing",
		"loads: [{name: b, type: per-test, clients: -3, duration: 1s}]\n":             "loads.0.clients: must be at least 1, got -3",
		"loads: [{name: b, rate: 5, duration: 1s, clients: 5}]\n":                     "loads.0.clients: has no meaning for type rate",
		"loads: [{name: b, rate: 5, duration: 1s, thresholds: [lost == 0]}]\n":        "loads.0.thresholds.0: lost needs a ledger",
		"loads: [{name: b, rate: 5, duration: 1s, threshold: [p95 < 1s]}]\n":          "loads.0.threshold: no such key",
		"loads: [" + one + ", {name: b, rate: 5, duration: 1s, resolve_every: 2s}]\n": "loads.1.resolve_every: is another than that of the first load",
		"": "load: is missing",
	} {
		wantFault(t, src+restOfLoads, want)
	}
}

// A key of load, set from outside, is for every load that runs, and what makes another kind of
// load of it is for one.
func TestSetOfLoads(t *testing.T) {
	opts := func(loads []string, set ...string) Options {
		return Options{Loads: loads, Set: set, Flags: map[string]string{"load.clients": "--clients", "load.type": "--type", "load.rate": "--rate"}}
	}
	both := func(s *Scenario) []int { return []int{s.Loads[0].Clients, s.Loads[1].Clients} }
	for _, c := range []struct {
		set  []string
		want []int
	}{
		{[]string{"load.clients=7"}, []int{7, 7}},
		{[]string{"load.total=7"}, []int{7, 7}},
		{[]string{"loads.1.clients=7"}, []int{50, 7}},
		{[]string{"load.clients=9", "loads.0.clients=8"}, []int{8, 9}},
	} {
		s, err := Parse("a.yaml", []byte(twoLoads), opts(nil, c.set...))
		if err != nil || !reflect.DeepEqual(both(s), c.want) {
			t.Errorf("%q: %v, %v", c.set, s, err)
		}
	}
	s, err := Parse("a.yaml", []byte(twoLoads), opts([]string{"maintained"}, "load.rate=5", "load.duration=2s"))
	if err != nil || len(s.Loads) != 1 || s.Loads[0].Name != "maintained" || s.Loads[0].Rate != 5 || s.Loads[0].Duration != 2*time.Second {
		t.Errorf("one load: %+v, %v", s, err)
	}
	for _, c := range []struct {
		loads []string
		set   string
		want  string
		hint  string
	}{
		{nil, "load.type=per-second", "--type: is for one load, and the scenario has several", "pick one with --load, such as --load per-test, or write --set loads.0.type=…"},
		{nil, "load.rate=5", "--rate: is for one load", "loads.0.rate"},
		{nil, "load.stages=[{duration: 1s, clients: 1}]", "--set load.stages: is for one load", "loads.0.stages"},
		{nil, "load.clients=-3", "--clients: must be at least 1, got -3", ""},
		{nil, "load.clints=3", "--set load.clints: no such key", "load.clients"},
		{nil, "load={rate: 5, duration: 1s}", "loads: stands beside load", "several under loads"},
		{nil, "loads.7.clients=3", `--set loads.7.clients: "7" is no item of a list of 2`, "from 0"},
		{[]string{"mantained"}, "name=x", `--load: there is no load "mantained"`, "did you mean `maintained`?"},
		{[]string{"maintained", "xyz"}, "name=x", `--load: there is no load "xyz"`, "there are: per-test, maintained"},
	} {
		_, err := Parse("a.yaml", []byte(twoLoads), opts(c.loads, c.set))
		var fs Faults
		if !errors.As(err, &fs) || len(fs) != 1 || !strings.Contains(fs[0].Error(), c.want) || !strings.Contains(fs[0].Hint, c.hint) {
			t.Errorf("%q of %q: %v, hints %+v", c.set, c.loads, err, fs)
		}
	}
	_, err = Parse("a.yaml", []byte(smallest), Options{Loads: []string{"x"}})
	if err == nil || !strings.Contains(err.Error(), `--load: there is no load "x": the scenario's load has no name`) {
		t.Errorf("a scenario without loads: %v", err)
	}
}
