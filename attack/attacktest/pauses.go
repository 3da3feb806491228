package attacktest

import (
	"context"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// pauseCases are about the time that clients think, and the pace of their loops.
var pauseCases = map[string]func(*testing.T, suite){
	"a looping client pauses after every answer": func(t *testing.T, s suite) {
		for _, p := range []plan.Pause{{Least: 3 * time.Millisecond, Most: 3 * time.Millisecond}, {Most: 5 * time.Millisecond}, {Mean: 2 * time.Millisecond}} {
			srv := s.bare(t, answers(ok))
			job := attack.Job{Target: srv.url, Requests: get("/a", "/b"), Seed: 7, Settings: attack.Settings{Pause: p}}
			l := s.loop(t, 3, 20, job)
			l.all(t, runlog.Success, l.Sent)
			srv.counted(t, l)
			job.Plan = loops(t, 3, time.Hour)
			seen := make(map[time.Duration]bool)
			l.follow(t, func(k int, before, o attack.Outcome) {
				pause := o.Due - before.Done
				if want := p.Length(job.Turn(o.Client, uint64(k-1)/2).Random(^uint64(before.Request), 0)); pause != want {
					t.Errorf("%v: request %d of client %d was due %v after the answer, want %v", p, k, o.Client, pause, want)
				}
				seen[pause] = true
			})
			if constant := p.Least == p.Most && p.Mean == 0; constant != (len(seen) == 1) {
				t.Errorf("%v: %d different pauses", p, len(seen))
			}
		}
	},

	"a request's own pause replaces that of the load": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		const own, other = time.Millisecond, 4 * time.Millisecond
		for _, pause := range []time.Duration{0, own} {
			job := attack.Job{Target: srv.url, Requests: get("/a", "/b"), Settings: attack.Settings{Pause: plan.Pause{Least: other, Most: other}}}
			job.Requests[0].Pause = &plan.Pause{Least: pause, Most: pause}
			s.loop(t, 2, 10, job).follow(t, func(_ int, before, o attack.Outcome) {
				if want := []time.Duration{pause, other}[before.Request]; o.Due-before.Done != want {
					t.Errorf("a pause of %v after request %d, want %v", o.Due-before.Done, before.Request, want)
				}
			})
		}
	},

	// A pause after the last request would keep the leg from ending.
	"an open load pauses between the requests of a pass": func(t *testing.T, s suite) {
		for _, pacing := range []attack.Pacing{attack.Precise, attack.Batch} {
			for _, c := range []attack.Connections{attack.PerClient, attack.Shared} {
				srv := s.bare(t, answers(ok))
				job := attack.Job{Plan: clients(t, 20, 20*time.Millisecond), Target: srv.url, Requests: get("/a", "/b", "/c")}
				job.Connections, job.Pacing = c, pacing
				job.Pause = plan.Pause{Least: 30 * time.Millisecond, Most: 30 * time.Millisecond}
				job.Requests[2].Pause = &plan.Pause{Least: time.Hour, Most: time.Hour}
				l := s.run(t, job)
				l.all(t, runlog.Success, 60)
				srv.counted(t, l)
				l.follow(t, func(_ int, before, o attack.Outcome) {
					if o.Due != before.Done+30*time.Millisecond || o.Sent < pacing.At(o.Due) {
						t.Errorf("answered at %v, due %v, sent %v", before.Done, o.Due, o.Sent)
					}
				})
			}
		}
	},

	"passes begin at the pace of the load": func(t *testing.T, s suite) {
		const every = 20 * time.Millisecond
		slow := 0
		srv := s.bare(t, func(p *peer) {
			for n := 1; p.request() != nil; n++ {
				if n%6 == 0 {
					time.Sleep(2 * every)
				}
				p.say(ok)
			}
		})
		job := attack.Job{Target: srv.url, Requests: get("/a", "/b"), Settings: attack.Settings{Every: every}}
		l := s.loop(t, 3, 12, job)
		begun := make(map[uint64]time.Duration)
		l.follow(t, func(_ int, before, o attack.Outcome) {
			if before.Request == 0 {
				begun[o.Client] = before.Due
				return
			}
			want := max(begun[o.Client]+every, before.Done)
			if overdue := before.Done > begun[o.Client]+every; o.Due != want || before.Overdue != overdue {
				t.Errorf("a pass that began at %v and ended at %v: the next was due at %v, overdue %v", begun[o.Client], before.Done, o.Due, before.Overdue)
			} else if overdue {
				slow++
			}
		})
		counted := uint64(0)
		for _, sec := range l.seconds {
			counted += sec.Overdue
		}
		if slow < 3 || counted < uint64(slow) {
			t.Errorf("%d passes were followed at once, %d counted", slow, counted)
		}
	},

	"the end of a closed load ends its pauses": func(t *testing.T, s suite) {
		const n, lasts = 4, 100 * time.Millisecond
		srv := s.bare(t, answers(ok))
		job := attack.Job{Plan: loops(t, n, lasts), Target: srv.url, Requests: get("/"), Settings: attack.Settings{Pause: plan.Pause{Least: time.Hour, Most: time.Hour}}}
		l := s.run(t, job)
		for again := 10; l.Sent < n && again > 0; again-- { // who begins when all is over sends nothing
			l = s.run(t, job)
		}
		l.all(t, runlog.Success, n)
		var busy, thought float64
		for _, sec := range l.seconds {
			busy, thought = busy+sec.BusyS, thought+sec.ThoughtS
		}
		if whole := n * lasts.Seconds(); busy+thought < whole-1e-6 {
			t.Errorf("%v s waiting for answers and %v s of pauses, together less than %v s", busy, thought, whole)
		}
	},

	"draining and a cut end pauses": func(t *testing.T, s suite) {
		for name, p := range long(t) {
			for _, cut := range []bool{false, true} {
				srv, drain := s.bare(t, answers(ok)), make(chan struct{})
				ctx, cancel := context.WithCancel(t.Context())
				job := attack.Job{Plan: p, Target: srv.url, Requests: get("/1", "/2"), Settings: attack.Settings{Pause: plan.Pause{Mean: 1000 * time.Hour}}}
				ended := 0
				l, err := s.perform(ctx, job, drain, func(*attack.Outcome) {
					if ended++; ended != 4 {
					} else if cut {
						cancel()
					} else {
						close(drain)
					}
				})
				cancel()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				l.check(t, job)
				if l.Sent < 4 || l.Stopped == "" || l.Planned != l.Sent+l.Dropped {
					t.Errorf("%s, cut %v: planned %d, sent %d, dropped %d, stopped %q", name, cut, l.Planned, l.Sent, l.Dropped, l.Stopped)
				}
			}
		}
	},

	// The pass of an open load is finished after the plan's end, pauses included, unless the leg is stopped.
	"a stop in a pause after the plan's end is told": func(t *testing.T, s suite) {
		srv, drain := s.bare(t, answers(ok)), make(chan struct{})
		job := attack.Job{Plan: clients(t, 1, time.Millisecond), Target: srv.url, Requests: get("/1", "/2"), Settings: attack.Settings{Pause: plan.Pause{Least: time.Hour, Most: time.Hour}}}
		time.AfterFunc(50*time.Millisecond, func() { close(drain) })
		l, err := s.perform(t.Context(), job, drain, nil)
		if err != nil {
			t.Fatal(err)
		}
		if l.Planned != 2 || l.Dropped < 1 || l.Stopped == "" {
			t.Errorf("planned %d, dropped %d, stopped %q", l.Planned, l.Dropped, l.Stopped)
		}
	},
}

// follow calls each with every outcome but the first of each client and with the one before it; k numbers
// the outcomes of a client.
func (l leg) follow(t *testing.T, each func(k int, before, o attack.Outcome)) {
	t.Helper()
	last, numbers := make(map[uint64]attack.Outcome), make(map[uint64]int)
	for _, o := range l.outcomes {
		if before, ok := last[o.Client]; ok {
			each(numbers[o.Client], before, o)
		}
		last[o.Client] = o
		numbers[o.Client]++
	}
	if len(l.outcomes) <= len(last) {
		t.Errorf("%d outcomes of %d clients: none follows another", len(l.outcomes), len(last))
	}
}
