package analyze

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// synth is a run made up for a test. It is written and read back through runlog,
// so that a test sees what a real run would give.
type synth struct {
	open       bool
	replicas   map[string]int // by target, in the order of legs
	of         string         // the target of several replicas that all targets are sizes of
	requests   []string
	thresholds []string
	compare    bool // single against cluster
	legs       []synthLeg
	noLedger   bool
	// hostFrom says where answers name their hosts.
	hostFrom string
	// maxConnections is what the manifest says of a shared pool.
	maxConnections int
	unsealed       bool
	decide         string
	outage         float64 // the manifest's limit, in seconds
	stopped        string
	loads          []runlog.NamedLoad // nil is one load without a name
}

// synthLeg is one leg; every second has the same number of requests.
type synthLeg struct {
	target    string
	round     int // 0 is 1
	seconds   int
	perSecond int
	// total, when set, spreads that many requests over the seconds instead. jitter
	// is how many at most go in a neighbouring second.
	total, jitter int
	// latency and lag are drawn per request; nil is 10 ms flat, and 100 µs.
	latency, lag func(*rand.Rand) time.Duration
	// queue is drawn for every answer that the kernel stamped; nil: it stamped none.
	queue func(*rand.Rand) time.Duration
	// outcome is the class of the i-th request; nil is success.
	outcome  func(i int) runlog.Class
	dropped  uint64
	skipped  uint64                   // spoil puts them into seconds
	connects func(sent uint64) uint64 // nil: one a request
	cpu      float64
	// hosts are rows written, by host; unsettled and ledgerErr spoil the ledger.
	hosts, before map[string]int64
	unsettled     bool
	claimed       uint64 // as the ledger has it
	named         *runlog.Named
	ledgerErr     string
	events        []runlog.Event
	rows          []runlog.Rows // counted during the leg
	failures      []runlog.Failure
	stopped       string
	killed        bool // no end is written, nor a ledger after
	warmUp        bool
	load          *runlog.Load // nil is the run's
	// hangs says in which seconds every client waits, so that nothing is sent and nothing ends.
	hangs func(second int) bool
	spoil func(*runlog.Second)
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 789_000_000, time.UTC)

// build writes the run and reads it back.
func (s synth) build(t testing.TB) *runlog.Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	w, err := runlog.Create(dir, s.manifest())
	must(err)
	n := uint64(0)
	for _, leg := range s.legs {
		must(leg.write(w, s, rand.New(rand.NewPCG(n, 42))))
		if !leg.warmUp {
			n++ // the legs are drawn alike with and without warm-ups
		}
	}
	if !s.unsealed {
		must(w.Seal(epoch.Add(time.Hour), s.stopped))
	}
	run, err := runlog.Open(dir)
	must(err)
	return run
}

func (s synth) manifest() runlog.Manifest {
	m := runlog.Manifest{
		Tool: runlog.Tool{Version: "v0.0.0-test", Go: "go1.26"}, Name: "a synthetic run", Source: "synthetic.yaml",
		Started: epoch, Machine: runlog.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		Scenario: json.RawMessage(`{}`), Engine: "nethttp", Requests: s.requests,
		Load:       runlog.Load{Type: "maintain-client-load", Words: "50 clients for 1m0s", Open: s.open, Clients: 50, DurationS: 60, TimeoutS: 10, ErrorThreshold: 0.5, Connections: "per-client", MaxConnections: s.maxConnections},
		Success:    "status 200",
		Thresholds: s.thresholds, Decide: s.decide, OutageS: s.outage,
	}
	if m.Requests == nil {
		m.Requests = []string{"GET /index.php"}
	}
	if s.open {
		m.Load.Type, m.Load.Words = "clients-per-test", "50 clients spread evenly over 1m0s"
	}
	if !s.noLedger {
		m.Ledger = &runlog.LedgerSource{Address: "tcp 127.0.0.1:3306", Table: "dados", Column: "Host"}
	}
	if s.compare {
		m.Compare = &runlog.Compare{Baseline: "single", Candidate: "cluster", Rounds: 1}
	}
	m.Loads = s.loads
	seen := map[string]bool{}
	for _, l := range s.legs {
		if !seen[l.target] {
			seen[l.target] = true
			m.Targets = append(m.Targets, runlog.Target{Name: l.target, URL: "http://127.0.0.1:8080", Replicas: s.replicas[l.target], Of: s.of, HostFrom: s.hostFrom})
		}
	}
	return m
}

func (l synthLeg) write(w *runlog.Writer, s synth, rng *rand.Rand) error {
	total := l.total
	if total == 0 {
		total = l.seconds * l.perSecond
	}
	for t := range l.seconds {
		if l.hangs != nil && l.hangs(t) {
			total -= l.perSecond
		}
	}
	planned := uint64(total) + l.dropped + l.skipped
	lw, err := w.StartLeg(runlog.Leg{
		Target: l.target, Round: max(1, l.round), WarmUp: l.warmUp, Load: l.load, Planned: planned, Started: epoch,
	})
	if err != nil {
		return err
	}
	defer lw.Close()
	sent := 0
	hists := [5]*hist.Histogram{hist.New(), hist.New(), hist.New(), hist.New(), hist.New()}
	for t := range l.seconds {
		upTo := (t + 1) * total / l.seconds
		if l.jitter > 0 && t < l.seconds-1 {
			upTo += rng.IntN(2*l.jitter) - l.jitter
		}
		n := upTo - sent
		if l.hangs != nil {
			n = l.perSecond
			if l.hangs(t) {
				n = 0
			}
		}
		second, intervals := l.second(t, sent, n, rng, hists)
		if sent += n; l.spoil != nil {
			l.spoil(&second)
		}
		if err := lw.Second(second, intervals...); err != nil {
			return err
		}
	}
	for _, e := range l.events {
		if err := lw.Event(e); err != nil {
			return err
		}
	}
	for _, r := range l.rows {
		if err := lw.Rows(r); err != nil {
			return err
		}
	}
	if err := lw.Failures(l.failures); err != nil {
		return err
	}
	if !s.noLedger {
		if err := lw.Ledger(l.ledger()); err != nil {
			return err
		}
	}
	if l.killed {
		return nil
	}
	return w.EndLeg(planned, l.dropped, time.Duration(l.seconds)*time.Second, l.stopped)
}

// second makes up n requests, the first of them the leg's number from.
func (l synthLeg) second(t, from, n int, rng *rand.Rand, hists [5]*hist.Histogram) (runlog.Second, []hist.Interval) {
	s := runlog.Second{T: t, Due: uint64(n), Sent: uint64(n), Done: uint64(n), Active: 50, CPU: l.cpu,
		BytesSent: 100 * uint64(n), BytesReceived: 200 * uint64(n), Connects: uint64(n)}
	if l.connects != nil {
		s.Connects = l.connects(uint64(n))
	}
	response, service, lags, queues, user := hists[0], hists[1], hists[2], hists[3], hists[4]
	for _, h := range hists {
		h.Reset()
	}
	if n == 0 {
		s.InFlight = s.Active
	}
	for i := range n {
		latency, lag := 10*time.Millisecond, 100*time.Microsecond
		if l.latency != nil {
			latency = l.latency(rng)
		}
		if l.lag != nil {
			lag = l.lag(rng)
		}
		class := runlog.Success
		if l.outcome != nil {
			class = l.outcome(from + i)
		}
		s.Outcomes.Add(class, 1)
		lags.Record(lag)
		if class != runlog.Network && class != runlog.Cut {
			service.Record(latency)
			response.Record(latency + lag)
			if l.queue != nil && class != runlog.Timeout {
				queue := l.queue(rng)
				s.Stamped++
				queues.Record(queue)
				user.Record(latency + queue)
			}
		}
	}
	start := time.Duration(t) * time.Second
	return s, []hist.Interval{
		{Tag: runlog.TagResponse, Start: start, Length: time.Second, Hist: response},
		{Tag: runlog.TagService, Start: start, Length: time.Second, Hist: service},
		{Tag: runlog.TagLag, Start: start, Length: time.Second, Hist: lags},
		{Tag: runlog.TagQueue, Start: start, Length: time.Second, Hist: queues},
		{Tag: runlog.TagUserSpace, Start: start, Length: time.Second, Hist: user},
	}
}

func (l synthLeg) ledger() runlog.Ledger {
	led := runlog.Ledger{Table: "dados", Column: "Host", Before: map[string]int64{}, Settled: !l.unsettled, SettleS: 0.4, Claimed: l.claimed, Named: l.named, Error: l.ledgerErr}
	for host, rows := range l.before {
		led.Before[host] = rows
	}
	if l.killed || l.ledgerErr != "" {
		return led
	}
	led.After, led.AfterAt = map[string]int64{}, epoch.Add(time.Duration(l.seconds)*time.Second)
	for host, rows := range l.before {
		led.After[host] = rows
	}
	for host, rows := range l.hosts {
		led.After[host] += rows
	}
	return led
}

// around draws times of a gamma-like shape with that mean.
func around(mean time.Duration) func(*rand.Rand) time.Duration {
	return func(rng *rand.Rand) time.Duration {
		sum := 0.
		for range 4 {
			sum += rng.ExpFloat64() / 4
		}
		return time.Duration(float64(mean) * sum)
	}
}

func analyzed(t testing.TB, s synth) *result.Analysis {
	t.Helper()
	a, err := Analyze(t.Context(), s.build(t))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// healthyPair is a closed run in which the cluster is nearly three times as fast.
func healthyPair() synth {
	return synth{
		replicas:   map[string]int{"single": 1, "cluster": 3},
		thresholds: []string{"p95 < 500ms", "error_rate < 1%", "lost == 0"},
		compare:    true,
		legs: []synthLeg{
			{target: "single", seconds: 10, perSecond: 200, jitter: 10, latency: around(50 * time.Millisecond), cpu: 0.1,
				connects: func(uint64) uint64 { return 1 }, hosts: map[string]int64{"aaaaaaaaaaaa": 2000}},
			{target: "cluster", seconds: 10, perSecond: 580, jitter: 20, latency: around(17 * time.Millisecond), cpu: 0.3,
				connects: func(uint64) uint64 { return 1 },
				before:   map[string]int64{"aaaaaaaaaaaa": 2000},
				hosts:    map[string]int64{"b00000000001": 1934, "b00000000002": 1933, "b00000000003": 1933}},
		},
	}
}
