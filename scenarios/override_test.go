package scenarios

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSet(t *testing.T) {
	s := parse(t, smallest, "load.duration=10s", "load.total=7", "name=a: b # c", "request.headers.X-Trace=yes",
		"request.expect.status=[200, 2xx]", "targets.0.url=http://127.0.0.1:9", "targets.0.replicas=3", "compare.rounds=2",
		"targets=[{name: a, url: 'http://h'}, {name: b, url: 'http://g'}]", "thresholds=[p95 < 1s]", "thresholds.0=p99 < 2s", "load.clients=8")
	if s.Loads[0].Duration != 10*time.Second || s.Loads[0].Clients != 8 || s.Name != "a: b # c" {
		t.Errorf("got %+v, %q", s.Loads[0], s.Name)
	}
	if s.Requests[0].Header.Get("X-Trace") != "yes" || len(s.Requests[0].Expect.Status) != 2 {
		t.Errorf("request is %+v", s.Requests[0])
	}
	if len(s.Targets) != 2 || s.Compare == nil || *s.Compare != (Compare{Baseline: "a", Candidate: "b", Rounds: 2}) {
		t.Errorf("targets are %+v, compare is %+v", s.Targets, s.Compare)
	}
	if !reflect.DeepEqual(s.Loads[0].Thresholds, []string{"p99 < 2s"}) {
		t.Errorf("thresholds are %q", s.Loads[0].Thresholds)
	}
}

// A rate stands in place of the clients that the file has, whose key nobody could leave out
// from outside.
func TestARateStandsInPlaceOfClients(t *testing.T) {
	for _, set := range [][]string{{"load.rate=7"}, {"load.type=rate", "load.rate=7"}} {
		s := parse(t, smallest, set...)
		if s.Loads[0].Type != "rate" || s.Loads[0].Rate != 7 || s.Loads[0].Clients != 0 {
			t.Errorf("%q: %+v", set, s.Loads[0])
		}
	}
	_, err := Parse("a.yaml", []byte(smallest), Options{Set: []string{"load.rate=7", "load.clients=3"}})
	if err == nil || !strings.Contains(err.Error(), "--set load.rate: has no meaning for type clients-per-test") {
		t.Errorf("both: %v", err)
	}
}

func TestSetFillsVariablesIn(t *testing.T) {
	s, err := Parse("a.yaml", []byte(smallest), Options{Set: []string{"load.clients=${N}"}, Lookup: env(map[string]string{"N": "9"})})
	if err != nil || s.Loads[0].Clients != 9 {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestSetFaults(t *testing.T) {
	for set, want := range map[string]string{
		"load.durtion=10s":      "--set load.durtion: no such key",
		"load":                  "--set load: must be key=value",
		"my secret":             "--set: must be key=value",
		"load.clients=-3":       "--set load.clients: must be at least 1, got -3",
		"load.clients=":         "--set load.clients: needs a value",
		"load.clients=[":        "--set load.clients: is not valid YAML",
		"load.clients=lots":     `--set load.clients: must be a whole number from 1 to 1000000000, got "lots"`,
		"load.duration=60":      `--set load.duration: needs a unit, got "60"`,
		"load.type=x":           "--set load.type: must be one of",
		"load.clients.most=3":   "--set load.clients.most: no such key: load.clients has no keys of its own",
		"targets.1.url=x":       `--set targets.1.url: "1" is no item of a list of 1`,
		"targets.one.url=x":     `--set targets.one.url: "one" is no item`,
		"load.stages.0.rate=1":  "--set load.stages.0.rate: cannot be set: load.stages is nothing there",
		"request.headers.a b=1": `--set request.headers.a b: "a b" is no valid header name`,
		"engine=curl":           "--set engine: must be one of auto, rawhttp, nethttp",
		"name=${NOT_SET}":       "--set name: the variable NOT_SET is not set",
	} {
		wantFault(t, smallest, want, set)
	}
}

// A wrong key is led to the right one: a neighbour, or the same word elsewhere.
func TestSetSuggests(t *testing.T) {
	for set, want := range map[string]string{
		"load.durtion=10s": "did you mean `load.duration`?",
		"duration=10s":     "did you mean `load.duration`?",
		"targets.0.ulr=x":  "did you mean `targets.0.url`?",
		"rounds=3":         "did you mean `compare.rounds`?",
		"p95.max=1s":       "did you mean `gate.p95.max`?",
		"zzzzzzz=3":        "possible here: name, load, loads, feeds, request, requests, targets, ledger, cluster, faults, allow_faults, compare, capacity, thresholds, outage, decide, gate, engine, generators",
	} {
		_, err := Parse("a.yaml", []byte(smallest), Options{Set: []string{set}})
		if fs, ok := err.(Faults); !ok || len(fs) != 1 || fs[0].Hint != want {
			t.Errorf("%s: got %v, want %s", set, fs, want)
		}
	}
}
