package attack

import (
	"net/netip"
	"sync"
	"time"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// shard collects the outcomes of a part of the clients, so that not all goroutines wait for one lock.
type shard struct {
	mu sync.Mutex
	b  *bucket
}

// bucket holds what has happened since the last tick.
type bucket struct {
	outcomes                 runlog.Outcomes
	bytesSent, bytesReceived uint64
	connects, redirects      uint64
	later                    uint64                    // requests other than the first of their pass
	stamped                  uint64                    // answers with a timestamp of the kernel
	waited                   uint64                    // requests that waited for a free connection
	own                      uint64                    // requests that failed because of a limit of the generator
	overdue                  uint64                    // passes that took longer than the job's Every
	busy                     time.Duration             // the response times of all requests, whatever became of them
	drained                  runlog.Outcomes           // those of outcomes that ended when no more load was put on
	succeeded                runlog.Span               // the first and the last success; without any, nothing
	addresses                map[netip.AddrPort]uint64 // answers by address
	served                   servedBy                  // answers by the host that they name
	statuses                 map[int]uint64            // whole answers by status code
	carried                  runlog.Carried
	skipped                  map[string]uint64 // requests by the value that was missing; nil without any

	response, service, first, lag, connect, handshake, failed, queue, user *hist.Histogram
	requests                                                               []requestBucket // one per request of the pass
}

type requestBucket struct {
	outcomes, drained runlog.Outcomes
	skipped           uint64
	response, service *hist.Histogram // nil when the pass has one request
}

// times are its distributions; none when the pass has one request.
func (r *requestBucket) times() []*hist.Histogram {
	if r.response == nil {
		return nil
	}
	return []*hist.Histogram{r.response, r.service}
}

// counts are those of the request in a second that reaches beyond the load, or does not.
func (r *requestBucket) counts(beyond bool) runlog.RequestCounts {
	c := runlog.RequestCounts{Outcomes: r.outcomes, Skipped: r.skipped}
	if beyond {
		drained := r.drained
		c.Drained = &drained
	}
	return c
}

func newBucket(requests int) *bucket {
	b := &bucket{
		response: hist.New(), service: hist.New(), first: hist.New(), lag: hist.New(), connect: hist.New(), handshake: hist.New(), failed: hist.New(), queue: hist.New(), user: hist.New(),
		requests: make([]requestBucket, requests), addresses: make(map[netip.AddrPort]uint64), statuses: make(map[int]uint64),
	}
	for i := range b.requests {
		if requests > 1 {
			b.requests[i].response, b.requests[i].service = hist.NewSparse(), hist.NewSparse() // a pass may have hundreds
		}
	}
	return b
}

// hasTime reports whether the times of an outcome are recorded: the request had an answer or a timeout.
func hasTime(c runlog.Class) bool { return c != runlog.Network && c != runlog.Cut }

// firstByte is when an answer began to arrive: for a timeout without one, when it was given up.
func firstByte(o *Outcome) time.Duration {
	if o.FirstByte == 0 {
		return o.Done
	}
	return o.FirstByte
}

// add books an outcome; drained says that it ended when no more load was put on.
func (b *bucket) add(o *Outcome, drained bool) {
	if o.Class == runlog.Success {
		at := o.Done.Seconds()
		b.succeed(runlog.Span{From: at, To: at})
	}
	b.outcomes.Add(o.Class, 1)
	if drained {
		b.drained.Add(o.Class, 1)
	}
	b.bytesSent += uint64(o.BytesSent)
	b.bytesReceived += uint64(o.BytesReceived)
	b.redirects += uint64(o.Redirects)
	if o.Request > 0 {
		b.later++
	}
	if o.Connect > 0 {
		b.connects++
		b.connect.Record(o.Connect)
	}
	if o.Handshake > 0 {
		b.handshake.Record(o.Handshake)
	}
	if o.Waited {
		b.waited++
	}
	if o.Own {
		b.own++
	}
	if o.Overdue {
		b.overdue++
	}
	b.busy += o.Done - o.Due
	if o.Address.IsValid() {
		b.addresses[o.Address]++
	}
	if o.Class.Completed() {
		b.statuses[o.Status]++
	}
	b.skip(o.Lacks, uint64(o.Skipped))
	for i := o.Request + 1; i <= o.Request+o.Skipped && i < len(b.requests); i++ {
		b.requests[i].skipped++
	}
	b.served.add(o)
	b.carried.Merge(carriedBy(o))
	b.lag.Record(o.Sent - o.Due)
	if o.Stamped {
		b.stamped++
		b.queue.Record(o.Read - o.Done)
		b.user.Record(o.Read - o.Sent)
	}
	r := &b.requests[o.Request]
	r.outcomes.Add(o.Class, 1)
	if drained {
		r.drained.Add(o.Class, 1)
	}
	if !hasTime(o.Class) {
		return
	}
	response := o.Done - o.Due
	b.response.Record(response)
	b.service.Record(o.Done - o.Sent)
	b.first.Record(firstByte(o) - o.Sent)
	if o.Class != runlog.Success {
		b.failed.Record(response)
	}
	if r.response != nil {
		r.response.Record(response)
		r.service.Record(o.Done - o.Sent)
	}
}

// skip counts requests that are not sent because a value is missing.
func (b *bucket) skip(value string, n uint64) {
	if n == 0 {
		return
	}
	if b.skipped == nil {
		b.skipped = make(map[string]uint64)
	}
	b.skipped[value] += n
}

// succeed takes successes in, before they are counted.
func (b *bucket) succeed(s runlog.Span) {
	if b.outcomes.Success > 0 {
		s = runlog.Span{From: min(s.From, b.succeeded.From), To: max(s.To, b.succeeded.To)}
	}
	b.succeeded = s
}

func (b *bucket) histograms() []*hist.Histogram {
	return []*hist.Histogram{b.response, b.service, b.first, b.lag, b.connect, b.handshake, b.failed, b.queue, b.user}
}

func (b *bucket) merge(o *bucket) {
	if o.outcomes.Success > 0 {
		b.succeed(o.succeeded)
	}
	b.outcomes.Merge(o.outcomes)
	b.drained.Merge(o.drained)
	b.bytesSent += o.bytesSent
	b.bytesReceived += o.bytesReceived
	b.connects += o.connects
	b.redirects += o.redirects
	b.later += o.later
	b.stamped += o.stamped
	b.waited += o.waited
	b.overdue += o.overdue
	b.busy += o.busy
	b.own += o.own
	for at, n := range o.addresses {
		b.addresses[at] += n
	}
	for code, n := range o.statuses {
		b.statuses[code] += n
	}
	for value, n := range o.skipped {
		b.skip(value, n)
	}
	b.served.merge(o.served)
	b.carried.Merge(o.carried)
	for i, h := range o.histograms() {
		b.histograms()[i].Merge(h)
	}
	for i := range o.requests {
		r, more := &b.requests[i], &o.requests[i]
		r.outcomes.Merge(more.outcomes)
		r.drained.Merge(more.drained)
		r.skipped += more.skipped
		for k, h := range more.times() {
			r.times()[k].Merge(h)
		}
	}
}

func (b *bucket) reset() {
	for _, h := range b.histograms() {
		h.Reset()
	}
	clear(b.addresses)
	clear(b.statuses)
	clear(b.served)
	rs := b.requests
	for i := range rs {
		for _, h := range rs[i].times() {
			h.Reset()
		}
		rs[i] = requestBucket{response: rs[i].response, service: rs[i].service}
	}
	*b = bucket{response: b.response, service: b.service, first: b.first, lag: b.lag, connect: b.connect, handshake: b.handshake, failed: b.failed, queue: b.queue, user: b.user, requests: rs, addresses: b.addresses, statuses: b.statuses, served: b.served}
}

// intervals are the distributions of a second of the leg.
func (b *bucket) intervals(second int, length time.Duration) []hist.Interval {
	start := time.Duration(second) * time.Second
	hs := b.histograms()
	for _, r := range b.requests {
		if r.response != nil { // of several
			hs = append(hs, r.response, r.service)
		}
	}
	ivs := make([]hist.Interval, len(hs))
	for i, tag := range runlog.Tags(len(b.requests))[:len(hs)] {
		ivs[i] = hist.Interval{Tag: tag, Start: start, Length: length, Hist: hs[i]}
	}
	return ivs
}
