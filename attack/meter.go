package attack

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/secret"
)

// Sink stores what a [Meter] measures; *runlog.LegWriter implements it. Its methods are called from one
// goroutine at a time, except Failure, which engines call through the meter.
type Sink interface {
	Second(runlog.Second, ...hist.Interval) error
	Failure(runlog.Failure) error
	Event(runlog.Event) error
}

// MeterConfig configures the meter of a leg.
type MeterConfig struct {
	// Sink must not be nil.
	Sink Sink
	// Requests names the requests of a pass; never empty.
	Requests []string
	// ErrorThreshold is the share of failed requests, 0 to 1, at which the leg is aborted; 0 is
	// never.
	ErrorThreshold float64
	// Secrets are removed from the texts of failures; nil is none.
	Secrets *secret.Set
	// Drain, when closed, asks the engine to start nothing more; nil never does.
	Drain <-chan struct{}
	// OnDone is called with every outcome, one at a time, unless it is nil. It must not keep the
	// outcome.
	OnDone func(*Outcome)
	// OnSecond is called with every second after it was stored, unless it is nil.
	OnSecond func(Progress)
	// OnSent is called for every request that is sent, and OnJoin with the number of clients at work for every one
	// that begins, unless they are nil. A text ends the leg at once, as its reason. Both are called from any goroutine.
	OnSent func() (why string)
	OnJoin func(active int64) (why string)
}

// Progress describes a leg so far.
type Progress struct {
	Elapsed time.Duration
	Second  runlog.Second // the newest
	Total   runlog.Outcomes
	Sent    uint64
	// P95 is the 95th percentile of the response times so far, 0 without any.
	P95 time.Duration
}

// abortMin is how many requests must have ended before the error threshold is checked: one early failure
// should not end a test. loader.io does not document what it does.
const abortMin = 10

// Meter counts what an engine reports, and stores it every second. Engines call Now, Sent, Done, Join,
// Thought, Leave and Draining, from any goroutine. [Perform] makes it and calls the rest.
type Meter struct {
	cfg   MeterConfig
	start time.Time
	// abort ends the leg at once and cuts the requests in flight.
	abort func(reason string)

	sent, done atomic.Uint64
	active     atomic.Int64
	peak       atomic.Int64 // the most active clients since the last tick
	lastDone   atomic.Int64 // nanoseconds since start
	thought    atomic.Int64 // the pauses of all clients since the last tick, nanoseconds
	mixed      bool         // a pass is one request of several
	loadEnds   atomic.Int64 // when no more load is put on, likewise: the plan's end, or when the leg was stopped
	standstill standstill
	shards     []*shard
	limits     []limit // of each request of the pass; nil where no request has any
	failures   failures
	hosts      hosts
	outcomes   *claim.Outcomes // by number; nil where nobody asks
	onDone     sync.Mutex

	// The fields below belong to the goroutine that calls tick.
	due       dueCounter
	sentSeen  uint64
	seconds   int
	stoppedAt time.Duration // when the leg was stopped before its end; 0 is not
	total     runlog.Outcomes
	skipped   uint64
	requests  []runlog.Outcomes // the total, of each request of the pass
	response  *hist.Histogram
	health    *health // nil until the leg has begun
	spare     *bucket
	sum       *bucket
	statuses  statuses
}

// maxShards bounds the meter's memory: a shard holds two buckets of histograms.
const maxShards = 4

func newMeter(cfg MeterConfig, start time.Time, due dueCounter, abort func(string)) *Meter {
	m := &Meter{
		cfg: cfg, start: start, due: due, abort: abort,
		response: hist.New(), requests: make([]runlog.Outcomes, len(cfg.Requests)),
		spare: newBucket(len(cfg.Requests)), sum: newBucket(len(cfg.Requests)), statuses: statuses{},
	}
	m.failures.sink, m.failures.secrets = cfg.Sink, cfg.Secrets
	m.hosts.secrets = cfg.Secrets
	for range min(runtime.GOMAXPROCS(0), maxShards) {
		m.shards = append(m.shards, &shard{b: newBucket(len(cfg.Requests))})
	}
	return m
}

// Now is the time since the leg's start, by the monotonic clock. All instants of an [Outcome] are on this
// scale.
func (m *Meter) Now() time.Duration { return time.Since(m.start) }

// Draining is closed when nothing more may be started.
func (m *Meter) Draining() <-chan struct{} { return m.cfg.Drain }

// Join counts a client that begins its work.
func (m *Meter) Join() {
	n := m.active.Add(1)
	setMax(&m.peak, n)
	if m.cfg.OnJoin != nil {
		m.endFor(m.cfg.OnJoin(n))
	}
}

// endFor ends the leg for a reason, if there is one.
func (m *Meter) endFor(why string) {
	if why != "" {
		m.abort(why)
	}
}

// Thought counts a pause of a client that has ended, by itself or because nothing more may be started.
func (m *Meter) Thought(pause time.Duration) { m.thought.Add(int64(pause)) }

// Leave counts a client that has ended its work.
func (m *Meter) Leave() { m.active.Add(-1) }

// Sent counts a request when it is sent, and gives it the number that its outcome must have: all
// that are sent are numbered from 0, or as the job's names ask. One Done must follow each.
func (m *Meter) Sent(time.Duration) uint64 {
	n := m.sent.Add(1) - 1
	if m.cfg.OnSent != nil {
		m.endFor(m.cfg.OnSent())
	}
	if m.outcomes == nil {
		return n
	}
	return m.outcomes.Names.Number(n)
}

// Host numbers the host of a name as an answer has it, 0 for an empty one. The name is not
// kept, and one that is known is no work.
func (m *Meter) Host(name []byte) Host { return m.hosts.number(name) }

// Done counts the outcome of one request. It does not keep o; a success that took longer than it may is
// none from then on, see [Expect].
func (m *Meter) Done(o *Outcome) {
	m.holdToLimit(o)
	s := m.shards[o.Client%uint64(len(m.shards))]
	s.mu.Lock()
	s.b.add(o, int64(o.Done) > m.loadEnds.Load())
	s.mu.Unlock()
	m.done.Add(1)
	setMax(&m.lastDone, int64(o.Done))
	if m.outcomes != nil && !o.Class.AsExpected() {
		m.outcomes.Note(o.Number, kindOf(o.Class))
	}
	if o.Class != runlog.Success && o.Class != runlog.Cut {
		m.failures.add(m.cfg.Requests[o.Request], o)
	}
	if m.cfg.OnDone != nil {
		m.onDone.Lock()
		defer m.onDone.Unlock()
		m.cfg.OnDone(o)
	}
}

// kindOf is what an outcome that is not as expected says of the rows.
func kindOf(c runlog.Class) claim.Kind {
	if c == runlog.Timeout || c == runlog.Network || c == runlog.Cut {
		return claim.Unknown
	}
	return claim.Failed
}

// setMax raises a to n if it is less.
func setMax(a *atomic.Int64, n int64) {
	for was := a.Load(); n > was && !a.CompareAndSwap(was, n); was = a.Load() {
	}
}

// tick stores everything since the last tick as one second, the next in turn. A tick that
// is late, for the generator stood still, puts into it what the seconds after it were to
// hold, and these follow at once and are empty: counts and times stay in one second.
func (m *Meter) tick() error {
	now := m.Now()
	for _, s := range m.shards {
		s.mu.Lock()
		s.b, m.spare = m.spare, s.b
		s.mu.Unlock()
		m.sum.merge(m.spare)
		m.spare.reset()
	}
	done := m.done.Load() // before sent: what is sent and done in between is not in flight
	sent := m.sent.Load()
	b := m.sum
	sec := runlog.Second{
		T: m.seconds, CPU: -1, Sent: sent - m.sentSeen, Done: b.outcomes.Ended(), Outcomes: b.outcomes,
		BytesSent: b.bytesSent, BytesReceived: b.bytesReceived, Addresses: storedAddresses(b.addresses),
		Statuses: m.statuses.stored(b.statuses), Served: b.served.stored(&m.hosts), Carried: b.carried,
		Connects: b.connects, Redirects: b.redirects, Stamped: b.stamped, Waited: b.waited, Own: b.own,
		BusyS: b.busy.Seconds(), ThoughtS: time.Duration(m.thought.Swap(0)).Seconds(), Overdue: b.overdue,
		Active: m.peak.Swap(m.active.Load()), InFlight: int64(sent - done), Skipped: b.skipped,
	}
	if b.outcomes.Success > 0 {
		succeeded := b.succeeded
		sec.Succeeded = &succeeded
	}
	if time.Duration(m.seconds+1)*time.Second > time.Duration(m.loadEnds.Load()) {
		drained := b.drained
		sec.Drained = &drained
	}
	if m.health != nil {
		m.health.fill(&sec, now)
	}
	sec.Standstills = m.standstill.take(now)
	if m.mixed {
		b.later = 0 // each is the first of its pass
	}
	sec.Due = m.due.until(m.secondEnds(now), b.later, sec.Sent)
	if len(m.cfg.Requests) > 1 {
		sec.Requests = make(map[string]runlog.RequestCounts, len(m.cfg.Requests))
		for i, name := range m.cfg.Requests {
			sec.Requests[name] = b.requests[i].counts(sec.Drained != nil)
		}
	}
	err := m.cfg.Sink.Second(sec, b.intervals(m.seconds, m.length(now))...)
	m.total.Merge(b.outcomes)
	m.skipped += sec.AllSkipped()
	for i := range m.requests {
		m.requests[i].Merge(b.requests[i].outcomes)
	}
	m.response.Merge(b.response)
	b.reset()
	m.sentSeen = sent
	m.seconds++
	if err != nil {
		return err
	}
	m.checkErrors()
	if m.cfg.OnSecond != nil {
		m.cfg.OnSecond(Progress{Elapsed: now, Second: sec, Total: m.total, Sent: sent, P95: m.response.Quantile(0.95)})
	}
	return nil
}

// secondEnds returns the instant before which the present second ends: a whole number of seconds since
// the start, however late the tick is, or now for the last second of a leg.
func (m *Meter) secondEnds(now time.Duration) time.Duration {
	return min(time.Duration(m.seconds+1)*time.Second, now+1)
}

// length is that of the second now being stored: a whole one, but for a leg's last.
func (m *Meter) length(now time.Duration) time.Duration {
	return max(0, min(now-time.Duration(m.seconds)*time.Second, time.Second))
}

func (m *Meter) checkErrors() { m.endFor(TooManyErrors(m.total, m.cfg.ErrorThreshold)) }

// TooManyErrors is why a leg with these outcomes is aborted by an error threshold, see [MeterConfig]; "" is
// for no reason.
func TooManyErrors(total runlog.Outcomes, threshold float64) string {
	ended, failed := total.Ended()-total.Cut, total.Failed()
	if threshold <= 0 || ended < abortMin || float64(failed) < threshold*float64(ended) {
		return ""
	}
	return fmt.Sprintf("error threshold: %s of %s failed (%.1f %%), the limit is %g %%",
		words.Number(failed), words.Counted(ended, "request"), 100*float64(failed)/float64(ended), 100*threshold)
}
