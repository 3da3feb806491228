package attacktest

import (
	"context"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// held is a server that answers only once it is told to, and says when requests
// have arrived.
type held struct {
	*server
	arrived chan struct{}
	release chan struct{}
}

func (s suite) hold(t *testing.T) held {
	t.Helper()
	h := held{arrived: make(chan struct{}, 1<<16), release: make(chan struct{})}
	h.server = s.bare(t, func(p *peer) {
		for p.request() != nil {
			h.arrived <- struct{}{}
			select {
			case <-h.release:
			case <-t.Context().Done():
			}
			p.say(ok)
		}
	})
	return h
}

// long is an open and a closed plan that no test waits for.
func long(t *testing.T) map[string]plan.Plan {
	return map[string]plan.Plan{
		"open":   clients(t, 100_000, 1000*time.Second),
		"closed": loops(t, 5, 1000*time.Second),
	}
}

// endCases are about how a leg ends.
var endCases = map[string]func(*testing.T, suite){
	"draining starts nothing more and awaits the answers": func(t *testing.T, s suite) {
		for name, p := range long(t) {
			srv, drain := s.hold(t), make(chan struct{})
			go func() {
				for range 4 {
					<-srv.arrived
				}
				close(drain)
				close(srv.release)
			}()
			job := attack.Job{Plan: p, Target: srv.url, Requests: get("/1", "/2")}
			l, err := s.perform(t.Context(), job, drain, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			l.check(t, job)
			l.all(t, runlog.Success, l.Sent)
			srv.counted(t, l)
			if l.Sent < 4 || l.Stopped == "" {
				t.Errorf("%s: %d requests sent, stopped %q", name, l.Sent, l.Stopped)
			}
			if l.Planned != l.Sent+l.Dropped || (p.Open() && l.Dropped == 0) {
				t.Errorf("%s: planned %d, sent %d, dropped %d", name, l.Planned, l.Sent, l.Dropped)
			}
		}
	},

	"a job that may send no longer sends nothing more": func(t *testing.T, s suite) {
		for name, p := range map[string]plan.Plan{"open": clients(t, 1000, 4*time.Second), "closed": loops(t, 5, 3*time.Second)} {
			const until = 500 * time.Millisecond
			job := attack.Job{Plan: p, Target: s.bare(t, func(p *peer) {
				for p.request() != nil {
					p.say(ok)
				}
			}).url, Requests: get("/1", "/2"), MaySend: func(now time.Duration) bool { return now < until }}
			l, err := s.perform(t.Context(), job, nil, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			l.check(t, job)
			for _, o := range l.outcomes {
				// What was allowed is sent soon after; a busy machine may take its time for it.
				if o.Due >= until {
					t.Errorf("%s: a request that was due at %v was sent at %v", name, o.Due, o.Sent)
				}
			}
			if l.Sent == 0 || l.Planned != l.Sent+l.Dropped || p.Open() && l.Dropped == 0 {
				t.Errorf("%s: planned %d, sent %d, dropped %d", name, l.Planned, l.Sent, l.Dropped)
			}
		}
	},

	"a cut ends what is in flight": func(t *testing.T, s suite) {
		for name, p := range long(t) {
			srv := s.hold(t)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				for range 4 {
					<-srv.arrived
				}
				cancel()
			}()
			// Nothing is ever answered: only the cut can end this.
			job := attack.Job{Plan: p, Target: srv.url, Requests: get("/"), Settings: attack.Settings{Timeout: attack.MaxTimeout}}
			l, err := s.perform(ctx, job, nil, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			l.check(t, job)
			l.all(t, runlog.Cut, l.Sent)
			if l.Sent < 4 {
				t.Errorf("%s: %d requests sent", name, l.Sent)
			}
			close(srv.release)
		}
	},

	"a leg that is over before it began sends nothing": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		drain := make(chan struct{})
		close(drain)
		for name, p := range long(t) {
			for _, run := range []func() (leg, error){
				func() (leg, error) {
					return s.perform(ctx, attack.Job{Plan: p, Target: srv.url, Requests: get("/")}, nil, nil)
				},
				func() (leg, error) {
					return s.perform(t.Context(), attack.Job{Plan: p, Target: srv.url, Requests: get("/")}, drain, nil)
				},
			} {
				if l, err := run(); err != nil || l.Sent != 0 {
					t.Errorf("%s: %d requests sent, error %v", name, l.Sent, err)
				}
			}
		}
		if n := srv.conns.Load(); n != 0 {
			t.Errorf("%d connections were opened", n)
		}
	},

	"the plan's end bounds starts and cuts nothing": func(t *testing.T, s suite) {
		const d = 100 * time.Millisecond
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil {
				time.Sleep(d / 2)
				p.say(ok)
			}
		})
		job := attack.Job{Plan: loops(t, 3, d), Target: srv.url, Requests: get("/1", "/2", "/3")}
		l := s.run(t, job)
		l.all(t, runlog.Success, l.Sent)
		srv.counted(t, l)
		l.startedBy(t, job.Plan)
	},

	"an open load that cannot be made ends on time": func(t *testing.T, s suite) {
		const d, timeout = 100 * time.Millisecond, 250 * time.Millisecond
		for name, load := range map[string]plan.Load{
			"clients": {Type: plan.ClientsPerTest, Clients: 300, Duration: d},
			"rate":    {Type: plan.Rate, Rate: 3000, Duration: d},
			"stages":  {Type: plan.Stages, ByRate: true, Stages: []plan.Stage{{Rate: 6000, Duration: d}}},
		} {
			srv := s.bare(t, func(p *peer) {
				for p.request() != nil {
					time.Sleep(d / 4)
					p.say(ok)
				}
			})
			// Our own bound on connections keeps it from being made, whatever the machine.
			job := attack.Job{
				Plan: newPlan(t, load), Target: srv.url, Requests: get("/1", "/2"), Settings: attack.Settings{Timeout: timeout, Connections: attack.Shared, MaxConnections: 2},
			}
			l := s.run(t, job)
			// A connection that was not made in time has brought no request.
			if came := uint64(srv.requests.Load()); came > l.Sent || came+l.Outcomes.Timeout < l.Sent {
				t.Errorf("%s: the server saw %d requests, the engine sent %d: %+v", name, came, l.Sent, l.Outcomes)
			}
			if l.Planned != 600 || l.Dropped == 0 || l.Planned != l.Sent+l.Dropped || l.Stopped != "" {
				t.Errorf("%s: planned %d, sent %d, dropped %d, stopped %q", name, l.Planned, l.Sent, l.Dropped, l.Stopped)
			}
			late := 0
			for _, o := range l.outcomes {
				if o.Sent-max(o.Due, d) >= timeout {
					late++ // one for each connection may slip between the look at the clock and the stamp
				}
			}
			if late > 2 {
				t.Errorf("%s: %d requests were sent after they were to be dropped", name, late)
			}
		}
	},

	"a pass that has begun goes on however slow the answers": func(t *testing.T, s suite) {
		// The last request is due after what is owed would be dropped; no generator is late
		// by so much.
		const timeout = 3 * time.Second
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil {
				time.Sleep(timeout * 35 / 100)
				p.say(ok)
			}
		})
		l := s.run(t, attack.Job{Plan: clients(t, 2, 10*time.Millisecond), Target: srv.url, Requests: get("/1", "/2", "/3", "/4"), Settings: attack.Settings{Timeout: timeout}})
		if l.Sent != 8 || l.Dropped != 0 {
			t.Errorf("%d of 8 requests sent, %d dropped", l.Sent, l.Dropped)
		}
	},

	"clients leave as the population falls": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		p := newPlan(t, plan.Load{Type: plan.Stages, Stages: []plan.Stage{
			{Duration: 50 * time.Millisecond, Clients: 5}, {Duration: 100 * time.Millisecond},
		}})
		l := s.run(t, attack.Job{Plan: p, Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, l.Sent)
		l.startedBy(t, p)
		if got, want := uint64(srv.conns.Load()), p.Count(); got > want {
			t.Errorf("%d connections for %d clients", got, want)
		}
	},

	// That every client leaves is the account's business: see attack.Perform.
}

// startedBy requires that no looping client sent anything after it was to leave. It
// looks at the clock before it stamps, so one request may slip between the two.
func (l leg) startedBy(t *testing.T, p plan.Plan) {
	t.Helper()
	until := make(map[uint64]time.Duration)
	for st := range p.Starts() {
		until[st.N] = st.Until
	}
	late := make(map[uint64]int)
	for _, o := range l.outcomes {
		if o.Sent >= until[o.Client] {
			if late[o.Client]++; late[o.Client] > 1 {
				t.Errorf("client %d sent at %v, it was to leave at %v", o.Client, o.Sent, until[o.Client])
			}
		}
	}
}
