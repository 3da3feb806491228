package attacktest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// pacingCases are about the instants at which an open load is sent.
var pacingCases = map[string]func(*testing.T, suite){
	"batches leave on ticks": func(t *testing.T, s suite) {
		for _, c := range []attack.Connections{attack.PerClient, attack.Shared} {
			srv := s.bare(t, answers(ok))
			s.onTicks(t, attack.Job{Target: srv.url, Settings: attack.Settings{Connections: c}})
		}
	},

	"batches on a unix socket too": func(t *testing.T, s suite) {
		path := filepath.Join(t.TempDir(), "s")
		s.bareOn(t, listen(t, "unix", path), answers(ok))
		s.onTicks(t, attack.Job{Target: mustParse(t, s.scheme()+"://behind.test/"), Socket: path, Settings: attack.Settings{Connections: attack.Shared}})
	},

	"a precise load does not wait for ticks": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		for range 10 {
			for _, o := range s.paced(t, attack.Job{Target: srv.url, Settings: attack.Settings{Pacing: attack.Precise}}).outcomes {
				if o.Sent < attack.Batch.At(o.Due) {
					return
				}
			}
		}
		t.Error("no request was sent before the tick after it was due")
	},

	// Its clients send when they are ready, which has nothing to do with ticks.
	"a closed load knows no ticks": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		l := s.loop(t, 3, 20, attack.Job{Target: srv.url, Requests: get("/"), Settings: attack.Settings{Pacing: attack.Batch}})
		l.all(t, runlog.Success, l.Sent)
		srv.counted(t, l)
	},
}

// paced sends a rate whose instants hardly ever fall on a tick.
func (s suite) paced(t *testing.T, job attack.Job) leg {
	t.Helper()
	job.Plan = newPlan(t, plan.Load{Type: plan.Rate, Rate: 730, Duration: 200 * time.Millisecond})
	job.Requests = get("/")
	l := s.run(t, job)
	l.all(t, runlog.Success, 146)
	return l
}

// onTicks requires that no batch leaves before its tick, and that some request leaves
// before the next: a machine may be too busy for many to do so.
func (s suite) onTicks(t *testing.T, job attack.Job) {
	t.Helper()
	job.Pacing = attack.Batch
	inTime := false
	for range 10 {
		for _, o := range s.paced(t, job).outcomes {
			tick := attack.Batch.At(o.Due)
			if o.Sent < tick {
				t.Fatalf("due %v, sent %v, before the tick at %v", o.Due, o.Sent, tick)
			}
			inTime = inTime || o.Sent < tick+attack.Tick
		}
		if inTime {
			return
		}
	}
	t.Errorf("every request was sent more than a tick after the one it was to leave on")
}
