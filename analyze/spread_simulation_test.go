package analyze

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// balanced is a load behind a balancer whose truth is known.
type balanced struct {
	weights     []float64
	sticky      bool // connections are assigned, else requests
	connections int
	use         use
	how         string // what use is, in a word
	requests    int    // of a round
	rounds      int    // 0 is one
	named       bool   // answers name their hosts
}

// use is how much connection i is used, relative to others; nil is as much as any.
type use func(i int, rng *rand.Rand) float64

// Kinds of use that open loads and closed loops make of their connections.
func exponentialUse(_ int, rng *rand.Rand) float64 { return rng.ExpFloat64() }
func geometricUse(i int, _ *rand.Rand) float64     { return math.Pow(0.9, float64(i)) }
func twoSpeedUse(i int, _ *rand.Rand) float64      { return 1 + 2*float64(i%2) }

// leg is one round as it is stored, judged.
func (b balanced) leg(rng *rand.Rand) *judgedLeg {
	uses := make([]float64, b.connections)
	for i := range uses {
		if uses[i] = 1; b.use != nil {
			uses[i] = b.use(i, rng)
		}
	}
	of := make([]int, b.connections)
	for i := range of {
		of[i] = drawn(rng, b.weights)
	}
	carried := make([][]uint64, b.connections) // by host
	for range b.requests {
		c := drawn(rng, uses)
		if carried[c] == nil {
			carried[c] = make([]uint64, len(b.weights))
		}
		host := of[c]
		if !b.sticky {
			host = drawn(rng, b.weights)
		}
		carried[c][host]++
	}
	rec := &runlog.Record{
		Ledger: &runlog.Ledger{Before: map[string]int64{}, After: map[string]int64{}, Settled: true}, Served: map[string]runlog.Served{},
		Seconds: []runlog.Second{{Outcomes: runlog.Outcomes{Success: uint64(b.requests)}}},
	}
	for _, byHost := range carried {
		var m uint64
		for host, n := range byHost {
			m += n
			name := fmt.Sprint("host", host)
			rec.Ledger.After[name] += int64(n)
			served := rec.Served[name]
			served.Merge(runlog.Served{Answers: n, Success: n, Squares: n * n})
			rec.Served[name] = served
		}
		if m > 0 {
			rec.Carried.Merge(runlog.Carried{Connections: 1, Squares: m * m, NamedSquares: m * m})
		}
	}
	if !b.named {
		rec.Served, rec.Carried.NamedSquares = nil, 0
	}
	l := &judgedLeg{}
	l.division, _ = divisionOf(rec, len(b.weights))
	return l
}

// drawn is an index, as likely as its weight.
func drawn(rng *rand.Rand, weights []float64) int {
	at := rng.Float64() * addedUp(weights)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// said is how often each verdict was given, and whether all intervals of the shares held the truth.
type said struct {
	verdicts map[result.SpreadVerdict]float64
	held     float64
}

func (b balanced) said(runs int) said {
	s := said{verdicts: map[result.SpreadVerdict]float64{}}
	for run := range runs {
		rng := rand.New(rand.NewPCG(uint64(b.connections), uint64(run)))
		var legs []*judgedLeg
		for range max(1, b.rounds) {
			legs = append(legs, b.leg(rng))
		}
		d := legs[0].division
		if len(legs) > 1 {
			d, _ = divisionOfRounds(legs)
		}
		judged := spread(d)
		s.verdicts[judged.Verdict] += 1 / float64(runs)
		held := 1.
		for _, h := range d.hosts {
			var i int
			fmt.Sscanf(h.Host, "host%d", &i)
			if truth := b.weights[i] / addedUp(b.weights); truth < h.ShareLo || truth > h.ShareHi {
				held = 0
			}
		}
		s.held += held / float64(runs)
	}
	return s
}

// check simulates and requires that no verdict is given falsely more often than in a twentieth of
// the runs.
func (b balanced) check(t *testing.T, runs int, falsely ...result.SpreadVerdict) said {
	t.Helper()
	s := b.said(runs)
	var text []string
	for _, v := range []result.SpreadVerdict{result.SpreadEven, result.SpreadUneven, result.SpreadSticky, result.SpreadTooFew} {
		text = append(text, fmt.Sprintf("%s %3.0f %%", v, 100*s.verdicts[v]))
	}
	t.Logf("%-75s %s, shares held %3.0f %%", b, strings.Join(text, ", "), 100*s.held)
	for _, v := range falsely {
		if s.verdicts[v] > 0.05+1e-9 {
			t.Errorf("%s: %s in %.1f %%", b, v, 100*s.verdicts[v])
		}
	}
	return s
}

func (b balanced) even() bool { return b.weights[0] == b.weights[len(b.weights)-1] }

// String says what is true.
func (b balanced) String() string {
	unit, knowing := "request", "rows"
	if b.sticky {
		unit = "connection"
	}
	if b.named {
		knowing = "hosts named"
	}
	return fmt.Sprintf("%v per %s, %d connections of %s use, %d requests, %d rounds, %s", b.weights, unit, b.connections, cmp.Or(b.how, "equal"), b.requests, max(1, b.rounds), knowing)
}

// Requests that weights divide are never said to stick, whatever the connections; where answers
// name their hosts, or connections are many, they are said to be uneven.
func TestSpreadPerRequestSimulated(t *testing.T) {
	for _, named := range []bool{false, true} {
		for _, size := range [][2]int{{16, 300}, {16, 3000}, {50, 3000}, {300, 3000}} {
			for _, weights := range [][]float64{{50, 30, 20}, {40, 30, 30}, {40, 40, 20}, {1, 1, 1}} {
				b := balanced{weights: weights, connections: size[0], requests: size[1], named: named}
				falsely := []result.SpreadVerdict{result.SpreadSticky}
				if b.even() {
					falsely = append(falsely, result.SpreadUneven)
				}
				s := b.check(t, 200, falsely...)
				if named && b.requests == 3000 && !b.even() && s.verdicts[result.SpreadUneven] < 0.95 {
					t.Errorf("%s: seen in %.0f %%", b, 100*s.verdicts[result.SpreadUneven])
				}
				if s.held < 0.91 {
					t.Errorf("%s: shares held in %.1f %%", b, 100*s.held)
				}
			}
		}
	}
}

// Connections that stay with a host divide evenly however unequally they are used, and are said to
// stay only by those who see it.
func TestSpreadPerConnectionSimulated(t *testing.T) {
	for _, named := range []bool{false, true} {
		for how, use := range map[string]use{"equal": nil, "exponential": exponentialUse, "geometric": geometricUse, "unequal": twoSpeedUse} {
			for _, connections := range []int{30, 100} {
				b := balanced{weights: []float64{1, 1, 1}, sticky: true, connections: connections, how: how, use: use, requests: 3000, named: named}
				s := b.check(t, 400, result.SpreadUneven)
				if s.held < 0.93 {
					t.Errorf("%s: shares held in %.1f %%", b, 100*s.held)
				}
				if sticky := s.verdicts[result.SpreadSticky]; named != (sticky > 0.75) || !named && sticky > 0 {
					t.Errorf("%s: sticky in %.0f %%", b, 100*sticky)
				}
			}
		}
	}
}

// Without any names several rounds tell the two apart: with new connections in each, shares that
// weights set stay, and shares that few connections drew are drawn anew.
func TestSpreadOverRoundsSimulated(t *testing.T) {
	uneven, even := []float64{50, 30, 20}, []float64{1, 1, 1}
	for _, c := range []struct {
		b      balanced
		right  result.SpreadVerdict
		atMost result.SpreadVerdict // wrong
		least  float64              // how often right
	}{
		{balanced{weights: uneven, connections: 30, requests: 3000, rounds: 6}, result.SpreadUneven, result.SpreadSticky, 0.95},
		{balanced{weights: []float64{40, 30, 30}, connections: 30, requests: 3000, rounds: 6}, result.SpreadUneven, result.SpreadSticky, 0.95},
		{balanced{weights: even, connections: 30, requests: 3000, rounds: 6}, result.SpreadEven, result.SpreadUneven, 0.9},
		{balanced{weights: even, sticky: true, connections: 30, requests: 3000, rounds: 6}, result.SpreadSticky, result.SpreadUneven, 0.6},
		{balanced{weights: even, sticky: true, connections: 30, how: "exponential", use: exponentialUse, requests: 3000, rounds: 6}, result.SpreadSticky, result.SpreadUneven, 0.6},
		{balanced{weights: even, sticky: true, connections: 30, requests: 3000, rounds: 2}, result.SpreadSticky, result.SpreadUneven, 0.6},
		{balanced{weights: uneven, connections: 30, requests: 3000, rounds: 2}, result.SpreadUneven, result.SpreadSticky, 0.9},
	} {
		if s := c.b.check(t, 200, c.atMost); s.verdicts[c.right] < c.least {
			t.Errorf("%s: %s in %.0f %%", c.b, c.right, 100*s.verdicts[c.right])
		}
	}
}
