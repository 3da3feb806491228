package compare

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

const asWritten = `{"requests": [{"name": "login", "capture": {"token": "header X-Token"}, "payload": "users", "weight": 9, "pause": "1s..3s"}, {"name": "buy", "weight": 1}],
	"feeds": [{"name": "users", "order": "unique"}]}`

// written changes the scenario as it is stored.
func written(old, text string) func(*result.Analysis) {
	return func(a *result.Analysis) {
		a.Run.Scenario = []byte(strings.Replace(asWritten, old, text, 1))
	}
}

func TestDiffers(t *testing.T) {
	ms := []float64{10, 11, 10, 12}
	differs := func(change func(*result.Analysis)) (refusals, cautions []string) {
		a, b := madeRun(map[string][]float64{"cluster": ms}), madeRun(map[string][]float64{"cluster": ms})
		for _, run := range []*result.Analysis{a, b} {
			run.Run.Requests, run.Run.Turns = []string{"GET /"}, &runlog.Compare{Rounds: 4}
			run.Run.Scenario = []byte(asWritten)
			run.Run.Feeds = []runlog.Feed{{Name: "users", Source: "users.csv", Order: "unique", Rows: 100, SHA256: "0123456789abcdef0123456789abcdef"}}
		}
		change(b)
		return Differs(Pick{a, "cluster", "v1"}, Pick{b, "cluster", "v2"})
	}
	for _, c := range []struct {
		change func(*result.Analysis)
		words  string // of the only refusal, or with "!" of the only caution
	}{
		{func(a *result.Analysis) { a.Run.Load.Words = "60 clients for 10s"; a.Run.Load.Clients = 60 }, "the load differs: 50 clients for 10s against 60 clients for 10s"},
		{func(a *result.Analysis) { a.Run.Load.Clients = 60 }, "the number of clients differs: 50 against 60"},
		{func(a *result.Analysis) { a.Run.Load.DurationS = 20 }, "the duration differs: 10 s against 20 s"},
		{func(a *result.Analysis) { a.Run.Load.RatePerS = 5 }, "the rate differs: 0/s against 5/s"},
		{func(a *result.Analysis) { a.Run.Load.Arrivals = "poisson" }, "the spread of arrivals differs: none against poisson"},
		{func(a *result.Analysis) { a.Run.Load.TimeoutS = 5 }, "the timeout differs: 0 s against 5 s"},
		{func(a *result.Analysis) { a.Run.Load.Connections = "shared" }, "the use of connections differs: none against shared"},
		{func(a *result.Analysis) { a.Run.Load.MaxConnections = 8 }, "max_connections differs: 0 against 8"},
		{func(a *result.Analysis) { a.Run.Success = "status 201" }, "what counts as success differs: status 200 against status 201"},
		{func(a *result.Analysis) { a.Run.Measure = "response time" }, "the measure differs: service time against response time"},
		{func(a *result.Analysis) { a.Run.Requests = []string{"GET /", "POST /"} }, "the list of requests differs: GET / against GET / and POST /"},
		{written(`"weight": 9`, `"weight": 8`), "the weight of login differs: 9 against 8"},
		{written(`"weight": 9, `, ""), "the weight of login differs: 9 against none"},
		{written(`1s..3s`, `2s`), "the pause of login differs: 1s..3s against 2s"},
		{written(`header X-Token`, `json $.token`), "what is captured of login differs: token from header X-Token against token from json $.token"},
		{written(`"payload": "users", `, ""), "the payload of login differs: users against none"},
		{written(`"order": "unique"`, `"order": "random"`), "the list of feeds differs: users in unique order against users in random order"},
		{func(a *result.Analysis) { a.Run.Scenario = nil }, ""},
		{func(a *result.Analysis) { a.Run.Scenario = []byte("[]") }, ""},
		{func(a *result.Analysis) { a.Run.Feeds = nil }, ""},
		{func(a *result.Analysis) { a.Run.Feeds[0].SHA256 = "f" }, "!the data of feed users differs: 100 rows, SHA-256 0123456789ab against 100 rows, SHA-256 f"},
		{func(a *result.Analysis) { a.Run.Feeds[0].Rows = 1 }, "!the data of feed users differs: 100 rows, SHA-256 0123456789ab against 1 row, SHA-256 0123456789ab"},
		{func(a *result.Analysis) { a.Run.Engine = "nethttp" }, "!the engine differs: rawhttp against nethttp"},
		{func(a *result.Analysis) { a.Run.Clock = "user space" }, "!the clock of arrivals differs"},
		{func(a *result.Analysis) { a.Run.Tool.Version = "v2" }, "!the tool differs: none against v2"},
		{func(a *result.Analysis) { a.Run.Machine.CPUs = 2 }, "!the machine differs: none against 2 CPUs"},
		{func(a *result.Analysis) { a.Run.Load.Pacing = "batch" }, "!the pacing differs: none against batch"},
		{func(a *result.Analysis) { a.Run.Turns.WarmUpS = 5 }, "!the warm-up before each leg differs: none against 5 s"},
		{func(a *result.Analysis) { a.Run.Turns.CoolDownS = 5 }, "!the cool-down before each leg differs: none against 5 s"},
		{func(a *result.Analysis) { a.Legs[0].URL = "http://10.0.0.1" }, "!the address of the target differs: http://127.0.0.1:8080 against http://10.0.0.1"},
		{func(a *result.Analysis) { a.Legs[0].Spread = &result.Spread{Expected: 3} }, "!the number of replicas differs: not known against 3"},
		{func(a *result.Analysis) { a.Legs = a.Legs[:3] }, "!the number of rounds differs: 4 against 3"},
		{func(a *result.Analysis) { a.Verdict = result.Invalid }, "!the candidate is INVALID: made"},
		{func(a *result.Analysis) { a.Run.Partial = true }, "!the candidate did not come to its end"},
	} {
		got, other := differs(c.change)
		words, isCaution := strings.CutPrefix(c.words, "!")
		if isCaution {
			got, other = other, got
		}
		if c.words == "" {
			if len(got)+len(other) > 0 {
				t.Errorf("what is not known differs: %q, %q", got, other)
			}
			continue
		}
		if len(got) != 1 || len(other) != 0 || !strings.Contains(got[0], words) {
			t.Errorf("want %q; got %q, and on the other list %q", c.words, got, other)
		}
	}
	if refusals, cautions := differs(func(*result.Analysis) {}); len(refusals)+len(cautions) > 0 {
		t.Errorf("the same run twice: %q, %q", refusals, cautions)
	}
}

// A field that is added to the load must be looked at here, or left out on purpose.
func TestDiffersKnowsTheWholeLoad(t *testing.T) {
	// The words say the type, Open and Ramp; the seed moves arrivals about, not their number;
	// the error threshold ends a leg, which is then left out; a name changes nothing of a load; the time
	// of the clients follows from the rest, and requests are compared by their names.
	aside := []string{"Name", "ClientS", "Requests", "Open", "Ramp", "Seed", "ErrorThreshold", "Pacing"}
	fields := reflect.TypeFor[runlog.Load]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		var b, c runlog.Load
		v := reflect.ValueOf(&c).Elem().Field(i)
		switch {
		case v.Kind() == reflect.String:
			v.SetString("x")
		case v.CanInt():
			v.SetInt(1)
		case v.CanFloat():
			v.SetFloat(1)
		}
		if got := loadDifferences(b, c); len(got) == 1 == slices.Contains(aside, f.Name) {
			t.Errorf("%s: %q", f.Name, got)
		}
	}
}

func TestWarningsOfTwoRuns(t *testing.T) {
	ms := []float64{10, 11, 10, 12}
	a, b := madeRun(map[string][]float64{"cluster": ms}), madeRun(map[string][]float64{"cluster": ms})
	b.Run.Load.Clients, b.Run.Engine, b.Run.Load.Open, a.Run.Load.Open = 60, "nethttp", true, true
	c := compared(t, Pick{a, "cluster", "v1"}, Pick{b, "cluster", "v2"})
	if len(c.Warnings) != 2 || !strings.Contains(c.Words, "under different loads") || c.Baseline != "v1" || c.Target != "cluster" || c.Runs[1].Rounds != 4 {
		t.Errorf("%+v", c)
	}
}
