package reporttest

import (
	"math"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog"
)

// Gates are what every form of a gate must show well.
var Gates = sync.OnceValue(func() map[string]*analyze.Gate {
	return map[string]*analyze.Gate{
		"pass":        passedGate(),
		"fail":        failedGate(),
		"disagree":    disagreeingGate(),
		"invalid":     invalidGate(),
		"no-baseline": bareGate(),
		"nothing":     {Schema: analyze.GateSchema, Verdict: analyze.Invalid, Findings: Because(analyze.Invalid, analyze.CodeAccounting, "nothing was stored")},
		"tainted":     TaintedGate(Hostile),
	}
})

func side(label string, hours int) analyze.Side {
	return analyze.Side{
		Label: label, Started: time.Date(2026, 11, 21, 9+hours, 30, 0, 0, time.UTC),
		Tool: info(false).Tool, Machine: info(false).Machine, Rounds: 10,
	}
}

// slower is a check of a time that may be a tenth worse than before, and is ratio
// times it.
func slower(target, name string, ratio float64, v analyze.Verdict, p float64, words string) analyze.Check {
	code := map[analyze.Verdict]analyze.Code{analyze.Fail: analyze.CodeBaselineWorse, analyze.Inconclusive: analyze.CodeSpansLimit}[v]
	return analyze.Check{
		Limit: name + " at most 10 % worse", Target: target, Against: "baselines/shop/v1.3.json",
		Metric: analyze.Metric{
			Name: name + "_ms", Unit: "ms", Better: "lower", Baseline: 48.1, Candidate: 48.1 * ratio, BaselineN: 41230, CandidateN: 40877,
			Ratio: analyze.Bound(ratio), Lo: analyze.Bound(ratio * .97), Hi: analyze.Bound(ratio * 1.03), Rounds: 10, Detectable: 1.04, Verdict: "inconclusive",
		},
		Margin: 1.1, P: analyze.Bound(p), Verdict: v, Code: code, Words: words,
	}
}

func bounded(target, limit, name string, unit metric.Unit, value, lo, hi, most float64, v analyze.Verdict, words string) analyze.Check {
	return analyze.Check{
		Limit: limit, Target: target,
		Metric: analyze.Metric{Name: name, Unit: unit, Better: "lower", Candidate: value, CandidateN: 40877, Ratio: analyze.Bound(math.NaN()), Lo: analyze.Bound(lo), Hi: analyze.Bound(hi), Rounds: 10},
		Margin: most, P: analyze.Bound(math.NaN()), Verdict: v, Words: words,
	}
}

func passedGate() *analyze.Gate {
	base := side("baselines/shop/v1.3.json", 0)
	return &analyze.Gate{
		Schema: analyze.GateSchema, Name: "shop", Verdict: analyze.Pass, Headline: "All 4 checks hold: nothing is worse than allowed.",
		Findings:  Because(analyze.Pass, analyze.CodeChecksHold, "all 4 checks hold"),
		Candidate: side("results/shop/2026-11-21T11-30-00Z", 2), Baseline: &base,
		Checks: []analyze.Check{
			slower("api", "p95", 1.01, analyze.Pass, 0.0021, "p95 is 1.01 times the baseline (0.980 to 1.04), within 1.1"),
			slower("api", "p99", 1.03, analyze.Pass, 0.0082, "p99 is 1.03 times the baseline (0.999 to 1.06), within 1.1"),
			bounded("api", "error_rate at most 1 %", "error_rate", "share", .0004, .0002, .0007, .01, analyze.Pass, "error rate 0.04 % (0.02 to 0.07 %)"),
			bounded("api", "lost at most 0 rows", "lost", "rows", 0, 0, 0, 0, analyze.Pass, "no row is lost"),
		},
		Method: "The unit is the round: 10 of the baseline, 10 of the candidate. The ratio is the Hodges–Lehmann shift of the logarithms with its exact Mann–Whitney interval at 95 %",
		Run:    Runs()["rounds"],
	}
}

func failedGate() *analyze.Gate {
	g := passedGate()
	g.Verdict, g.Headline = analyze.Fail, "p95 of api is 1.22 times the baseline (1.18 to 1.26), and a second measurement says so too."
	g.Warnings = []string{"the baseline is 41 days old"}
	g.Checks[0] = slower("api", "p95", 1.22, analyze.Fail, 0.0004, "p95 is 1.22 times the baseline (1.18 to 1.26), beyond 1.1")
	again := slower("api", "p95", 1.24, analyze.Fail, 0.0011, "p95 is 1.24 times the baseline (1.20 to 1.28), beyond 1.1")
	g.Checks[0].Again = &again
	g.Checks[0].Words += "; and again in a second measurement: " + again.Words
	unsure := slower("cluster", "p99", 1.08, analyze.Inconclusive, 0.61, "p99 cannot be told: it would take about 24 rounds")
	unsure.Metric.Hi = analyze.Bound(math.Inf(1))
	drop := slower("cluster", "error_rate", 1, analyze.Pass, math.NaN(), "the error rate rose by no more than 0.1 points")
	drop.Limit, drop.Margin = "error_rate at most 0.5 points worse", .005
	drop.Metric = analyze.Metric{Name: "error_rate", Unit: "share", Better: "lower", Baseline: .0003, Candidate: .0004, BaselineN: 41230, CandidateN: 40877, Ratio: .0001, Lo: -.0006, Hi: .0009, Difference: true, Rounds: 10}
	rate := slower("cluster", "rate_rps", .99, analyze.Pass, 0.0021, "requests ended are 0.990 times the baseline (0.960 to 1.02), within 0.909")
	rate.Limit, rate.Margin = "rate_rps at most 10 % worse", 1/1.1
	rate.Metric.Unit, rate.Metric.Name, rate.Metric.Better = "/s", "rate_rps", "higher"
	g.Checks = append(g.Checks, unsure, drop, rate)
	g.Findings = aboutChecks(g)
	return g
}

func disagreeingGate() *analyze.Gate {
	g := failedGate()
	g.Verdict, g.Headline = analyze.Inconclusive, "Two measurements disagree on p95 of api."
	g.Checks = g.Checks[:1]
	again := slower("api", "p95", 1.02, analyze.Pass, 0.0031, "p95 is 1.02 times the baseline (0.989 to 1.05), within 1.1")
	g.Checks[0].Verdict, g.Checks[0].Again = analyze.Inconclusive, &again
	g.Checks[0].Code = analyze.CodeDisagree
	g.Checks[0].Words = "p95 failed once and did not fail again: two measurements disagree"
	g.Findings = aboutChecks(g)
	return g
}

// invalidGate is a run that says nothing about its target, whatever its figures.
func invalidGate() *analyze.Gate {
	g := passedGate()
	g.Verdict, g.Headline = analyze.Invalid, "The generator, not the target, was the limit."
	g.Findings = []analyze.Finding{{Verdict: analyze.Invalid, Code: analyze.CodeGeneratorLimited, Target: "api", Text: "lag p99 84 ms is more than 5 % of the median"}}
	for i := range g.Checks {
		k := &g.Checks[i]
		k.Verdict, k.Code, k.P, k.Words = analyze.Invalid, analyze.CodeNotJudged, analyze.Bound(math.NaN()), "not judged, for the measurement is invalid: "+k.Words
	}
	return g
}

func bareGate() *analyze.Gate {
	g := passedGate()
	g.Verdict, g.Headline = analyze.Inconclusive, "There is no baseline to hold p95 of api against."
	g.Baseline = nil
	g.Checks = []analyze.Check{{
		Limit: "p95 at most 10 % worse", Target: "api", Against: "a baseline", Margin: 1.1, P: analyze.Bound(math.NaN()), Verdict: analyze.Inconclusive, Code: analyze.CodeNoBaseline,
		Metric: analyze.Metric{Name: "p95_ms", Unit: "ms", Better: "lower", Candidate: 48.1, CandidateN: 40877, Ratio: analyze.Bound(math.NaN()), Lo: analyze.Bound(math.NaN()), Hi: analyze.Bound(math.NaN())},
		Words:  "no baseline: `stress baseline save RUN` keeps one",
	}, g.Checks[3]}
	g.Findings = aboutChecks(g)
	g.Method, g.Run = "", nil
	return g
}

// TaintedGate has s wherever a target, a file or a scenario could put text.
func TaintedGate(s string) *analyze.Gate {
	g := failedGate()
	g.Name, g.Headline, g.Findings, g.Warnings, g.Method = s, s+"!", Because(analyze.Fail, analyze.Code(s), s), []string{s}, s
	for _, x := range []*analyze.Side{&g.Candidate, g.Baseline} {
		x.Label, x.Tool, x.Machine = s, runlog.Tool{Version: s, Go: s}, runlog.Machine{OS: s, Arch: s, Kernel: s, CPU: s, CPUs: 2}
	}
	for i := range g.Checks {
		for k := &g.Checks[i]; k != nil; k = k.Again {
			k.Limit, k.Target, k.Words, k.Code, k.Metric.Name, k.Metric.Words = s, s, s+"?", analyze.Code(s), s, s
			if k.Against != "" {
				k.Against = s
			}
		}
	}
	return g
}

// aboutChecks are the findings of a gate about its checks, the worst first.
func aboutChecks(g *analyze.Gate) []analyze.Finding {
	var out []analyze.Finding
	for _, v := range []analyze.Verdict{analyze.Fail, analyze.Inconclusive} {
		for _, k := range g.Checks {
			if k.Verdict == v {
				out = append(out, analyze.Finding{Verdict: v, Code: k.Code, Target: k.Target, Limit: k.Limit, Text: k.Words})
			}
		}
	}
	return out
}

// Because makes findings of one kind.
func Because(v analyze.Verdict, code analyze.Code, texts ...string) []analyze.Finding {
	var out []analyze.Finding
	for _, s := range texts {
		out = append(out, analyze.Finding{Verdict: v, Code: code, Text: s})
	}
	return out
}
