package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/bench/truth"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// witnessed is a request as the server saw it. Number is that of its pass, which it bears in its path.
type witnessed struct {
	number            uint64
	arrived, answered time.Time
}

// knowing is a server that keeps of every request when the kernel had it, and when it was answered.
type knowing struct {
	*truth.Server
	mu  sync.Mutex
	all []witnessed
	bad []string // first lines that no request of ours has
}

func newKnowing(t *testing.T) *knowing {
	t.Helper()
	s, err := truth.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &knowing{Server: s}
	s.Each = func(e truth.Exchange) {
		k.mu.Lock()
		defer k.mu.Unlock()
		var n uint64
		if _, err := fmt.Sscanf(e.Line, "GET /%d HTTP/1.1", &n); err != nil {
			k.bad = append(k.bad, e.Line)
		}
		k.all = append(k.all, witnessed{n, e.Arrived, e.Answered})
	}
	s.Begin(truth.Delay{Exponential: true, Short: 10 * time.Millisecond}, 7)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return k
}

// between are the requests that arrived in a time, in the order in which they did.
func (k *knowing) between(from, to time.Time) (some []witnessed) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.all {
		if !w.arrived.Before(from) && w.arrived.Before(to) {
			some = append(some, w)
		}
	}
	slices.SortStableFunc(some, func(a, b witnessed) int { return a.arrived.Compare(b.arrived) })
	return some
}

// slewed is by how much the clock that keeps the time of day may be set while it runs, in seconds per second
// at most: the server tells instants by that one, and agents wait for theirs by one that nothing adjusts.
const slewed = 0.0005

// A load that is divided among agents, each a process of its own, is the load, for a server that keeps every
// single request: each start of the plan comes once, by some agent, when it is due; and the report's
// percentiles are those of the server.
func TestDividedIsTheWhole(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7} {
		t.Run(fmt.Sprint(n, " agents"), func(t *testing.T) {
			t.Parallel()
			server, dir := newKnowing(t), t.TempDir()
			file, out := filepath.Join(dir, "divided.yaml"), filepath.Join(dir, "run")
			yaml := fmt.Sprintf(`
loads:
  - {name: even, type: rate, rate: 300, duration: 2s}
  - {name: poisson, type: clients-per-second, clients: 300, duration: 2s, arrivals: poisson, seed: 3}
  - {name: closed, type: maintain-client-load, from: 5, clients: 12, duration: 2s}
request: {path: "/%%{0:1000000:1}"}
targets: [{name: knowing, url: %q}]
thresholds: []
`, strings.TrimSuffix(server.URL(), "/"))
			if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			// Delays of a busy machine make a run INVALID, and everything below holds nevertheless, unless it stood still when
			// an agent was to begin.
			r := begun(func() ran {
				if err := os.RemoveAll(out); err != nil {
					t.Fatal(err)
				}
				return stress(t, nil, "run", file, "--quiet", "--agents", fmt.Sprint(n), "--out", out)
			})
			if r.code != exitPass && r.code != exitInvalid {
				t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
			}
			sc, err := scenarios.Parse(file, []byte(yaml), scenarios.Options{})
			if err != nil {
				t.Fatal(err)
			}
			held(t, sc, out, server, n)
		})
	}
}

// held holds every leg of a run against what the server has seen of it.
func held(t *testing.T, sc *scenarios.Scenario, dir string, server *knowing, agents int) {
	r, err := runlog.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, result.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a, err := result.ReadSummary(f)
	if err != nil {
		t.Fatal(err)
	}
	var recs []*runlog.Record
	for rec, err := range r.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	if len(recs) != len(sc.Loads) || len(a.Loads) != len(recs) || len(server.bad) > 0 {
		t.Fatalf("%d legs, %d in the summary, foreign requests: %q", len(recs), len(a.Loads), server.bad)
	}
	t.Log("| agents | load | requests | sent | arrived | came after they were due: first, p50, p99, last | lag by the report, most | clocks known to | response p50, p95, p99: server | report |")
	for i, rec := range recs {
		until := time.Now()
		if i+1 < len(recs) {
			until = recs[i+1].Started.Add(-time.Second / 2)
		}
		p, err := plan.New(sc.Loads[i].Load)
		if err != nil {
			t.Fatal(err)
		}
		d := divided{t: t, name: sc.Loads[i].Name, rec: rec, leg: a.Loads[i].Legs[0], seen: server.between(rec.Started.Add(-time.Second/2), until)}
		d.accounts(agents)
		if p.Open() {
			d.due(p)
		} else {
			d.turns(p)
		}
	}
}

// divided is a leg that agents put on, and what the server saw of it.
type divided struct {
	t    *testing.T
	name string
	rec  *runlog.Record
	leg  result.Leg
	seen []witnessed
}

// accounts holds the numbers of requests against each other.
func (d *divided) accounts(agents int) {
	d.t.Helper()
	var sent uint64
	for _, a := range d.rec.Agents {
		sent += a.Sent
		if a.Lost != "" || a.Planned != a.Sent || a.Sent == 0 && agents < 7 {
			d.t.Errorf("%s: agent %+v", d.name, a)
		}
		if off := math.Abs(a.Start.OffsetS); off > a.Start.BoundS {
			d.t.Errorf("%s: agent %s is of this machine, and its clock %v s off, ± %v s", d.name, a.Name, off, a.Start.BoundS)
		}
	}
	if n := uint64(len(d.seen)); len(d.rec.Agents) != agents || sent != n || d.leg.Sent != n || d.leg.Planned != n || d.leg.Completed != n || d.leg.Dropped != 0 {
		d.t.Errorf("%s: %d agents sent %d; the report has %d planned, %d sent, %d ended; %d arrived", d.name, len(d.rec.Agents), sent, d.leg.Planned, d.leg.Sent, d.leg.Completed, n)
	}
}

// known is how well the clocks of the agents are known, at worst.
func (d *divided) known() (bound time.Duration) {
	for _, a := range d.rec.Agents {
		bound = max(bound, ms(1e3*a.Start.BoundS))
	}
	return bound
}

// bound is how far an instant of an agent may be from that which the leg has.
func (d *divided) bound() time.Duration { return d.known() + ms(1e3*slewed*d.leg.DurationS) }

// due holds every single start of an open load against the instant at which it is due.
func (d *divided) due(p plan.Plan) {
	t := d.t
	t.Helper()
	at := map[uint64]witnessed{}
	for _, w := range d.seen {
		if _, twice := at[w.number]; twice {
			t.Errorf("%s: start %d came twice", d.name, w.number)
		}
		at[w.number] = w
	}
	bound, most := d.bound(), ms(d.leg.Response.Max)
	var late, response, service []time.Duration
	beyond := 0
	for s := range p.Starts() {
		w, came := at[s.N]
		if !came {
			t.Errorf("%s: start %d did not come", d.name, s.N)
			continue
		}
		due := d.rec.Started.Add(s.Due)
		after := w.arrived.Sub(due)
		late, response, service = append(late, after), append(response, w.answered.Sub(due)), append(service, w.answered.Sub(w.arrived))
		if after < -bound || after > most+bound {
			t.Errorf("%s: start %d was due after %v and arrived %v after that; the clocks are known to %v", d.name, s.N, s.Due, after, bound)
		}
		if after > ms(d.leg.Lag.Max)+bound+ownTime {
			beyond++
		}
	}
	if beyond > len(late)/100 {
		t.Errorf("%s: %d of %d came later than the lag says", d.name, beyond, len(late))
	}
	d.agree("lag", late, d.leg.Lag, bound)
	d.agree("service", service, d.leg.Service, 0)
	d.agree("response", response, d.leg.Response, bound)
	d.log(late, response, d.leg.Response)
}

// turns holds the requests of a closed load against its slots: each has one client, whose passes come in
// their order, and the next when the one before was answered.
func (d *divided) turns(p plan.Plan) {
	t := d.t
	t.Helper()
	passes := map[uint64]uint64{} // by slot
	free := map[uint64]time.Time{}
	var service, after []time.Duration
	for _, w := range d.seen {
		slot, pass := w.number%p.Count(), w.number/p.Count()
		if pass != passes[slot] {
			t.Errorf("%s: pass %d of slot %d came after %d passes", d.name, pass, slot, passes[slot])
		}
		if w.arrived.Before(free[slot]) {
			t.Errorf("%s: two requests of slot %d at one time", d.name, slot)
		}
		if pass > 0 {
			after = append(after, w.arrived.Sub(free[slot]))
		}
		passes[slot], free[slot] = pass+1, w.answered
		service = append(service, w.answered.Sub(w.arrived))
	}
	bound := d.bound()
	for s := range p.Starts() {
		i := slices.IndexFunc(d.seen, func(w witnessed) bool { return w.number == s.N })
		if i < 0 {
			t.Errorf("%s: slot %d never came", d.name, s.N)
		} else if after := d.seen[i].arrived.Sub(d.rec.Started.Add(s.Due)); after < -bound || after > ms(d.leg.Response.Max)+bound {
			t.Errorf("%s: slot %d began %v after it was due; the clocks are known to %v", d.name, s.N, after, bound)
		}
		if last := free[s.N]; last.After(d.rec.Started.Add(s.Until + ms(d.leg.Response.Max) + bound)) {
			t.Errorf("%s: slot %d went on until %v", d.name, s.N, last.Sub(d.rec.Started))
		}
	}
	d.agree("service", service, d.leg.Service, 0)
	d.log(after, service, d.leg.Service)
}

const (
	// ownTime is what a machine that is at work for others too may take between the instants at which a
	// request is sent and arrives, or an answer.
	ownTime = time.Millisecond
	// kept is the share of requests that it may keep for longer between these: a percentile may be that of
	// a rank so much lower or higher.
	kept = 0.005
	// coarse is how far a percentile of the report may be from the time itself: the width of its bar.
	coarse = 0.01
)

// agree holds percentiles of the report against those of the server's own times.
func (d *divided) agree(what string, truth []time.Duration, l result.Latency, bound time.Duration) {
	d.t.Helper()
	slices.Sort(truth)
	if l.N != uint64(len(truth)) {
		d.t.Errorf("%s: the report has %d times (%s), the server %d", d.name, l.N, what, len(truth))
		return
	}
	for _, q := range ranks {
		least, most, got := rank(truth, q.q, -kept), rank(truth, q.q, kept), ms(l.Quantiles[q.name])
		if off := bound + ownTime + time.Duration(coarse*float64(got)); got < least-off || got > most+off {
			d.t.Errorf("%s: %s of %s is %v, and by the server %v to %v", d.name, q.name, what, got, least, most)
		}
	}
}

var ranks = []struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}

// rank is the nearest-rank quantile, or the one that is a share of all times higher.
func rank(sorted []time.Duration, q, higher float64) time.Duration {
	n := float64(len(sorted))
	return sorted[min(max(1, int(math.Ceil(q*n-1e-9)+higher*n)), len(sorted))-1]
}

func ms(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }

// log shows a leg as a row of a table.
func (d *divided) log(late, truth []time.Duration, l result.Latency) {
	slices.Sort(late)
	slices.Sort(truth)
	of := func(v time.Duration) string { return fmt.Sprintf("%.3f", v.Seconds()*1e3) }
	var server, report []string
	for _, q := range ranks {
		server, report = append(server, of(rank(truth, q.q, 0))), append(report, of(ms(l.Quantiles[q.name])))
	}
	d.t.Logf("| %d | %s | %d | %d | %d | %s, %s, %s, %s ms | %s ms | ± %s ms | %s ms | %s ms |", len(d.rec.Agents), d.name, d.leg.Planned, d.leg.Sent, len(d.seen),
		of(late[0]), of(rank(late, 0.5, 0)), of(rank(late, 0.99, 0)), of(late[len(late)-1]), of(ms(d.leg.Lag.Max)), of(d.known()), strings.Join(server, ", "), strings.Join(report, ", "))
}
