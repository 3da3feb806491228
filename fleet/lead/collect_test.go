package lead_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// A run whose lead was killed when its leg was there and no agent had been asked to begin ends without that leg.
func TestALegThatNobodyBeganIsCollected(t *testing.T) {
	t.Parallel()
	f, dir := newFleet(t), filepath.Join(t.TempDir(), "run")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := runlog.Create(dir, runlog.Manifest{Name: "cut off", Started: time.Now(), Targets: []runlog.Target{{Name: "a", URL: "http://127.0.0.1:1"}}})
	must(err)
	leg, err := w.StartLeg(runlog.Leg{Target: "a", Round: 1, Planned: 10, Started: time.Now()})
	must(err)
	must(leg.Close())

	js := f.jetStream("lead")
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: wire.StreamName("cut-off"), Subjects: []string{wire.RecordSubjects("cut-off")}})
	must(err)
	b, err := wire.Encode(wire.Ordered{
		Order:  run.Order{Target: "a", Load: plan.Load{Type: plan.Rate, Rate: 10, Duration: time.Second}, Timeout: time.Second},
		Agents: []string{"n1"}, Weights: []int{1},
	})
	must(err)
	_, err = js.Publish(t.Context(), wire.OrderSubject("cut-off", 1), b)
	must(err)

	again, err := runlog.Reopen(dir)
	must(err)
	must(lead.Collect(t.Context(), js.Conn(), lead.Kept{Schema: lead.KeptSchema, Run: "cut-off", NATS: f.URL()}, again))
	r, err := runlog.Open(dir)
	must(err)
	if !r.Sealed || r.Stopped != lead.Collected || len(r.Legs) != 1 || r.Legs[0].Complete {
		t.Errorf("sealed %v, stopped %q, legs %+v", r.Sealed, r.Stopped, r.Legs)
	}
	if a, err := run.Read(t.Context(), dir); err != nil || !a.Run.Partial {
		t.Errorf("it is read as %+v, %v", a, err)
	}
	if _, err := js.Stream(t.Context(), wire.StreamName("cut-off")); err == nil {
		t.Error("the broker keeps what is collected")
	}
}
