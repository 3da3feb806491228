package attacktest

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/kerneltime"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
)

// stampSlack is how far two stamps of the kernel may be off as instants of one leg.
const stampSlack = 2 * kerneltime.StepLimit

// timeCases are about the three instants and the timeout.
var timeCases = map[string]func(*testing.T, suite){
	"a known delay is in the service time": func(t *testing.T, s suite) {
		const delay = 30 * time.Millisecond
		srv := s.handled(t, func(http.ResponseWriter, *http.Request) { time.Sleep(delay) })
		l := s.run(t, attack.Job{Plan: clients(t, 20, 100*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, 20)
		for _, o := range l.outcomes {
			if o.Done-o.Sent < delay {
				t.Errorf("service time %v, the server took %v", o.Done-o.Sent, delay)
			}
		}
		srv.counted(t, l)
	},

	"the first byte is apart from the last": func(t *testing.T, s suite) {
		const thinks, writes = 20 * time.Millisecond, 100 * time.Millisecond
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil {
				time.Sleep(thinks)
				p.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
				time.Sleep(writes)
				p.say("ok")
			}
		})
		l := s.run(t, attack.Job{Plan: clients(t, 10, 50*time.Millisecond), Target: srv.url, Requests: get("/a", "/b")})
		l.all(t, runlog.Success, 20)
		apart := 0
		for _, o := range l.outcomes {
			if o.FirstByte-o.Sent < thinks || o.FirstByte > o.Done {
				t.Errorf("sent %v, first byte %v, last %v: the server thinks for %v", o.Sent, o.FirstByte, o.Done, thinks)
			}
			if o.Done-o.FirstByte >= writes-stampSlack {
				apart++
			}
		}
		// Whoever stands still until the rest has come reads all of it at once, with one stamp.
		if apart == 0 {
			t.Errorf("the server wrote for %v, and every first byte came later than its first part", writes)
		}
	},

	"due comes from the plan": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		p := newPlan(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 100, Duration: time.Second / 5, Arrivals: plan.Poisson, Seed: 7})
		l := s.run(t, attack.Job{Plan: p, Target: srv.url, Requests: get("/")})
		due := make(map[uint64]time.Duration)
		for st := range p.Starts() {
			due[st.N] = st.Due
		}
		l.all(t, runlog.Success, uint64(len(due)))
		for _, o := range l.outcomes {
			if o.Due != due[o.Client] {
				t.Errorf("client %d: due %v, planned %v", o.Client, o.Due, due[o.Client])
			}
		}
	},

	"later requests of a pass are due when the client is ready": func(t *testing.T, s suite) {
		srv := s.bare(t, answers(ok))
		job := attack.Job{Plan: clients(t, 5, 50*time.Millisecond), Target: srv.url, Requests: get("/a", "/b", "/c")}
		for _, l := range []leg{s.run(t, job), s.loop(t, 2, 10, job)} {
			last := make(map[uint64]attack.Outcome)
			for _, o := range l.outcomes {
				if before, ok := last[o.Client]; ok && o.Due != before.Done {
					t.Errorf("due %v, the answer before was there at %v", o.Due, before.Done)
				}
				last[o.Client] = o
			}
		}
	},

	// The oracle of a stall: at a constant rate, the requests due in the S seconds in
	// which nothing is answered wait for what is left of it, P(L>x) = (S−x)/T. A
	// generator that waits for answers before it sends on shows one slow request.
	"a stall is in the response times of all that were due in it": func(t *testing.T, s suite) {
		const (
			n      = 200
			T      = time.Second
			t0, t1 = 300 * time.Millisecond, 500 * time.Millisecond
			S      = t1 - t0
		)
		var began atomic.Int64
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil {
				at := time.Since(time.Unix(0, began.Load()))
				if at >= t0 {
					time.Sleep(t1 - at) // not at all once it is over
				}
				p.say(ok)
			}
		})
		began.Store(time.Now().UnixNano())
		l := s.run(t, attack.Job{Plan: clients(t, n, T), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, n)
		// The server's clock began a moment before the leg's.
		skew := l.start.Sub(time.Unix(0, began.Load()))
		for _, x := range []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond, 150 * time.Millisecond} {
			var slow int
			for _, o := range l.outcomes {
				if o.Due >= t0 && o.Due < t1 && o.Done-o.Due > x {
					slow++
				}
			}
			want := int(float64(n)*float64(S-x-skew)/float64(T)) - 1
			if slow < want {
				t.Errorf("%d requests took more than %v, want at least %d", slow, x, want)
			}
		}
	},

	"an open load does not wait for answers": func(t *testing.T, s suite) {
		const n = 20
		all := newGate(n)
		srv := s.bare(t, func(p *peer) {
			for p.request() != nil {
				all.arrive(t)
				p.say(ok)
			}
		})
		l := s.run(t, attack.Job{Plan: clients(t, n, 100*time.Millisecond), Target: srv.url, Requests: get("/")})
		l.all(t, runlog.Success, n)
		var active int64
		for _, sec := range l.seconds {
			active = max(active, sec.Active)
		}
		if active != n {
			t.Errorf("%d clients were at work at once, the server saw %d waiting", active, n)
		}
	},

	"silence is a timeout, and the time waited counts": func(t *testing.T, s suite) {
		const timeout = 100 * time.Millisecond
		srv := s.bare(t, func(p *peer) { p.request(); p.wait() })
		l := s.whole(t, attack.Job{Plan: clients(t, 5, 50*time.Millisecond), Target: srv.url, Requests: get("/"), Settings: attack.Settings{Timeout: timeout}})
		l.all(t, runlog.Timeout, 5)
		for _, o := range l.outcomes {
			if o.Done-o.Sent < timeout || o.Status != 0 {
				t.Errorf("status %d after %v, the timeout is %v", o.Status, o.Done-o.Sent, timeout)
			}
		}
	},

	// The program stands still from the first answer until the others' time is up, while
	// they arrive: the time they then wait for us is not the target's.
	"an answer that came in time is no timeout": func(t *testing.T, s suite) {
		n, timeout := 100, 5*time.Second // all have to be answered in time, on a machine that stands still for a moment too
		if s.tls != nil {
			n = 20
		}
		asked, answered := newGate(n), newGate(n)
		srv := s.bare(t, func(p *peer) {
			p.request()
			asked.arrive(t)
			p.say(ok)
			answered.arrive(t)
			p.wait()
		})
		job := attack.Job{Plan: clients(t, n, 20*time.Millisecond), Target: srv.url, Requests: get("/"), Settings: attack.Settings{Timeout: timeout}}
		var stall sync.Once
		l, err := s.perform(t.Context(), job, nil, func(*attack.Outcome) {
			stall.Do(func() {
				select {
				case <-answered.open:
				case <-time.After(patient):
				}
				time.Sleep(timeout)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		l.check(t, job)
		l.all(t, runlog.Success, uint64(n))
	},

	"silence within a body is a timeout": func(t *testing.T, s suite) {
		srv := s.bare(t, func(p *peer) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			p.wait()
		})
		l := s.whole(t, attack.Job{Plan: clients(t, 3, 30*time.Millisecond), Target: srv.url, Requests: get("/"), Settings: attack.Settings{Timeout: 100 * time.Millisecond}})
		l.all(t, runlog.Timeout, 3)
	},

	// Head and body drip, each for longer than the timeout. On a machine that stands
	// still for longer than that the drip is a true silence: then once more, slower.
	"a slow drip is none": func(t *testing.T, s suite) {
		const parts = 20
		answer := "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", parts) + "Content-Length: 20\r\n\r\n" + strings.Repeat(".", parts)
		for gap := 20 * time.Millisecond; ; gap *= 4 {
			srv := s.bare(t, func(p *peer) {
				if p.request() == nil {
					return
				}
				for _, part := range strings.SplitAfter(answer, "") {
					if part == "\n" || part == "." {
						time.Sleep(gap)
					}
					p.say(part)
				}
			})
			job := attack.Job{Plan: clients(t, 2, 10*time.Millisecond), Target: srv.url, Requests: get("/"), Settings: attack.Settings{Timeout: gap * parts / 2}}
			l := s.run(t, job)
			if l.Outcomes.Success < 2 && gap < 300*time.Millisecond {
				continue
			}
			l.all(t, runlog.Success, 2)
			for _, o := range l.outcomes {
				if o.Done-o.Sent < job.Timeout {
					t.Errorf("%v for a drip that takes longer than %v", o.Done-o.Sent, job.Timeout)
				}
			}
			return
		}
	},

	"a drip without end is cut off": func(t *testing.T, s suite) {
		const timeout = 50 * time.Millisecond
		srv := s.bare(t, func(p *peer) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
			for p.say(".") {
				time.Sleep(timeout / 10)
			}
		})
		l := s.whole(t, attack.Job{Plan: clients(t, 2, 10*time.Millisecond), Target: srv.url, Requests: get("/"), Settings: attack.Settings{Timeout: timeout}})
		l.all(t, runlog.Timeout, 2)
	},
}

// gate opens when all whom it was made for have arrived.
type gate struct {
	missing atomic.Int64
	open    chan struct{}
}

func newGate(n int) *gate {
	g := &gate{open: make(chan struct{})}
	g.missing.Store(int64(n))
	return g
}

// arrive waits for the others, or for the end of the test.
func (g *gate) arrive(t *testing.T) {
	if g.missing.Add(-1) == 0 {
		close(g.open)
	}
	select {
	case <-g.open:
	case <-t.Context().Done():
	}
}
