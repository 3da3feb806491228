package lead

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// merger makes one leg of the parts that agents put on. It takes the records of each agent in their order, as
// often as they come, and stores each second once it has that of every agent.
type merger struct {
	leg      run.LegJob
	parts    []*part
	next     int // the second that is stored next
	failures failures
	apart    *attack.Apart

	total    runlog.Outcomes
	rest     runlog.Outcomes // those of total that no record has
	sent     uint64
	named    *claim.Outcomes            // nil where requests have no names
	response *hist.Histogram            // of all seconds
	hists    map[string]*hist.Histogram // of the second that is being stored
	tags     []string                   // of hists, in order
	kept     map[string]bool            // the tags of all agents together that are kept
}

// part is what came of an agent's part.
type part struct {
	plan    plan.Plan
	planned uint64  // requests; 0 of a closed load
	clients int     // of a closed load, the most at one time; 0 of an open one
	queue   []taken // what waits for the other agents
	next    int     // the second that its next record has
	end     *wire.End
	// gone says that no more of its seconds are waited for.
	gone bool
	// What came in all.
	sent, skipped uint64
	outcomes      runlog.Outcomes
	requests      map[string]runlog.Outcomes
	offset        func() time.Duration
	heard         time.Duration // in the leg, when its newest second came
}

// taken is a record as it waits.
type taken struct {
	second runlog.Second
	length time.Duration
	bars   map[string]hist.Bars
	offset time.Duration
}

func newMerger(leg run.LegJob, parts []plan.Plan) *merger {
	m := &merger{leg: leg, apart: attack.NewApart(), response: hist.New(), hists: map[string]*hist.Histogram{}, kept: map[string]bool{}}
	for _, tag := range runlog.Tags(len(leg.Meter.Requests)) {
		m.kept[tag] = true
	}
	m.failures = failures{sink: leg.Meter.Sink, secrets: leg.Meter.Secrets}
	if leg.Job.Names != nil {
		m.named = &claim.Outcomes{Names: *leg.Job.Names, Sent: make([]uint64, len(parts))}
	}
	for _, of := range parts {
		p := &part{plan: of, requests: map[string]runlog.Outcomes{}}
		p.planned, _ = attack.Planned(of, attack.PerPass(leg.Job.Requests))
		if !of.Open() {
			_, p.clients = of.Peak()
		}
		m.parts = append(m.parts, p)
	}
	return m
}

// errGap says that an agent's seconds are not all there.
var errGap = errors.New("a second is missing")

// take takes a record of an agent. One that came before is no error, and no news.
func (m *merger) take(agent int, r *wire.Record) error {
	p, s := m.parts[agent], r.Second
	switch {
	case s.T < p.next || p.end != nil:
		return nil
	case s.T > p.next:
		return fmt.Errorf("%w: %d came after %d", errGap, s.T, p.next-1)
	}
	if err := m.plausible(p, &s); err != nil {
		return err
	}
	for name := range s.Requests {
		if !slices.Contains(m.leg.Meter.Requests, name) {
			return fmt.Errorf("counts of a request %.80q that the scenario does not have", name)
		}
	}
	in := taken{second: s, bars: map[string]hist.Bars{}}
	if err := r.Distributions(len(m.leg.Meter.Requests), func(tag string, length time.Duration, bars hist.Bars) error {
		if m.keeps(tag) {
			in.length, in.bars[tag] = max(in.length, length), slices.Clone(bars)
		}
		return plausibleTimes(&s, tag, bars)
	}); err != nil {
		return err
	}
	if p.offset != nil {
		in.offset = p.offset()
	}
	p.next, p.heard = p.next+1, time.Since(m.leg.Start)
	p.queue = append(p.queue, in)
	p.sent += s.Sent
	p.skipped += s.AllSkipped()
	p.outcomes.Merge(s.Outcomes)
	for name, c := range s.Requests {
		o := p.requests[name]
		o.Merge(c.Outcomes)
		p.requests[name] = o
	}
	for _, f := range r.Failures {
		m.failures.first(f)
	}
	return nil
}

// keeps reports that the distributions of a tag are kept: those that there are, and of those that only agents of later
// versions have no more than one of them may send.
func (m *merger) keeps(tag string) bool {
	if !m.kept[tag] && len(m.kept) < wire.MostTags(len(m.leg.Meter.Requests)) {
		m.kept[tag] = true
	}
	return m.kept[tag]
}

// finish takes the end of an agent's part.
func (m *merger) finish(agent int, e *wire.End) error {
	p := m.parts[agent]
	switch {
	case p.end != nil:
		return nil
	case e.Seconds != p.next:
		return fmt.Errorf("%w: %d came of %d", errGap, p.next, e.Seconds)
	case e.Sent != p.sent || e.Outcomes != p.outcomes || len(e.Requests) != len(m.leg.Meter.Requests):
		return fmt.Errorf("%w: its seconds have %d requests sent and %d ended, its end %d and %d", attack.ErrAccounting, p.sent, p.outcomes.Ended(), e.Sent, e.Outcomes.Ended())
	}
	if err := p.plausibleEnd(e); err != nil {
		return err
	}
	p.end = e
	return nil
}

// over reports that nothing more comes of a part.
func (p *part) over() bool { return p.end != nil || p.gone }

// over reports that all that comes of any part is stored.
func (m *merger) over() bool {
	return !slices.ContainsFunc(m.parts, func(p *part) bool { return !p.over() || len(p.queue) > 0 })
}

// receive takes a message of an agent as it came. own is why the agent ended its part itself, "" if it did not.
func (m *merger) receive(agent int, kind string, data []byte) (own string, err error) {
	switch kind {
	case "second":
		r, err := wire.Decode[wire.Record](data)
		if err != nil {
			return "", err
		}
		return "", m.take(agent, &r)
	case "pages":
		p, err := wire.Decode[wire.Pages](data)
		if err != nil {
			return "", err
		}
		return "", m.name(p.Pages)
	case "end":
		e, err := wire.Decode[wire.End](data)
		if err == nil {
			err = m.finish(agent, &e)
		}
		if err == nil && e.Own {
			own = e.Stopped
		}
		return own, err
	}
	return "", nil
}

// name takes what became of named requests. What comes twice is the same.
func (m *merger) name(pages []wire.Page) error {
	if m.named == nil {
		return errors.New("names of requests that have none")
	}
	for _, p := range pages {
		if err := m.named.Merge(p.At, p.Piece); err != nil {
			return err
		}
	}
	return nil
}

// flush stores the seconds that are complete. newest is called for each.
func (m *merger) flush(newest func(attack.Progress)) error {
	for m.complete() {
		s, err := m.store()
		if err != nil {
			return err
		}
		if newest != nil {
			newest(attack.Progress{
				Elapsed: time.Duration(m.next) * time.Second, Second: s, Total: m.total, Sent: m.sent, P95: m.response.Quantile(0.95),
			})
		}
	}
	return nil
}

// complete reports that every part has had its say of the next second, and that there is any.
func (m *merger) complete() (some bool) {
	for _, p := range m.parts {
		some = some || len(p.queue) > 0
		if !p.over() && p.next <= m.next {
			return false
		}
	}
	return some
}

// store stores the next second: those of all agents together.
func (m *merger) store() (runlog.Second, error) {
	var sum *runlog.Second
	var length time.Duration
	for i, p := range m.parts {
		for len(p.queue) > 0 && p.queue[0].second.T <= m.next {
			in := p.queue[0]
			p.queue = p.queue[1:]
			if sum == nil {
				sum = &runlog.Second{}
				*sum = in.second
			} else {
				sum.Merge(in.second)
			}
			length = max(length, min(in.length, time.Second))
			if err := m.generator(i, &in); err != nil {
				return runlog.Second{}, err
			}
		}
	}
	if sum == nil { // of agents that are gone
		sum = &runlog.Second{CPU: -1}
	}
	sum.T = m.next
	m.apart.Bound(sum)
	err := m.leg.Meter.Sink.Second(*sum, m.intervals(length)...)
	m.response.Merge(m.histogram(runlog.TagResponse))
	for _, h := range m.hists {
		h.Reset()
	}
	m.total.Merge(sum.Outcomes)
	m.sent += sum.Sent
	m.next++
	return *sum, err
}

// generator books the distributions of an agent's second, and stores what is kept of it by itself.
func (m *merger) generator(agent int, in *taken) error {
	for tag, bars := range in.bars {
		m.histogram(tag).Add(bars)
		if slices.Contains(runlog.AgentTags(), tag) {
			m.histogram(runlog.AgentTag(agent, tag)).Add(bars)
		}
	}
	of := func(tag string) *hist.Histogram { return m.histogram(runlog.AgentTag(agent, tag)) }
	lag, queue := of(runlog.TagLag), of(runlog.TagQueue)
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	return m.leg.Generators(runlog.GeneratorSecond{
		Agent: agent, Second: in.second,
		LagP99MS: ms(lag.Quantile(0.99)), LagMaxMS: ms(lag.Max()), QueueP99MS: ms(queue.Quantile(0.99)), OffsetMS: ms(in.offset),
	})
}

// histogram is that of a tag in the second that is being stored.
func (m *merger) histogram(tag string) *hist.Histogram {
	h := m.hists[tag]
	if h == nil {
		if h = hist.New(); strings.Contains(tag, ".") { // of a request, or of an agent: there may be many
			h = hist.NewSparse()
		}
		m.hists[tag] = h
		m.tags = append(m.tags, tag)
		slices.Sort(m.tags)
	}
	return h
}

// intervals are the distributions of the second that is being stored.
func (m *merger) intervals(length time.Duration) []hist.Interval {
	ivs := make([]hist.Interval, len(m.tags))
	for i, tag := range m.tags {
		ivs[i] = hist.Interval{Tag: tag, Start: time.Duration(m.next) * time.Second, Length: length, Hist: m.hists[tag]}
	}
	return ivs
}
