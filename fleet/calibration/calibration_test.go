package calibration

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog"
)

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func record(agent string, capacity float64, at time.Time) Record {
	return Record{Schema: Schema, Agent: agent, Engine: "rawhttp", Version: "v1", CapacityRPS: capacity, LagP99MS: 1, At: at}
}

func share(agent string, weight float64) Share {
	return Share{Agent: agent, Weight: weight, Engine: "rawhttp"}
}

func TestWhatAFleetCanSend(t *testing.T) {
	equal := []Record{record("n1", 50_000, day), record("n2", 47_000, day), record("n3", 60_000, day)}
	three := []Share{share("n1", 0), share("n2", 0), share("n3", 1)}
	for name, c := range map[string]struct {
		records []Record
		shares  []Share
		asked   float64
		enough  bool
		want    string
	}{
		"too much":            {equal, three, 200_000, false, "3 agents can send about 140 000/s, 200 000/s were asked; agent n2 is the first at its limit"},
		"enough":              {equal, three, 100_000, true, "3 agents can send about 140 000/s, 100 000/s were asked"},
		"without a reserve":   {equal, three, 130_000, false, "3 agents can send about 140 000/s, 130 000/s were asked: less than 1.30 times as much, which a target that does something takes; agent n2 is the first at its limit"},
		"clients":             {equal, three, 0, true, "3 agents can send about 140 000/s"},
		"weights":             {equal, []Share{share("n1", 3), share("n2", 1)}, 60_000, false, "2 agents can send about 67 000/s, 60 000/s were asked: less than 1.30 times as much, which a target that does something takes; agent n1 is the first at its limit"},
		"one":                 {equal, three[:1], 60_000, false, "1 agent can send about 50 000/s, 60 000/s were asked"},
		"the newest":          {append(equal, record("n2", 10_000, day.Add(time.Hour)), record("n2", 90_000, day.Add(-time.Hour))), three, 20_000, true, "3 agents can send about 30 000/s, 20 000/s were asked"},
		"nobody":              {equal, nil, 60_000, true, ""},
		"one not measured":    {equal[:2], three, 60_000, true, "it is not known what 3 agents can send (n3): measure it with stress fleet calibrate"},
		"one that is capped":  {equal[:2], []Share{share("n1", 0), {Agent: "n3", Engine: "rawhttp", Capped: true}}, 60_000, true, "it is not known what 2 agents can send (n3); one with --max-rate is not measured"},
		"one capped, one not": {nil, []Share{share("n1", 0), {Agent: "n3", Engine: "rawhttp", Capped: true}}, 60_000, true, "it is not known what 2 agents can send (n1 and n3): measure it with stress fleet calibrate"},
		"on another machine":  {equal, []Share{{Agent: "n1", Engine: "rawhttp", Machine: runlog.Machine{CPUs: 4}}}, 60_000, true, "it is not known what 1 agent can send (n1): measure it with stress fleet calibrate"},
		"by another engine":   {equal, []Share{{Agent: "n1", Engine: "nethttp"}}, 60_000, true, "it is not known what 1 agent can send (n1): measure it with stress fleet calibrate"},
	} {
		got := Of(c.records, c.shares, c.asked)
		if got.Enough != c.enough || got.Words != c.want {
			t.Errorf("%s: enough %v, %q", name, got.Enough, got.Words)
		}
	}
}

// Shares by capacity need what every agent can send with the engine that will send, and on the machine that it is on.
func TestCapacities(t *testing.T) {
	records := []Record{record("n1", 50_000, day), record("n2", 20_000, day), record("n2", 25_000, day.Add(time.Hour))}
	two := []Share{share("n1", 1), share("n2", 1)}
	if got, err := Capacities(records, two); err != nil || !slices.Equal(got, []float64{50_000, 25_000}) {
		t.Errorf("%v, %v", got, err)
	}
	for name, shares := range map[string][]Share{
		"n3":        append(two, share("n3", 1)),
		"n1 and n2": {{Agent: "n1", Engine: "nethttp"}, {Agent: "n2", Engine: "nethttp"}},
		"n2":        {share("n1", 1), {Agent: "n2", Engine: "rawhttp", Machine: runlog.Machine{CPU: "another"}}},
	} {
		want := "it is not known what " + name + " can send with the engine " + shares[0].Engine
		if _, err := Capacities(records, shares); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "`stress fleet calibrate`") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := Capacities(records, append(two, Share{Agent: "n3", Engine: "rawhttp", Capped: true})); err == nil || !strings.HasSuffix(err.Error(), "one with --max-rate is not measured: start it without, or leave shares out") {
		t.Errorf("%v", err)
	}
}

// At the rate that a fleet can send no share exceeds its agent's capacity, and one agent's is all of it.
func TestNoShareExceedsItsAgent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []Record
		var shares []Share
		var weights float64
		for i := range rapid.IntRange(1, 8).Draw(t, "agents") {
			name := string(rune('a' + i))
			records = append(records, record(name, rapid.Float64Range(1, 1e6).Draw(t, "capacity"), day))
			shares = append(shares, share(name, rapid.Float64Range(0.01, 100).Draw(t, "weight")))
			weights += shares[i].Weight
		}
		got := Of(records, shares, 1)
		fullest := 0.
		for i, r := range records {
			fullest = max(fullest, got.RPS*shares[i].Weight/weights/r.CapacityRPS)
		}
		if math.Abs(fullest-1) > 1e-9 {
			t.Fatalf("the fullest agent has %v of its capacity at %v/s", fullest, got.RPS)
		}
		if at := Of(records, shares, got.RPS/Reserve*0.999); !at.Enough {
			t.Fatalf("a plan with a reserve: %+v", at)
		}
		if over := Of(records, shares, got.RPS/Reserve*1.001); over.Enough {
			t.Fatalf("a plan without one: %+v", over)
		}
	})
}

func TestStoredCalibrations(t *testing.T) {
	b, err := json.Marshal(record("n1", 50_000, day))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Parse(b); err != nil || got != record("n1", 50_000, day) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		`{}`: "schema", `{"schema": 2}`: "schema", `{"schema": 1}`: "agent: cannot be empty", `[`: "unexpected end",
		`{"schema": 1, "agent": "n"}`:                                           "capacity_rps: cannot be 0: measure anew",
		`{"schema": 1, "agent": "n", "capacity_rps": -4}`:                       "capacity_rps: cannot be -4",
		`{"schema": 1, "agent": "n", "capacity_rps": 1e308}`:                    "capacity_rps: cannot be 1e+308",
		`{"schema": 1, "agent": "n", "capacity_rps": 4, "lag_p99_ms": -1}`:      "lag_p99_ms: cannot be -1",
		`{"schema": 1, "agent": "` + strings.Repeat("n", 1<<17) + `", "at": 4}`: "calibration: ",
	} {
		if got, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || got != (Record{}) {
			t.Errorf("%.60s: %+v, %v, want %q", text, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"schema": 1, "agent": "n1", "engine": "rawhttp", "capacity_rps": 50000, "lag_p99_ms": 1.5, "at": "2026-03-01T12:00:00Z"}`))
	f.Add([]byte(`{"schema": 1, "agent": "", "capacity_rps": null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Parse(b)
		if err != nil {
			return
		}
		if c := Of([]Record{r}, []Share{{Agent: r.Agent, Engine: r.Engine}}, 100); !(c.RPS > 0) {
			t.Errorf("%+v of %+v", c, r)
		}
	})
}
