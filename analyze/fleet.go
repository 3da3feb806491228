package analyze

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// fleet is what is known of the agents of a leg while it is judged.
type fleet struct {
	result.Fleet
	watches []agentWatch
	// sent and ended are what the seconds of all agents add up to, by the leg's seconds; cut ones aside, for
	// those of a lost agent are in no second of its own.
	sent, ended []uint64
	broken      []string // identities of the account that do not hold
}

// agentWatch is what the seconds of one agent come to.
type agentWatch struct {
	watch
	// failed counts, by the stretches of the leg, the requests that ended and those that failed.
	failed stats.Clusters
	series []result.AgentPoint
	// By the points of the series: how many seconds came, and of how many the processor is known.
	came, known []float64
}

// fleetOf reads what each agent of a leg did, and judges it; nil for a leg of one generator.
func (j *judge) fleetOf(ctx context.Context, rec *runlog.Record, load runlog.Load, times measured) (*fleet, error) {
	if len(rec.Agents) == 0 {
		return nil, nil
	}
	f := &fleet{watches: make([]agentWatch, len(rec.Agents)), sent: make([]uint64, len(rec.Seconds)), ended: make([]uint64, len(rec.Seconds))}
	of := seconds(rec)
	stretches := min(of, stats.MaxBatches)
	for i := range f.watches {
		w := &f.watches[i]
		w.loaded = loaded(rec, load)
		w.failed = stats.Clusters{Size: make([]float64, stretches), Sum: make([]float64, stretches)}
	}
	for s, err := range rec.Generators(ctx) {
		if err != nil {
			return nil, fmt.Errorf("leg %s: %w", rec.Dir, err)
		}
		at, known := slices.BinarySearchFunc(rec.Seconds, s.T, func(s runlog.Second, t int) int { return s.T - t })
		if !known {
			continue // the run was killed before the second was whole
		}
		f.sent[at], f.ended[at] = f.sent[at]+s.Sent, f.ended[at]+result.Ended(s.Outcomes)
		w := &f.watches[s.Agent]
		w.add(&s.Second)
		stretch := stretchOf(s.T, stretches, of)
		w.failed.Size[stretch] += float64(result.Ended(s.Outcomes))
		w.failed.Sum[stretch] += float64(s.Failed())
		w.draw(&s, of)
	}
	for i, a := range rec.Agents {
		f.Agents = append(f.Agents, f.agent(rec, load, a, times.agent(i), &f.watches[i]))
	}
	f.share(rec, load)
	f.clocks(rec)
	f.broken = f.accounting(rec, times)
	return f, nil
}

// agent are the times of one agent, by the tags of all together.
func (m measured) agent(i int) measured {
	own := measured{}
	for _, tag := range runlog.AgentTags() {
		if t := m[runlog.AgentTag(i, tag)]; t != nil {
			own[tag] = t
		}
	}
	return own
}

// mostPoints is how many points the drawing of an agent has at most: those of many agents are kept.
const mostPoints = 300

// draw puts a second into the drawing of its agent, of a leg of so many seconds.
func (w *agentWatch) draw(s *runlog.GeneratorSecond, of int) {
	points := min(of, mostPoints)
	if w.series == nil {
		w.series, w.came, w.known = make([]result.AgentPoint, points), make([]float64, points), make([]float64, points)
		for i := range w.series {
			w.series[i] = result.AgentPoint{T: float64((i+1)*of) / float64(points), Sent: -1, CPU: -1, LagP99: -1}
		}
	}
	i := stretchOf(s.T, points, of)
	p := &w.series[i]
	p.LagP99 = max(p.LagP99, s.LagP99MS)
	p.Sent = (max(p.Sent, 0)*w.came[i] + float64(s.Sent)) / (w.came[i] + 1)
	w.came[i]++
	if s.CPU >= 0 {
		p.CPU = (max(p.CPU, 0)*w.known[i] + min(s.CPU, 1)) / (w.known[i] + 1)
		w.known[i]++
	}
}

// agent judges one of them by the limits of any generator.
func (f *fleet) agent(rec *runlog.Record, load runlog.Load, a runlog.Agent, times measured, w *agentWatch) result.Agent {
	lag := times.plainLatency(runlog.TagLag)
	if !rec.Complete { // its account is made at the end of the leg, and its seconds are there before
		a.Sent, a.Skipped = w.sent, w.skipped
	}
	out := result.Agent{
		Name: a.Name, Version: a.Version, Machine: a.Machine, Witness: a.Witness,
		Planned: a.Planned, Sent: a.Sent, Dropped: a.Dropped, Skipped: a.Skipped, Unsure: a.Unsure, UnknownS: a.UnknownS,
		Clients: a.Clients, CapacityRPS: a.CapacityRPS,
		Start: clockOf(a.Start), End: clockOf(a.End), Lost: a.Lost, LostS: a.LostS,
		LagP50MS: lag.At(metric.P50), Series: w.series, Generator: w.health(times),
	}
	if due := a.Planned - min(a.Skipped, a.Planned); due > 0 {
		out.Achieved = float64(a.Sent) / float64(due)
	}
	own := &runlog.Record{
		Leg:    runlog.Leg{Planned: a.Planned, Complete: rec.Complete && a.Lost == "", Stopped: rec.Stopped},
		Events: rec.Events, Failures: rec.Failures,
	}
	out.Generator.Why = limits(own, load, times, &w.watch, &out.Generator)
	out.Generator.Limited = len(out.Generator.Why) > 0
	return out
}

// share says how much of the plan each agent has: of the requests that were planned, of the clients where the answers
// decide how many requests there are, and by the weights where neither is known.
func (f *fleet) share(rec *runlog.Record, load runlog.Load) {
	var planned, clients, weights float64
	for _, a := range rec.Agents {
		planned, clients, weights = planned+float64(a.Planned), clients+float64(a.Clients), weights+weight(a)
	}
	for i, a := range rec.Agents {
		switch own := &f.Agents[i].Share; {
		case load.Open && planned > 0:
			*own = float64(a.Planned) / planned
		case !load.Open && clients > 0:
			*own = float64(a.Clients) / clients
		default:
			*own = weight(a) / weights
		}
	}
}

// weight is how large an agent's share is.
func weight(a runlog.Agent) float64 {
	if a.Weight > 0 {
		return a.Weight
	}
	return 1
}

// generator is the health of all agents together: the worst of each figure, and why those that were at
// a limit or lost set the figures of the leg.
func (f *fleet) generator(g result.Generator, why []result.Finding) result.Generator {
	g.CPU, g.CPUMax, g.Steal, g.StealMax = -1, -1, -1, -1
	for _, a := range f.Agents {
		of := a.Generator
		g.CPU, g.CPUMax = max(g.CPU, of.CPU), max(g.CPUMax, of.CPUMax)
		g.Steal, g.StealMax = max(g.Steal, of.Steal), max(g.StealMax, of.StealMax)
	}
	g.Why, g.Limited = why, len(why) > 0
	return g
}

// accounting checks that the agents' accounts balance, and add up to the leg's.
func (f *fleet) accounting(rec *runlog.Record, times measured) (broken []string) {
	check := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, "the counts do not add up: "+fmt.Sprintf(format, args...))
		}
	}
	var all runlog.Agent
	for i, a := range rec.Agents {
		w := &f.watches[i]
		if rec.Complete {
			check(a.Planned == a.Sent+a.Dropped+a.Skipped, "%s has %s planned, but %s sent, %s dropped and %s skipped", runlog.AgentNamed(a.Name),
				words.Number(a.Planned), words.Number(a.Sent), words.Number(a.Dropped), words.Number(a.Skipped))
			check(a.Sent == w.sent, "%s sent %s, but %s in its seconds", runlog.AgentNamed(a.Name), words.Number(a.Sent), words.Number(w.sent))
			check(a.Unsure <= a.Dropped, "%s may have sent %s of %s that it dropped", runlog.AgentNamed(a.Name), words.Number(a.Unsure), words.Number(a.Dropped))
		}
		timed, n := w.outcomes.Completed()+w.outcomes.Timeout, uint64(times.agent(i).timing(runlog.TagResponse).n)
		check(n == timed, "%s had %s answered or timed out, but there are %s response times of it", runlog.AgentNamed(a.Name), words.Number(timed), words.Number(n))
		all.Planned, all.Dropped = all.Planned+a.Planned, all.Dropped+a.Dropped
	}
	if rec.Complete {
		check(all.Planned == rec.Planned, "%s planned, but the agents' shares are %s", words.Number(rec.Planned), words.Number(all.Planned))
		check(all.Dropped == rec.Dropped, "%s dropped, but the agents dropped %s", words.Number(rec.Dropped), words.Number(all.Dropped))
	}
	f.seconds(rec, check)
	check(slices.Equal(f.bars(times, runlog.TagResponse), times.timing(runlog.TagResponse).bars), "the response times are not those of the agents together")
	return broken
}

// seconds checks that the agents' seconds add up to the leg's. What an agent sent in a second is in the leg's
// second of that time or, where it came late, in a later one.
func (f *fleet) seconds(rec *runlog.Record, check func(bool, string, ...any)) {
	var sent, ended, ofAgents, endedOfAgents uint64
	for i, s := range rec.Seconds {
		sent, ended = sent+s.Sent, ended+result.Ended(s.Outcomes)
		ofAgents, endedOfAgents = ofAgents+f.sent[i], endedOfAgents+f.ended[i]
		last := i == len(rec.Seconds)-1
		if ok := sent <= ofAgents && ended <= endedOfAgents && (!last || sent == ofAgents && ended == endedOfAgents); !ok {
			check(false, "by the end of second %d %s sent and %s ended, but of the agents %s and %s", s.T,
				words.Number(sent), words.Number(ended), words.Number(ofAgents), words.Number(endedOfAgents))
			return
		}
	}
}

// vanished is how many requests were cut that no agent told of: those of lost ones.
func (f *fleet) vanished(rec *runlog.Record) (n uint64) {
	if len(f.lost()) == 0 {
		return 0
	}
	for _, s := range rec.Seconds {
		n += s.Cut
	}
	for i := range f.watches {
		n -= min(n, f.watches[i].outcomes.Cut)
	}
	return n
}

// bars are the times of all agents together.
func (f *fleet) bars(times measured, tag string) bars {
	var all bars
	for i := range f.Agents {
		all = all.plus(times.agent(i).timing(tag).bars)
	}
	return all
}

// clocks says how well the seconds of the agents lie on one another.
func (f *fleet) clocks(rec *runlog.Record) {
	var bounds []float64
	for _, a := range rec.Agents {
		if a.Start == nil {
			continue
		}
		bounds = append(bounds, 1000*a.Start.BoundS)
		if drift, known := drifted(a); known && rec.DurationS > 0 {
			ppm := max(math.Abs(drift/rec.DurationS)*1e6, deref(f.DriftPPM))
			f.DriftPPM = &ppm
		}
	}
	if len(bounds) < len(rec.Agents) {
		f.DriftPPM = nil
		return
	}
	slices.Sort(bounds)
	aligned := bounds[len(bounds)-1]
	if len(bounds) > 1 {
		aligned += bounds[len(bounds)-2]
	}
	f.AlignedMS = &aligned
}

func clockOf(k *runlog.Clock) *result.Clock {
	if k == nil {
		return nil
	}
	return &result.Clock{OffsetMS: 1000 * k.OffsetS, BoundMS: 1000 * k.BoundS}
}

// drifted is by how much an agent's clock moved against the lead's in the leg, in seconds. It is not known where the clock
// is not, as behind a slow link: then the two measurements differ by what is on the way.
func drifted(a runlog.Agent) (s float64, known bool) {
	if a.Start == nil || a.End == nil || widestBound(a) > mostBound {
		return 0, false
	}
	return a.End.OffsetS - a.Start.OffsetS, true
}

func deref(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// judgeFleet makes what the agents of a leg did a part of it. Limits of all generators together say nothing
// that those of each do not.
func (l *judgedLeg) judgeFleet(f *fleet, run *runlog.Run, load runlog.Load, times measured) {
	legs := 0
	for _, leg := range run.Legs {
		if !leg.WarmUp {
			legs++
		}
	}
	f.agree(times, runTag(load.Open), legs)
	f.Words, f.Shares = f.summary(), f.sharesWords()
	why, warnings := f.faults(l.record, load, run.ToleratesLoss)
	l.Generator = f.generator(l.Generator, why)
	l.Fleet, l.broken, l.vanished = &f.Fleet, f.broken, f.vanished(l.record)
	for _, w := range warnings {
		l.warnings = append(l.warnings, l.Label()+": "+w)
	}
}
