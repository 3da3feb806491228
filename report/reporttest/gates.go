package reporttest

import (
	"math"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Gates are what every form of a gate must show well.
var Gates = sync.OnceValue(func() map[string]*result.Gate {
	return map[string]*result.Gate{
		"pass":        passedGate(),
		"fail":        failedGate(),
		"unconfirmed": unconfirmedGate(),
		"invalid":     invalidGate(),
		"no-baseline": bareGate(),
		"nothing":     {Schema: result.GateSchema, Verdict: result.Invalid, Findings: Because(result.Invalid, result.CodeAccounting, "nothing was stored")},
		"tainted":     TaintedGate(Hostile),
	}
})

func side(label string, hours int) result.Side {
	return result.Side{
		Label: label, Started: time.Date(2026, 11, 21, 9+hours, 30, 0, 0, time.UTC),
		Tool: info(false).Tool, Machine: info(false).Machine, Rounds: 10,
	}
}

// slower is a check of a time that may be a tenth worse than before, and is ratio
// times it.
func slower(target, name string, ratio float64, v result.Verdict, p float64, words string) result.Check {
	code := map[result.Verdict]result.Code{result.Fail: result.CodeBaselineWorse, result.Inconclusive: result.CodeSpansLimit}[v]
	return result.Check{
		Limit: name + " at most 10 % worse", Target: target, Against: "baselines/shop/v1.3.json",
		Metric: result.Metric{
			Name: name + "_ms", Unit: "ms", Better: "lower", Baseline: 48.1, Candidate: 48.1 * ratio, BaselineN: 41230, CandidateN: 40877,
			Ratio: result.Bound(ratio), Lo: result.Bound(ratio * .97), Hi: result.Bound(ratio * 1.03), Rounds: 10, Detectable: 1.04, Verdict: "inconclusive",
		},
		Margin: 1.1, P: result.Bound(p), Verdict: v, Code: code, Words: words,
	}
}

func bounded(target, limit, name string, unit metric.Unit, value, lo, hi, most float64, v result.Verdict, words string) result.Check {
	return result.Check{
		Limit: limit, Target: target,
		Metric: result.Metric{Name: name, Unit: unit, Better: "lower", Candidate: value, CandidateN: 40877, Ratio: result.Bound(math.NaN()), Lo: result.Bound(lo), Hi: result.Bound(hi), Rounds: 10},
		Margin: most, P: result.Bound(math.NaN()), Verdict: v, Words: words,
	}
}

func passedGate() *result.Gate {
	base := side("baselines/shop/v1.3.json", 0)
	return &result.Gate{
		Schema: result.GateSchema, Name: "shop", Verdict: result.Pass, Headline: "All 4 checks hold: nothing is worse than allowed.",
		Findings:  Because(result.Pass, result.CodeChecksHold, "all 4 checks hold"),
		Candidate: side("results/shop/2026-11-21T11-30-00Z", 2), Baseline: &base,
		Checks: []result.Check{
			slower("api", "p95", 1.01, result.Pass, 0.0021, "p95 is 1.01 times the baseline (0.980 to 1.04), within 1.1"),
			slower("api", "p99", 1.03, result.Pass, 0.0082, "p99 is 1.03 times the baseline (0.999 to 1.06), within 1.1"),
			bounded("api", "error_rate at most 1 %", "error_rate", "share", .0004, .0002, .0007, .01, result.Pass, "error rate 0.04 % (0.02 to 0.07 %)"),
			bounded("api", "lost at most 0 rows", "lost", "rows", 0, 0, 0, 0, result.Pass, "no row is lost"),
		},
		Method: "The unit is the round: 10 of the baseline, 10 of the candidate. The ratio is the Hodges–Lehmann shift of the logarithms with its exact Mann–Whitney interval at 95 %",
		Run:    Runs()["rounds"],
	}
}

func failedGate() *result.Gate {
	g := passedGate()
	g.Verdict, g.Headline = result.Fail, "p95 of api is 1.22 times the baseline (1.18 to 1.26)."
	g.Warnings = []string{"the baseline is 41 days old"}
	g.Checks[0] = slower("api", "p95", 1.22, result.Fail, 0.0004, "p95 is 1.22 times the baseline (1.18 to 1.26), beyond 1.1")
	g.Look = &result.Look{Number: 2, Of: 2, Level: 0.0277}
	unsure := slower("cluster", "p99", 1.08, result.Inconclusive, 0.61, "p99 cannot be told: it would take about 24 rounds")
	unsure.Metric.Hi = result.Bound(math.Inf(1))
	drop := slower("cluster", "error_rate", 1, result.Pass, math.NaN(), "the error rate rose by no more than 0.1 points")
	drop.Limit, drop.Margin = "error_rate at most 0.5 points worse", .005
	drop.Metric = result.Metric{Name: "error_rate", Unit: "share", Better: "lower", Baseline: .0003, Candidate: .0004, BaselineN: 41230, CandidateN: 40877, Ratio: .0001, Lo: -.0006, Hi: .0009, Difference: true, Rounds: 10}
	rate := slower("cluster", "rate_rps", .99, result.Pass, 0.0021, "requests ended are 0.990 times the baseline (0.960 to 1.02), within 0.909")
	rate.Limit, rate.Margin = "rate_rps at most 10 % worse", 1/1.1
	rate.Metric.Unit, rate.Metric.Name, rate.Metric.Better = "/s", "rate_rps", "higher"
	g.Checks = append(g.Checks, unsure, drop, rate)
	g.Findings = aboutChecks(g)
	return g
}

// unconfirmedGate ended at its first look, which fails nothing.
func unconfirmedGate() *result.Gate {
	g := failedGate()
	g.Verdict, g.Headline = result.Inconclusive, "p95 of api may be worse than is allowed: a FAIL takes 20 rounds."
	g.Look = &result.Look{Number: 1, Of: 2, Level: 0.031}
	g.Checks = g.Checks[:1]
	g.Checks[0].Verdict, g.Checks[0].Code = result.Inconclusive, result.CodeUnconfirmed
	g.Checks[0].Words += ": a FAIL takes 20 rounds"
	g.Findings = aboutChecks(g)
	return g
}

// invalidGate is a run that says nothing about its target, whatever its figures.
func invalidGate() *result.Gate {
	g := passedGate()
	g.Verdict, g.Headline = result.Invalid, "The generator, not the target, was the limit."
	g.Findings = []result.Finding{{Verdict: result.Invalid, Code: result.CodeGeneratorLimited, Target: "api", Text: "lag p99 84 ms is more than 5 % of the median"}}
	for i := range g.Checks {
		k := &g.Checks[i]
		k.Verdict, k.Code, k.P, k.Words = result.Invalid, result.CodeNotJudged, result.Bound(math.NaN()), result.NotJudged.Words
	}
	return g
}

func bareGate() *result.Gate {
	g := passedGate()
	g.Verdict, g.Headline = result.Inconclusive, "There is no baseline to hold p95 of api against."
	g.Baseline = nil
	g.Checks = []result.Check{{
		Limit: "p95 at most 10 % worse", Target: "api", Against: "a baseline", Margin: 1.1, P: result.Bound(math.NaN()), Verdict: result.Inconclusive, Code: result.CodeNoBaseline,
		Metric: result.Metric{Name: "p95_ms", Unit: "ms", Better: "lower", Candidate: 48.1, CandidateN: 40877, Ratio: result.Bound(math.NaN()), Lo: result.Bound(math.NaN()), Hi: result.Bound(math.NaN())},
		Words:  "no baseline: `stress baseline save RUN` keeps one",
	}, g.Checks[3]}
	g.Findings = aboutChecks(g)
	g.Method, g.Run = "", nil
	return g
}

// TaintedGate has s wherever a target, a file or a scenario could put text.
func TaintedGate(s string) *result.Gate {
	g := failedGate()
	g.Name, g.Headline, g.Findings, g.Warnings, g.Method = s, s+"!", Because(result.Fail, result.Code(s), s), []string{s}, s
	for _, x := range []*result.Side{&g.Candidate, g.Baseline} {
		x.Label, x.Tool, x.Machine = s, runlog.Tool{Version: s, Go: s}, runlog.Machine{OS: s, Arch: s, Kernel: s, CPU: s, CPUs: 2}
	}
	for i := range g.Checks {
		k := &g.Checks[i]
		k.Limit, k.Target, k.Words, k.Code, k.Metric.Name, k.Metric.Words = s, s, s+"?", result.Code(s), s, s
		if k.Against != "" {
			k.Against = s
		}
	}
	return g
}

// aboutChecks are the findings of a gate about its checks, the worst first.
func aboutChecks(g *result.Gate) []result.Finding {
	var out []result.Finding
	for _, v := range []result.Verdict{result.Fail, result.Inconclusive} {
		for _, k := range g.Checks {
			if k.Verdict == v {
				out = append(out, result.Finding{Verdict: v, Code: k.Code, Target: k.Target, Limit: k.Limit, Text: k.Words})
			}
		}
	}
	return out
}

// Because makes findings of one kind.
func Because(v result.Verdict, code result.Code, texts ...string) []result.Finding {
	var out []result.Finding
	for _, s := range texts {
		out = append(out, result.Finding{Verdict: v, Code: code, Text: s})
	}
	return out
}
