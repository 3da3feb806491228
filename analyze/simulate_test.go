package analyze

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

var simulated = flag.Int("simulate", 0, "legs of each process, for the table of docs/statistics.md; 0 is a short run")

// asIf is what a leg's times look like to the analysis after a way through the run log.
func asIf(leg [][]float64, closed bool) *timing {
	t := &timing{stretches: make([]bars, min(len(leg), stats.MaxBatches)), shape: shape{bounded: closed}}
	for s, times := range leg {
		b := make(hist.Bars, len(times))
		for i, ms := range times {
			b[i] = hist.Bar{Edge: time.Duration(ms * float64(time.Millisecond)), N: 1}
		}
		t.add(s*len(t.stretches)/len(leg), b)
	}
	t.settle(hist.NewSparse())
	return t
}

// judgedAlone are the figures that a leg's times and counts come to.
func judgedAlone(leg [][]float64, closed bool) map[string]result.Estimate {
	m := measured{runlog.TagService: asIf(leg, closed)}
	out := m.latency(runlog.TagService).Intervals
	var of tally
	for _, times := range leg {
		of.add(1, uint64(len(times)), 0)
	}
	out[metric.Rate.Name] = rate([]tally{of})
	return out
}

// What the simulation judges is what is judged of a stored run with the same times.
func TestSimulatedLegIsAStoredLeg(t *testing.T) {
	leg := lingering(0.9, 0.3)(rand.New(rand.NewPCG(1, 2)), 30)
	all := slices.Concat(leg...)
	next := 0
	stored := analyzed(t, synth{noLedger: true, legs: []synthLeg{{target: "single", seconds: len(leg), perSecond: len(leg[0]),
		latency: func(*rand.Rand) time.Duration {
			next++
			return time.Duration(all[next-1] * float64(time.Millisecond))
		}}}}).Legs[0]
	want := judgedAlone(leg, true)
	delete(want, metric.Rate.Name)
	if !reflect.DeepEqual(stored.Service.Intervals, want) {
		t.Errorf("stored %+v\nalone %+v", stored.Service.Intervals, want)
	}
}

// setting is a process and what its intervals must do.
type setting struct {
	name    string
	of      process
	seconds int
	// closed marks a closed load, whose clients bound what waits.
	closed bool
	// independent requests carry no doubt, lasting ones a doubt; of all others and of
	// independent ones the intervals cover.
	independent, lasting bool
	// skewed marks means of which rare long times are so large a part that the one-sided upper
	// bound is too low twice as often as it says.
	skewed bool
	// blind marks what a leg cannot see of itself: shown, and not held to anything.
	blind bool
	// open is the share of legs of which p99 may be without an upper end.
	open float64
}

// settings are processes with what a leg of each can know of itself.
func settings() []setting {
	return []setting{
		{name: "independent, 100/s", of: paced(100, exponential), seconds: 60, independent: true},
		{name: "independent, 100/s", of: paced(100, exponential), seconds: 10, independent: true},
		{name: "independent, 100/s", of: paced(100, exponential), seconds: 5, independent: true, open: 0.25},
		{name: "bimodal, 100/s", of: paced(100, bimodal), seconds: 60, independent: true},
		{name: "closed, 1 client", of: closed(1, 1, 10), seconds: 20, closed: true, independent: true},
		{name: "closed, 10 clients, none waits", of: closed(10, 10, 50), seconds: 60, closed: true, independent: true},
		{name: "closed, 16 clients, 4 workers", of: closed(16, 4, 20), seconds: 20, closed: true},
		{name: "closed, 50 clients, 4 workers", of: closed(50, 4, 20), seconds: 60, closed: true, open: 0.1},
		{name: "closed, 50 clients, 1 worker", of: closed(50, 1, 20), seconds: 60, closed: true, open: 0.9},
		{name: "closed, 50 clients, 4 workers", of: closed(50, 4, 19.5), seconds: 10, closed: true, open: 0.10},
		{name: "closed, 50 clients, 4 workers", of: closed(50, 4, 19), seconds: 5, closed: true, open: 0.25},
		{name: "M/M/1, ρ 0.5", of: queue(0.5), seconds: 60, open: 0.1},
		{name: "M/M/1, ρ 0.8", of: queue(0.8), seconds: 60, open: 0.9, skewed: true},
		{name: "M/M/1, ρ 0.95", of: queue(0.95), seconds: 60, lasting: true, open: 1},
		{name: "M/M/1, ρ 0.8", of: queue(0.8), seconds: 10, lasting: true, open: 1},
		{name: "M/M/1, ρ 0.8", of: queue(0.8), seconds: 5, lasting: true, open: 1},
		{name: "M/M/1, ρ 0.95", of: queue(0.95), seconds: 10, lasting: true, open: 1},
		{name: "level by the second, ρ 0.5", of: lingering(0.5, 0.3), seconds: 60, open: 0.9},
		{name: "level by the second, ρ 0.9", of: lingering(0.9, 0.3), seconds: 60, lasting: true, open: 1},
		{name: "level by the second, ρ 0.97", of: lingering(0.97, 0.3), seconds: 60, lasting: true, open: 1},
		{name: "level by the second, ρ 0.9", of: lingering(0.9, 0.3), seconds: 10, lasting: true, open: 1},
		{name: "level by the second, ρ 0.97", of: lingering(0.97, 0.3), seconds: 10, blind: true},
		{name: "level by the second, ρ 0.9", of: lingering(0.9, 0.3), seconds: 5, blind: true},
		{name: "slow spells of 0.3 s, every 8 s", of: spells(0.3, 8), seconds: 60, open: 0.3, skewed: true},
	}
}

// tallied are shares of the intervals of one figure: those that held the truth, those that
// did not and carried a doubt, those open above, and those whose one-sided upper bound was
// too low without a doubt. closed is how many had an upper end, width the sum of their
// half-widths over the truth.
type tallied struct{ held, warned, open, tooLow, closed, width float64 }

// simulate judges legs of a setting.
func (s setting) simulate(legs int) (of map[string]*tallied, doubted float64) {
	rng := rand.New(rand.NewPCG(uint64(s.seconds), 42))
	truth := s.truth(rng, 10+legs/20)
	of = map[string]*tallied{}
	each := 1 / float64(legs)
	for range legs {
		doubt := false
		for name, e := range judgedAlone(s.of(rng, s.seconds), s.closed) {
			c := of[name]
			if c == nil {
				c = &tallied{}
				of[name] = c
			}
			iv := e.Interval()
			if iv.Lo <= truth[name]*1.001 && truth[name] <= iv.Hi*1.001 { // a bar's width
				c.held += each
			} else if e.Doubt != "" {
				c.warned += each
			}
			if upper := e.AtMost(); e.Doubt == "" && float64(upper)*1.001 < truth[name] {
				c.tooLow += each
			}
			if math.IsInf(iv.Hi, 1) {
				c.open += each
			} else {
				c.closed++
				c.width += (iv.Hi - max(0, iv.Lo)) / 2 / truth[name]
			}
			doubt = doubt || e.Doubt != ""
		}
		if doubt {
			doubted += each
		}
	}
	return of, doubted
}

// truth are the figures of so many legs of five minutes.
func (s setting) truth(rng *rand.Rand, legs int) map[string]float64 {
	const seconds = 300
	var all []float64
	var sum float64
	for range legs {
		for _, times := range s.of(rng, seconds) {
			all = append(all, times...)
		}
	}
	for _, v := range all {
		sum += v
	}
	slices.Sort(all)
	out := map[string]float64{metric.Mean.Name: sum / float64(len(all)), metric.Rate.Name: float64(len(all)) / float64(legs*seconds)}
	for _, m := range metric.Percentiles {
		out[m.Name] = all[int(m.Quantile*float64(len(all)))]
	}
	return out
}

// simulatedFigures are those that the table shows.
var simulatedFigures = []metric.Metric{metric.P50, metric.P90, metric.P95, metric.P99, metric.Mean, metric.Rate}

// Intervals hold as often as they say, or say beside the figure that they may not; of
// independent requests they say nothing of the kind; and p99 is seldom open.
func TestIntervalsHold(t *testing.T) {
	legs := *simulated
	short := legs == 0
	if short {
		legs = 40
	}
	// Three standard errors of a share of 5 % keep a short run from failing by chance.
	slack := 3 * math.Sqrt(0.05*0.95/float64(legs))
	var table strings.Builder
	for _, s := range settings() {
		if short && (s.blind || s.seconds == 60 && !s.independent && !s.lasting) {
			continue // a minute of these takes most of the time of the whole test
		}
		of, doubted := s.simulate(legs)
		fmt.Fprintf(&table, "| %s | %d s |", s.name, s.seconds)
		for _, m := range simulatedFigures {
			c := of[m.Name]
			fmt.Fprintf(&table, " %.0f ± %.0f %% |", 100*c.held, 100*c.width/max(1, c.closed))
		}
		fmt.Fprintf(&table, " %.0f | %.0f |\n", 100*of[metric.P99.Name].open, 100*doubted)
		if !s.blind {
			s.check(t, of, doubted, slack)
		}
	}
	t.Logf("of %d legs each\n| process | leg | p50 | p90 | p95 | p99 | mean | rate | p99 open | doubt |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n%s", legs, table.String())
}

// check holds what was tallied to what the setting must do.
func (s setting) check(t *testing.T, of map[string]*tallied, doubted, slack float64) {
	t.Helper()
	for _, m := range simulatedFigures {
		c, tooLow := of[m.Name], 0.07
		if s.skewed && m == metric.Mean {
			tooLow = 0.12
		}
		if c.held+c.warned < 0.93-slack {
			t.Errorf("%s, %d s: %s is enclosed in %.3f of the legs, and doubted in %.3f", s.name, s.seconds, m.Name, c.held, c.warned)
		}
		if c.tooLow > tooLow+slack {
			t.Errorf("%s, %d s: the upper bound of %s is too low in %.3f of the legs", s.name, s.seconds, m.Name, c.tooLow)
		}
	}
	if open := of[metric.P99.Name].open; open > s.open+slack {
		t.Errorf("%s, %d s: p99 is open in %.3f of the legs", s.name, s.seconds, open)
	}
	if s.independent && doubted > 0.02+slack || s.lasting && doubted < 0.95-slack {
		t.Errorf("%s, %d s: doubted in %.3f of the legs", s.name, s.seconds, doubted)
	}
}

// failing are the requests of a leg, a hundred a second, and those of them that failed: a
// share of all, in bursts of so many seconds within which every request fails; 0 is one
// by one.
func failing(rng *rand.Rand, seconds int, share, burst float64) stats.Clusters {
	const perSecond = 100
	next, end := rng.ExpFloat64()*burst/share, 0.
	var c stats.Clusters
	for i := range seconds * perSecond {
		at := float64(i) / perSecond
		if burst > 0 && at >= next {
			end, next = at+burst, at+burst+rng.ExpFloat64()*burst*(1-share)/share
		}
		if i%perSecond == 0 {
			c.Size, c.Sum = append(c.Size, 0), append(c.Sum, 0)
		}
		c.Size[len(c.Size)-1]++
		if at < end || burst == 0 && rng.Float64() < share {
			c.Sum[len(c.Sum)-1]++
		}
	}
	return c
}

// The interval of an error rate holds the share of failures, where any was seen. Of legs
// without one it holds what single failures come to, and no bound of bursts.
func TestErrorRatesHold(t *testing.T) {
	legs := max(500, *simulated)
	for _, c := range []struct {
		what         string
		seconds      int
		share, burst float64
	}{
		{"one by one", 60, 0.01, 0},
		{"one by one", 5, 0.01, 0},
		{"bursts of 0.5 s, 7 a minute", 60, 0.06, 0.5},
		{"bursts of 0.5 s, 2 a minute", 60, 0.02, 0.5},
		{"bursts of 3 s, 4 a minute", 60, 0.2, 3},
	} {
		rng := rand.New(rand.NewPCG(21, 22))
		var held, seen, none float64
		for range legs {
			of := failing(rng, c.seconds, c.share, c.burst)
			e := shareEstimate(of)
			if e.Value == 0 {
				none++
				continue
			}
			seen++
			if float64(e.Lo) <= c.share && c.share <= float64(e.Hi) || e.Doubt != "" {
				held++
			}
		}
		t.Logf("%s, %d s: encloses %.3f where failures were seen, none were in %.3f", c.what, c.seconds, held/seen, none/float64(legs))
		if held/seen < 0.93-3*math.Sqrt(0.05*0.95/float64(legs)) {
			t.Errorf("%s, %d s: encloses %.3f", c.what, c.seconds, held/seen)
		}
	}
}
