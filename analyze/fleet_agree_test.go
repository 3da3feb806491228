package analyze

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// fleetProcess makes the times of fleets: how long a target takes in a second for all agents alike, and how
// much longer for one agent alone.
type fleetProcess struct {
	name string
	// level is of a second, for all; burst of a second of one agent. 1 is the usual time.
	level, burst func(rng *rand.Rand, before float64) float64
}

func steady(*rand.Rand, float64) float64 { return 1 }

// fleetProcesses are equal for all agents, however they move.
func fleetProcesses() []fleetProcess {
	drift := func(rng *rand.Rand, before float64) float64 { // e-folding time of 10 s, up and down by a third
		return math.Exp(0.9*math.Log(before) + math.Sqrt(1-0.81)*0.3*rng.NormFloat64())
	}
	stalls := func(rng *rand.Rand, before float64) float64 {
		if before > 1 && rng.Float64() < 0.7 || rng.Float64() < 0.03 {
			return 5
		}
		return 1
	}
	return []fleetProcess{
		{"independent", steady, steady},
		{"a target that drifts", drift, steady},
		{"a target that stalls", stalls, steady},
		{"agents that stall by themselves", steady, func(rng *rand.Rand, _ float64) float64 {
			if rng.Float64() < 0.03 {
				return 3
			}
			return 1
		}},
	}
}

// drawFleet makes a leg of n agents with so many requests a second each; the last takes slower times as long.
func drawFleet(p fleetProcess, n, seconds, perSecond int, slower float64, rng *rand.Rand) (*fleet, measured) {
	f := &fleet{watches: make([]agentWatch, n)}
	times := measured{}
	stretches := min(seconds, stats.MaxBatches)
	bursts := make([]float64, n)
	for i := range n {
		f.Agents = append(f.Agents, result.Agent{Name: string(rune('a' + i)), Sent: uint64(seconds * perSecond)})
		f.watches[i].failed = stats.Clusters{Size: make([]float64, stretches), Sum: make([]float64, stretches)}
		times[runlog.AgentTag(i, runlog.TagResponse)] = &timing{stretches: make([]bars, stretches)}
		bursts[i] = 1
	}
	level := 1.
	h := hist.NewSparse()
	for second := range seconds {
		level = p.level(rng, level)
		for i := range n {
			bursts[i] = p.burst(rng, bursts[i])
			scale := level * bursts[i]
			if i == n-1 {
				scale *= slower
			}
			h.Reset()
			for range perSecond {
				h.Record(time.Duration(20e6 * scale * math.Exp(0.4*rng.NormFloat64())))
			}
			at := stretchOf(second, stretches, seconds)
			times[runlog.AgentTag(i, runlog.TagResponse)].add(at, hist.Bars(barsOf(h)))
			f.watches[i].failed.Size[at] += float64(perSecond)
		}
	}
	whole := hist.NewSparse()
	for _, t := range times {
		t.settle(whole)
	}
	return f, times
}

// Of equal fleets hardly one shows a difference by chance, whatever the target does to all alike, and
// none of many an agent that is said to deviate. One that takes a fifth longer is found, and no other.
func TestAgentsThatAreEqualAgree(t *testing.T) {
	const fleets = 40
	const bearable = 6 // more of 40 are rarer than one in a thousand at a chance of agentLevel
	for _, p := range fleetProcesses() {
		for _, shape := range []struct{ n, seconds, perSecond int }{{2, 10, 40}, {3, 30, 50}, {5, 60, 20}, {4, 8, 100}} {
			if raced && shape.seconds > 10 {
				continue
			}
			rng := rand.New(rand.NewPCG(uint64(shape.n), uint64(shape.seconds)))
			var differ, named, found, others int
			for range fleets {
				f, times := drawFleet(p, shape.n, shape.seconds, shape.perSecond, 1, rng)
				f.agree(times, runlog.TagResponse, 1)
				least := 1.
				for _, a := range f.Agents {
					for _, d := range a.Deviations {
						least = min(least, d.P)
					}
					if a.Deviates != "" {
						named++
					}
				}
				if least <= agentLevel {
					differ++
				}
				f, times = drawFleet(p, shape.n, shape.seconds, shape.perSecond, 1.2, rng)
				f.agree(times, runlog.TagResponse, 1)
				for i, a := range f.Agents {
					switch {
					case a.Deviates == "":
					case i == shape.n-1:
						found++
					default:
						others++
					}
				}
			}
			share := func(n int) string { return words.Percent(float64(n) / fleets) }
			t.Logf("%s, %d agents, %d s of %d/s each: %s differ, %s have one that deviates; a fifth longer: %s found, others named in %s", p.name, shape.n, shape.seconds, shape.perSecond,
				share(differ), share(named), share(found), share(others))
			if differ > bearable || named > bearable || others > bearable {
				t.Errorf("%s: equal agents are named", p.name)
			}
			if steadily := p.name != "agents that stall by themselves"; found < fleets/5 || steadily && found < fleets*7/10 {
				t.Errorf("%s: an agent that takes a fifth longer is not found", p.name)
			}
		}
	}
}

// The agent that deviates is named with how much, and the others are held against each other without it.
func TestAnAgentThatDeviates(t *testing.T) {
	f := synthFleet{open: true, seconds: 30, agents: equal(3, 200, around(20*time.Millisecond))}
	f.agents[1].latency = around(26 * time.Millisecond)
	a := f.analyzed(t)
	found := findingsOf(a, result.CodeAgentDeviates)
	if a.Verdict != result.Pass || len(found) != 1 || !strings.HasPrefix(found[0].Text, "agent n2 deviates from the others: p50 +3") || strings.Contains(found[0].Text, "n1") {
		t.Fatalf("verdict %s, findings %v", a.Verdict, a.Findings)
	}
	agents := a.Legs[0].Fleet.Agents
	if agents[0].Deviates != "" || agents[2].Deviates != "" {
		t.Errorf("also %q and %q", agents[0].Deviates, agents[2].Deviates)
	}
	for _, d := range agents[1].Deviations {
		if lo, hi := float64(d.Relative.Lo), float64(d.Relative.Hi); d.Metric == metric.P50.Key && (lo > 0.3 || hi < 0.3 || hi-lo > 0.15 || d.P > 1e-6) {
			t.Errorf("%+v: is 30 %%", d)
		}
	}
}

// Of two agents it is not known which one deviates.
func TestTwoAgentsDiffer(t *testing.T) {
	f := synthFleet{open: true, seconds: 20, agents: equal(2, 200, around(20*time.Millisecond))}
	f.agents[0].latency = around(30 * time.Millisecond)
	found := findingsOf(f.analyzed(t), result.CodeAgentDeviates)
	if len(found) != 1 || !strings.HasPrefix(found[0].Text, "agent n1 and agent n2 differ, and a third agent would tell which of them deviates: agent n2 has p50 −3") {
		t.Errorf("%v", found)
	}
}

// An agent whose requests fail where those of the others do not is named too.
func TestAnAgentWhoseRequestsFail(t *testing.T) {
	f := synthFleet{open: true, seconds: 20, agents: equal(3, 100, around(20*time.Millisecond))}
	f.agents[2].outcome = func(i int) runlog.Class {
		if i%10 == 0 {
			return runlog.HTTP5xx
		}
		return runlog.Success
	}
	found := findingsOf(f.analyzed(t), result.CodeAgentDeviates)
	if len(found) != 1 || !strings.HasPrefix(found[0].Text, "agent n3 deviates from the others: error rate +10 points (+9 points to +11 points)") {
		t.Errorf("%v", found)
	}
}

// A witness says either way whether it agrees with the others.
func TestAWitness(t *testing.T) {
	busy := func(perSecond int, mean time.Duration) *result.Analysis {
		f := synthFleet{open: true, seconds: 60, agents: equal(3, 300, around(20*time.Millisecond))}
		f.agents[2] = equal(1, perSecond, around(mean))[0]
		f.agents[2].witness = true
		return f.analyzed(t)
	}
	a := busy(100, 20*time.Millisecond)
	if w := a.Legs[0].Fleet.Witness; a.Verdict != result.Pass || !strings.HasPrefix(w, "witness n3 agrees with the others within 10 %: p50 ") {
		t.Errorf("%s: %q, findings %v", a.Verdict, w, a.Findings)
	}
	a = busy(2, 20*time.Millisecond)
	if w := a.Legs[0].Fleet.Witness; a.Verdict != result.Pass || !strings.HasPrefix(w, "witness n3 cannot tell whether it agrees with the others within 10 %: p50 ") {
		t.Errorf("%s: %q", a.Verdict, w)
	}
	a = busy(30, 14*time.Millisecond)
	found := findingsOf(a, result.CodeWitnessDisagrees)
	if a.Verdict != result.Inconclusive || len(found) != 1 || !strings.HasPrefix(found[0].Text, "witness n3 disagrees with the others: p50 −") {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
	a = busy(30, 28*time.Millisecond) // its own network may be slow
	if len(findingsOf(a, result.CodeAgentDeviates)) != 1 || a.Verdict != result.Pass {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
}

// What all agents measured together is what one generator would have: every percentile is that of the union.
func TestMergedPercentilesAreThoseOfTheUnion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all bars
		var times []time.Duration
		for range rapid.IntRange(1, 5).Draw(t, "agents") {
			h := hist.NewSparse()
			for _, ms := range rapid.SliceOfN(rapid.IntRange(1, 60_000), 1, 200).Draw(t, "times") {
				d := time.Duration(ms) * time.Millisecond
				h.Record(d)
				times = append(times, d)
			}
			own := barsOf(h)
			all = all.plus(own)
			if left := all.minus(own); left.total() != all.total()-own.total() || !slices.Equal(left.plus(own), all) {
				t.Fatal("a part that is taken away is not what is added")
			}
		}
		union := hist.NewSparse()
		for _, d := range times {
			union.Record(d)
		}
		if !slices.Equal(all, barsOf(union)) {
			t.Fatalf("%v\n%v", all, barsOf(union))
		}
	})
}
