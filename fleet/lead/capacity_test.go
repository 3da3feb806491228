package lead_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// keep has the broker keep what an agent can send.
func (f *fleet) keep(r calibration.Record) {
	f.t.Helper()
	kept, err := link.Calibrations(f.t.Context(), f.jetStream("calibrating"))
	if err != nil {
		f.t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err == nil {
		_, err = kept.Put(f.t.Context(), r.Agent+"."+r.Engine, b)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// The plan is divided by what each agent can send, beside a witness too: every request comes once, and the run says
// whose share is how large and why. One agent of which nothing is known keeps the load from being sent, and so does one
// whose machine is another now.
func TestSharesByCapacityAreTheLoad(t *testing.T) {
	t.Parallel()
	target, f := newCounting(t), newFleet(t)
	for i := range 4 {
		f.agent(fmt.Sprintf("n%d", i+1), nil)
	}
	yaml := fmt.Sprintf(`
load: {type: rate, rate: 350, duration: 2s}
request: {path: "/?n=%%{0:699:1}"}
targets: [{name: a, url: %q}]
generators: {agents: 4, shares: capacity, witness: 1%%, nats: "nats://127.0.0.1:1"}
engine: nethttp
thresholds: []
`, target.URL)
	record := func(agent string, rps float64) calibration.Record {
		return calibration.Record{Schema: calibration.Schema, Agent: agent, Machine: run.Machine(), Engine: "nethttp", Version: "test", CapacityRPS: rps, LagP99MS: 1, At: time.Now()}
	}
	refused := func(want string) {
		t.Helper()
		l, sc, err := f.assemble(yaml, 4)
		if err == nil {
			_, err = run.Start(t.Context(), sc, run.Options{Dir: t.TempDir() + "/run", Guard: offline(t), Performer: l})
			l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || target.arrived > 0 {
			t.Errorf("%v, %d requests came; want %q", err, target.arrived, want)
		}
	}
	f.keep(record("n1", 40_000))
	f.keep(record("n2", 20_000))
	refused("it is not known what n3 can send with the engine nethttp on the machines that they are on: measure it with `stress fleet calibrate`")
	other := record("n3", 10_000)
	other.Machine.CPUs += 2
	f.keep(other)
	refused("it is not known what n3 can send")
	f.keep(record("n4", 40_000))
	for i, rps := range []float64{220, 110, 55} {
		f.keep(record(fmt.Sprintf("n%d", i+1), rps))
	}
	refused("4 agents can send about 390/s, 350/s were asked")
	for i, rps := range []float64{40_000, 20_000, 10_000} {
		f.keep(record(fmt.Sprintf("n%d", i+1), rps))
	}
	r, recs := f.measure(yaml, 4, nil)
	for i, want := range []runlog.Agent{{Planned: 396, CapacityRPS: 40_000}, {Planned: 198, CapacityRPS: 20_000}, {Planned: 99, CapacityRPS: 10_000}, {Planned: 7, Witness: true}} {
		if a := recs[0].Agents[i]; a.Planned != want.Planned || a.Sent != want.Planned || a.CapacityRPS != want.CapacityRPS || a.Witness != want.Witness {
			t.Errorf("agent %+v", a)
		}
	}
	for i := range 700 {
		if path := fmt.Sprintf("/?n=%d", i); target.paths[path] != 1 {
			t.Errorf("%s came %d times", path, target.paths[path])
		}
	}
	a, err := run.Read(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := a.Legs[0].Fleet.Shares, "shares by measured capacity: agent n1 has 57 % of the plan (40 000 requests/s), agent n2 has 28 % of the plan (20 000 requests/s) and agent n3 has 14 % of the plan (10 000 requests/s)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
