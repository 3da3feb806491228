package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const ledgerKeys = "ledger: {dsn: 'u:p@tcp(h:1)/d', table: t, column: c}\n"

// Limits come in the order of the table, in the units of the run directory.
func TestGate(t *testing.T) {
	s := parse(t, smallest+ledgerKeys+`
gate:
  lost: {max: 0}
  error_rate: {max: 1%, and: 0.5 %}
  rate_rps: {worse_by: 5%, min: 200, max: 1000/s}
  p95: {worse_by: 10%, and: 5ms}
`, "gate.p50.max=1.5s", "gate.p95.worse_by=20%")
	got, err := json.Marshal(s.Gate)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"metric":"p50","max":1500},{"metric":"p95","worse_by":0.2,"and":5},` +
		`{"metric":"rate_rps","worse_by":0.05,"max":1000,"min":200},{"metric":"error_rate","and":0.005,"max":0.01},{"metric":"lost","max":0}]`
	if string(got) != want {
		t.Errorf("gate is\n%s\nwant\n%s", got, want)
	}
	if !strings.Contains(string(s.Redacted()), `"gate":`+want) {
		t.Errorf("run.json's scenario has no such gate: %s", s.Redacted())
	}
	if s := parse(t, smallest); s.Gate != nil {
		t.Errorf("nobody asked for the gate %+v", s.Gate)
	}
}

func TestGateFaults(t *testing.T) {
	for gate, want := range map[string]string{
		"p95: {}":                           "6:8: gate.p95: asks for nothing",
		"p95: {worse_by: 10}":               "6:24: gate.p95.worse_by: needs its sign, got 10",
		"p95: {and: 5}":                     "gate.p95.and: must be a time such as 5ms, got 5",
		"p95: {max: 5%}":                    `gate.p95.max: must be a time such as 5ms, got "5%"`,
		"p95: {max: -5ms}":                  `gate.p95.max: must be a time such as 5ms, a percentage such as 1%, or a number, got "-5ms"`,
		"p95: {min: 5ms}":                   "gate.p95.min: is for rates: here less is better",
		"success_rps: {min: 5ms}":           "gate.success_rps.min: must be a rate per second",
		"success_rps: {min: 5, max: 4}":     "gate.success_rps.min: is above max",
		"error_rate: {worse_by: 10%}":       "gate.error_rate.worse_by: is not for a share of errors",
		"error_rate: {max: 0.01}":           "gate.error_rate.max: must be a percentage such as 1%, got 0.01",
		"lost: {and: 1}":                    "gate.lost.and: is not for rows",
		"extra: {worse_by: 10%}":            "gate.extra.worse_by: is not for rows",
		"outage: {worse_by: 10%}":           "gate.outage.worse_by: is not for the worst of a run",
		"outage: {and: 5ms}":                "gate.outage.and: is not for the worst of a run",
		"outage: {max: 5}":                  "gate.outage.max: must be a time such as 5ms, got 5",
		"lost: {max: 0.5}":                  "gate.lost.max: must be a whole number, got 0.5",
		"lost: {max: 0/s}":                  "gate.lost.max: must be a whole number",
		"p95: {max: 99999999h}":             "gate.p95.max: must be",
		"p59: {max: 5ms}":                   "gate.p59: no such key",
		"p95: 10%":                          "gate.p95: must be a mapping",
		"mean: {max: 5ms}, mean: {max: 6s}": "gate.mean: is given twice",
	} {
		wantFault(t, smallest+ledgerKeys+"gate: {"+gate+"}", want)
	}
	wantFault(t, smallest+"gate: {lost: {max: 0}}", "gate.lost: needs a ledger")
}

// One target has rounds too, for a baseline that another run measured.
func TestRounds(t *testing.T) {
	const two = "targets=[{name: a, url: 'http://h'}, {name: b, url: 'http://g'}]"
	for _, c := range []struct {
		set  []string
		want *Compare
		most int
	}{
		{nil, nil, 1},
		{[]string{"compare.rounds=10", "compare.seed=7"}, &Compare{Rounds: 10, Seed: 7}, 10},
		{[]string{"compare.budget=10m", "compare.warm_up=2s"}, &Compare{Budget: 10 * time.Minute, WarmUp: 2 * time.Second}, MaxRounds},
		{[]string{"compare.cool_down=0s"}, &Compare{}, 1},
		{[]string{two}, &Compare{Baseline: "a", Candidate: "b"}, 1},
		{[]string{two, "compare.rounds=3", "compare.budget=1m"}, &Compare{Baseline: "a", Candidate: "b", Rounds: 3, Budget: time.Minute}, 3},
	} {
		got := parse(t, smallest, c.set...).Compare
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want || got.MostRounds() != c.most {
			t.Errorf("%q: got %+v, at most %d rounds; want %+v, %d", c.set, got, got.MostRounds(), c.want, c.most)
		}
	}
}
