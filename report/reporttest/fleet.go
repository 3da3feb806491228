package reporttest

import (
	"fmt"
	"math"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// agent is a made-up generator that had a quarter of a plan.
func agent(name string, cpu, lag, offset float64, against ...float64) result.Agent {
	a := result.Agent{
		Name: name, Version: "v1.4.0", Machine: runlog.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		Planned: 1068, Sent: 1068, Share: .25, Achieved: 1, LagP50MS: lag / 4,
		Generator: result.Generator{CPU: cpu, CPUMax: min(1, 1.2*cpu), LagP99MS: lag, QueueP99MS: lag / 3, Steal: .004, StealMax: .02, GCPauseMS: 1.3},
		Start:     &result.Clock{OffsetMS: offset, BoundMS: .09}, End: &result.Clock{OffsetMS: offset + .135, BoundMS: .08},
	}
	for i, m := range []metric.Metric{metric.P50, metric.P95} {
		if i < len(against) {
			r := against[i]
			a.Deviations = append(a.Deviations, result.Deviation{Metric: m.Key, Own: 10 * (1 + r), Others: 10, P: math.Exp(-80 * math.Abs(r)),
				Relative: result.Estimate{Value: r, Lo: result.Bound(r - .03), Hi: result.Bound(r + .04), Confidence: .95, N: 1068}})
		}
	}
	for s := range 45 {
		wave := 1 + .2*math.Sin(float64(s)/5+offset)
		a.Series = append(a.Series, result.AgentPoint{T: float64(s + 1), Sent: 24 * wave, CPU: min(1, cpu*wave), LagP99: lag * wave})
	}
	return a
}

// fleetRun is a leg of four agents: one is well, one was at its limit, one deviates and one was lost.
func fleetRun() *result.Analysis {
	l := profile{perSecond: 95, median: 10, spread: .25, seconds: 45, clients: 40, seed: 9}.leg("api", 1)
	limited, deviating, lost := agent("n2", .97, 12, -1.2, -.01, .02), agent("n3", .3, .4, 3.4, .31, .28), agent("n4", .2, .3, 0)
	why := "agent n2 (97 % CPU, lag p99 12 ms) was at its limit, 2 of 4 agents were well: the generator used 97 % of the processors that it may use on average: more load would not have come out of it"
	limited.Generator.Limited = true
	limited.Generator.Why = Because(result.Invalid, result.CodeGeneratorLimited, "the generator used 97 % of the processors that it may use on average: more load would not have come out of it")
	deviating.Deviates = "p50 +31 % (+28 % to +35 %) and p95 +28 % (+25 % to +32 %)"
	lost.Lost, lost.LostS, lost.End, lost.Series = "no lease for 2 s", 31.2, nil, lost.Series[:30]
	lost.Sent, lost.Dropped, lost.Unsure, lost.Achieved = 700, 368, 48, 700./1068
	gone := "agent n4 was lost by second 31.2: no lease for 2 s; it had 25 % of the plan and sent 700 of 1 068 requests, perhaps 48 more; the load really was 3 904 to 3 952 of 4 272 planned, 91 % to 93 %"
	aligned, drift := .18, 3.
	l.Fleet = &result.Fleet{
		Agents:    []result.Agent{agent("n1", .25, .35, .02, -.02, -.01), limited, deviating, lost},
		AlignedMS: &aligned, DriftPPM: &drift,
		Words:     "4 agents, clocks aligned within ±180 µs of each other (drift 3 µs/s); lost: n4",
		Agreement: "agent n3 deviates from the others: " + deviating.Deviates,
	}
	l.Generator.CPU, l.Generator.CPUMax, l.Generator.Limited = .97, 1, true
	l.Generator.Why = append(Because(result.Invalid, result.CodeAgentLost, gone), Because(result.Invalid, result.CodeGeneratorLimited, why)...)
	run := info(true)
	run.Fleet = l.Fleet.Words
	a := &result.Analysis{
		Schema: result.SummarySchema, Name: "four agents", Verdict: result.Invalid, Headline: "The load was not the one that was asked for: " + gone + ".",
		Findings: append(append([]result.Finding{}, l.Generator.Why...), Because(result.Pass, result.CodeAgentDeviates, l.Fleet.Agreement+"; its network or its machine")...),
		Run:      run, Legs: []result.Leg{l},
	}
	a.Findings[0].InHeadline = true
	return a
}

// wellFleet is a leg of so many agents that are all well, one of them a witness.
func wellFleet(agents int) *result.Analysis {
	a := singleRun()
	a.Name = fmt.Sprintf("%d agents", agents)
	l := &a.Legs[0]
	aligned, drift := .18, 3.
	l.Fleet = &result.Fleet{
		AlignedMS: &aligned, DriftPPM: &drift,
		Words:     fmt.Sprintf("%d agents, a witness among them, clocks aligned within ±180 µs of each other (drift 3 µs/s)", agents),
		Agreement: "no agent deviates from the others by more than chance and 10 %; the largest difference is p95 +2 % (−1 % to +6 %) of agent n2",
		Witness:   fmt.Sprintf("witness n%d agrees with the others within 10 %%: p50 −1 %% (−4 %% to +3 %%) and p95 +1 %% (−2 %% to +5 %%)", agents),
	}
	for i := range agents {
		of := agent(fmt.Sprintf("n%d", i+1), .2+.001*float64(i), .3, float64(i)/100, -.01, .01)
		of.Share = 1 / float64(agents)
		l.Fleet.Agents = append(l.Fleet.Agents, of)
	}
	l.Fleet.Agents[agents-1].Witness = true
	a.Run.Fleet = l.Fleet.Words
	return a
}
