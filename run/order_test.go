package run_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// An order comes from whoever may command an agent: it is refused, or a job whose plan and pauses can be asked for
// without end or panic.
func FuzzOrder(f *testing.F) {
	target := httptest.NewServer(http.NotFoundHandler())
	defer target.Close()
	sc, err := scenarios.Document{File: "test.yaml", Source: []byte("load: {type: rate, rate: 10, duration: 1s}\nrequests: [{path: /a, pause: 1s}, {path: /b}]\ntargets: [{name: a, url: \"" + target.URL + "\"}]\n")}.Parse(scenarios.Options{})
	if err != nil {
		f.Fatal(err)
	}
	g, err := run.NewGenerator(f.Context(), sc, run.GeneratorOptions{Guard: &ownership.Guard{}})
	if err != nil {
		f.Fatal(err)
	}
	for _, o := range []run.Order{
		{Target: "a", Load: plan.Load{Type: plan.Rate, Rate: 3, Duration: time.Second}, Timeout: time.Second},
		{Target: "a", Load: plan.Load{Type: plan.MaintainClientLoad, Clients: 3, Duration: time.Minute}, Timeout: time.Second, WarmUp: time.Second, Every: time.Second},
		{Target: "a", Load: plan.Load{Type: plan.Stages, ByRate: true, Arrivals: plan.Poisson, Stages: []plan.Stage{{Duration: time.Second, Rate: 5}, {Duration: time.Second}}}, Timeout: time.Second, FirstRow: 1 << 60, Names: "0123456789"},
		{Target: "a", Load: plan.Load{Type: plan.ClientsPerTest, Clients: 3, Duration: time.Second, Arrivals: plan.Burst}, Timeout: time.Second, Settings: attack.Settings{MaxConnections: 1 << 40, Pause: plan.Pause{Mean: time.Second}}},
	} {
		b, err := json.Marshal(o)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var o run.Order
		if json.Unmarshal(b, &o) != nil {
			return
		}
		_, job, err := g.Job(o)
		if err != nil {
			return
		}
		if rate, clients := job.Plan.Peak(); rate < 0 || rate > plan.MaxRate || clients < 0 || clients > plan.MaxClients {
			t.Fatalf("%s has a peak of %v/s and %d clients", b, rate, clients)
		}
		n := 0
		for s := range job.Plan.Starts() {
			if n++; n > 100 {
				break
			}
			if s.Due < 0 || s.Due >= job.Plan.Duration() {
				t.Fatalf("%s starts at %v of %v", b, s.Due, job.Plan.Duration())
			}
			first, _ := job.Pass(s.N, 1)
			if due, _ := job.After(s.N, 1, first, s.Due, s.Due); due < s.Due {
				t.Fatalf("%s: a pause ends at %v, and begins at %v", b, due, s.Due)
			}
		}
	})
}
