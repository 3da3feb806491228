// Package reporttest has analyses, gates and trends for the tests of documents and drawings:
// recorded runs, judged, and what is made by hand where no run is such.
package reporttest

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Hostile is what a target could answer to break a report.
const Hostile = "\x1b[31mred\x1b[0m <script>alert(1)</script> | `tick` **bold** \u202etxet\u202c =HYPERLINK(\"http://evil.example\") \x07\x00\u009b2J @channel\r\nsecond line ]]> </svg> --> &amp;"

// Runs are the runs that every format must show well. Nobody changes them.
var Runs = sync.OnceValue(func() map[string]*result.Analysis {
	runs := map[string]*result.Analysis{
		"closed":   Closed(),
		"few":      fewRun(),
		"lost":     lostRun(),
		"failing":  failingRun(),
		"partial":  partialRun(),
		"single":   singleRun(),
		"empty":    emptyRun(),
		"rounds":   Rounds(),
		"long":     longRun(),
		"nothing":  {Schema: result.SummarySchema, Verdict: result.Invalid, Findings: Because(result.Invalid, result.CodeAccounting, "nothing was stored")},
		"requests": requestsRun(),
		"tainted":  TaintedRun(Hostile),
		"ten":      TenTargets(),
		"fleet":    fleetRun(),
		"agents":   wellFleet(30),
	}
	for name, a := range runs {
		if name != "tainted" {
			a.Key = analyze.KeyFigures(a)
		}
	}
	return runs
})

// profile is how a made-up target behaves.
type profile struct {
	perSecond float64 // answers
	median    float64 // ms
	spread    float64 // of the logarithm
	seconds   int
	clients   int64
	seed      uint64
}

// answers makes a leg's times: a lognormal body, a few in a hundred ten times as slow.
func (p profile) leg(target string, round int) result.Leg {
	rng := rand.New(rand.NewPCG(p.seed, uint64(round)))
	l := result.Leg{Target: target, Round: round, URL: "http://127.0.0.1:8080/index.php", Complete: true, DurationS: float64(p.seconds)}
	var all []float64
	carry := 0.0
	for s := range p.seconds {
		carry += p.perSecond * (0.95 + 0.1*rng.Float64())
		n := uint64(carry)
		carry -= float64(n)
		var times []float64
		for range n {
			t := p.median * math.Exp(p.spread*rng.NormFloat64())
			if rng.IntN(200) == 0 {
				t *= 6
			}
			times = append(times, t)
		}
		all = append(all, times...)
		l.Series = append(l.Series, point(s, n, times, p.clients, 0.1+0.05*rng.Float64()))
	}
	n := uint64(len(all))
	l.Planned, l.Sent, l.Completed, l.Connects = n, n, n, uint64(p.clients)
	l.Outcomes.Success = n
	l.BytesSent, l.BytesReceived = n*96, n*212
	l.Response = latency(all)
	l.Service = l.Response
	l.Lag = latency([]float64{0.02, 0.03, 0.05, 0.21})
	l.Connect = latency([]float64{0.11, 0.12, 0.2, 0.4})
	l.Curve = curveOf(all)
	l.LoadS, l.DrainS, l.Drained = l.DurationS, 0.042, 3
	l.DurationS += l.DrainS
	l.RateRPS = float64(n) / l.LoadS
	l.SuccessRPS = l.RateRPS
	l.Outage = &result.Outage{LongestS: 0.031, FromS: 4.2, ToS: 4.231, UsualGapS: 0.002, ResolutionS: 0.001}
	rate := result.Estimate{Value: l.RateRPS, Lo: result.Bound(0.98 * l.RateRPS), Hi: result.Bound(1.02 * l.RateRPS), Confidence: 0.95, N: n}
	l.Rates = map[string]result.Estimate{metric.Rate.Name: rate, metric.Successes.Name: rate}
	l.ErrorRate = result.Estimate{Value: 0, Lo: 0, Hi: result.Bound(3.84 / (float64(n) + 3.84)), Confidence: 0.95, N: n}
	l.Generator = result.Generator{CPU: 0.12, CPUMax: 0.18, LagP99MS: 0.21, Steal: -1, StealMax: -1, GCPauseMS: 3.2, GCPauseMaxMS: 0.41}
	return l
}

// stamp gives a leg the kernel's word for the arrival of its answers, and what a
// clock in user space would have said.
func stamp(l *result.Leg, share float64, queue ...float64) {
	l.Stamped, l.Queue, l.UserSpace = share, latency(queue), l.Service
	l.UserSpace.Quantiles = maps.Clone(l.UserSpace.Quantiles)
	l.UserSpace.Quantiles["p50"] += l.Queue.At(metric.P50)
	again := uint64(3)
	g := &l.Generator
	g.QueueP50MS, g.QueueP99MS, g.Steal, g.StealMax, g.Retransmits = l.Queue.At(metric.P50), l.Queue.At(metric.P99), 0.004, 0.021, &again
}

func point(s int, n uint64, times []float64, clients int64, cpu float64) result.Point {
	p := result.Point{T: float64(s + 1), Due: n, Sent: n, Done: n, N: n, Active: clients, CPU: cpu}
	p.Outcomes.Success = n
	if n > 0 {
		d := latency(times)
		p.Mean, p.P50, p.P90, p.P95, p.P99, p.Max = d.Mean, d.At(metric.P50), d.At(metric.P90), d.At(metric.P95), d.At(metric.P99), d.Max
	}
	return p
}

// answer gives a second of a leg the status codes of its answers, each second the same codes.
func answer(l *result.Leg, p *result.Point, of []result.Status) {
	if l.Statuses == nil {
		l.Statuses = make([]result.Status, len(of))
	}
	for i, s := range of {
		l.Statuses[i].Code = s.Code
		l.Statuses[i].Answers += s.Answers
		p.Statuses = append(p.Statuses, s.Answers)
	}
}

// serve gives a leg its hosts, rows divided as the weights say.
func serve(l *result.Leg, expected int, weights map[string]float64) {
	rows := int64(l.Outcomes.Success)
	var sum float64
	for _, w := range weights {
		sum += w
	}
	s := &result.Spread{Hosts: len(weights), Expected: expected, Missing: max(expected-len(weights), 0), Unit: "request", Units: float64(rows), P: 0.98, Verdict: result.SpreadEven}
	left := rows
	names := slices.Sorted(func(yield func(string) bool) {
		for n := range weights {
			if !yield(n) {
				return
			}
		}
	})
	for i, name := range names {
		r := int64(math.Round(float64(rows) * weights[name] / sum))
		if i == len(names)-1 {
			r = left
		}
		left -= r
		share := float64(r) / float64(rows)
		half := 2.4 * math.Sqrt(share*(1-share)/float64(rows))
		l.Hosts = append(l.Hosts, result.Host{Host: name, Rows: r, Share: share, ShareLo: max(share-half, 0), ShareHi: min(share+half, 1)})
	}
	s.FairShare = 1 / float64(max(expected, len(weights)))
	s.MaxHost, s.MaxDeviation, s.MaxDeviationLo, s.MaxDeviationHi = names[0], 0.02, 0.004, 0.061
	s.Words = fmt.Sprintf("even: %d hosts wrote %d rows, none more than 2.0 %% from its fair share", len(names), rows)
	if len(names) == 1 {
		s.Verdict, s.Words = result.SpreadOneHost, "one host wrote every row, as expected"
	}
	l.Spread = s
	l.Reconcile = &result.Reconcile{Successes: l.Outcomes.Success, Rows: rows, Verdict: result.RowsReconciled, Words: "every successful answer has its row"}
}

func info(open bool) result.RunInfo {
	r := result.RunInfo{
		Started: time.Date(2026, 11, 21, 17, 30, 0, 0, time.UTC),
		Tool:    runlog.Tool{Version: "0.1.0", Go: "go1.26"},
		Machine: runlog.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1.0", CPU: "Example CPU @ 2.60GHz", CPUs: 2, MemoryMB: 7951},
		Source:  "scenarios/cluster.yaml", Engine: "nethttp", Clock: "user space",
		Success: "status 200 and the body contains “New record created successfully”",
	}
	if open {
		r.Measure, r.MeasureWhy = "response time", "from the moment a request was due to the end of its answer"
		r.Load = runlog.Load{Type: "clients-per-test", Words: "50 clients spread evenly over 1m0s", Open: true, Clients: 50, DurationS: 60}
	} else {
		r.Measure, r.MeasureWhy = "service time", "in a closed load a client waits for its answer before it asks again, so a stall hides the requests that were never sent"
		r.Load = runlog.Load{Type: "maintain-client-load", Words: "50 clients, each asking again as soon as it is answered, for 20s", Clients: 50, DurationS: 20}
	}
	return r
}

var clusterHosts = map[string]float64{"a2a9d21d8c9c": 1, "b71c0e9f4d12": 1.01, "f00dcafe1234": .99}

// Closed is a healthy run of two targets under a closed load, made anew.
func Closed() *result.Analysis {
	one := profile{perSecond: 420, median: 108, spread: .22, seconds: 20, clients: 50, seed: 1}.leg("single", 1)
	three := profile{perSecond: 1180, median: 39, spread: .35, seconds: 20, clients: 50, seed: 2}.leg("cluster", 1)
	three.URL = "http://127.0.0.1:4500/index.php"
	serve(&one, 1, map[string]float64{"0c3e5b7a9d11": 1})
	serve(&three, 3, clusterHosts)
	stamp(&one, 1, 0.021, 0.025, 0.03, 0.4)
	stamp(&three, 0.998, 0.033, 0.041, 0.05, 1.2)
	a := &result.Analysis{
		Schema: result.SummarySchema, Name: "single container against the cluster", Verdict: result.Pass,
		Headline: "The cluster answered 2.8 times as many requests, in 0.36 of the time, and every answer has its row.",
		Findings: Because(result.Pass, result.CodeThresholdsMet, "all 3 thresholds hold", "the generator was not the limit"),
		Run:      info(false), Legs: []result.Leg{one, three},
	}
	a.Comparison = compareLegs(&one, &three)
	a.Thresholds = []result.Assessment{
		{Threshold: "p95 < 500ms", Target: "single", Round: 1, Observed: one.Response.Intervals["p95"], Unit: "ms", Verdict: result.Pass},
		{Threshold: "p95 < 500ms", Target: "cluster", Round: 1, Observed: three.Response.Intervals["p95"], Unit: "ms", Verdict: result.Pass},
		{Threshold: "error_rate < 1%", Target: "cluster", Round: 1, Observed: result.Estimate{Value: 0, Lo: 0, Hi: 0.00016, Confidence: .95, N: three.Sent}, Unit: "share", Verdict: result.Pass},
	}
	a.Run.Clock = "kernel on 99.9 % of the answers, user space on the rest"
	return a
}

func compareLegs(b, c *result.Leg) *result.Comparison {
	ratio := func(name string, unit metric.Unit, better metric.Direction, bv, cv float64, verdict result.MetricVerdict) result.Metric {
		return result.Metric{
			Name: name, Unit: unit, Better: better, Baseline: bv, Candidate: cv, BaselineN: b.Response.N, CandidateN: c.Response.N,
			Ratio: result.Bound(cv / bv), Lo: result.Bound(cv / bv * .93), Hi: result.Bound(cv / bv * 1.08), Verdict: verdict,
			Answer: verdict.Word(), Words: verdict.Word() + ": by a factor",
		}
	}
	return &result.Comparison{
		Baseline: b.Target, Candidate: c.Target, Rounds: 1,
		Words:  "cluster is better than single in 4 of 5 metrics and the same in none",
		Method: "Ratios of percentiles with 95 % intervals by resampling; one round, so what differs between rounds is not in them",
		Metrics: []result.Metric{
			ratio("p50_ms", "ms", "lower", b.Response.At(metric.P50), c.Response.At(metric.P50), result.Better),
			ratio("p95_ms", "ms", "lower", b.Response.At(metric.P95), c.Response.At(metric.P95), result.Better),
			ratio("p99_ms", "ms", "lower", b.Response.At(metric.P99), c.Response.At(metric.P99), result.Better),
			ratio("rate_rps", "/s", "higher", b.RateRPS, c.RateRPS, result.Better),
			{Name: "error_rate", Unit: "share", Better: "lower", BaselineN: b.Sent, CandidateN: c.Sent, Ratio: 0, Lo: -.000001, Hi: .000001, Difference: true, Verdict: result.Same, Answer: "same"},
		},
	}
}

func fewRun() *result.Analysis {
	one := profile{perSecond: 50. / 60, median: 11.8, spread: .3, seconds: 60, clients: 1, seed: 3}.leg("single", 1)
	three := profile{perSecond: 50. / 60, median: 12.6, spread: .3, seconds: 60, clients: 1, seed: 4}.leg("cluster", 1)
	serve(&one, 1, map[string]float64{"0c3e5b7a9d11": 1})
	serve(&three, 3, clusterHosts)
	a := &result.Analysis{
		Schema: result.SummarySchema, Name: "cluster", Verdict: result.Inconclusive,
		Headline: "50 requests each are too few to tell the cluster from the single container.",
		Findings: Because(result.Inconclusive, result.CodeTooFewRequests, "p95: too few requests to tell: this could see only a factor of 1.6"),
		Run:      info(true), Legs: []result.Leg{one, three}, Comparison: compareLegs(&one, &three),
	}
	for i := range a.Comparison.Metrics {
		m := &a.Comparison.Metrics[i]
		m.Verdict, m.Answer, m.Code, m.Why = result.CannotTell, "cannot tell", result.CodeTooFewRequests, "too few requests to tell: this could see only a factor of 1.6"
	}
	a.Comparison.Metrics[2].Lo = result.Bound(math.NaN())
	a.Comparison.Metrics[2].Hi = result.Bound(math.Inf(1))
	return a
}

func lostRun() *result.Analysis {
	l := profile{perSecond: 2677, median: 36, spread: .3, seconds: 8, clients: 100, seed: 5}.leg("cluster", 1)
	serve(&l, 3, clusterHosts)
	l.Hosts = l.Hosts[:2]
	l.Hosts[0].Rows, l.Hosts[1].Rows, l.Hosts[0].Share, l.Hosts[1].Share = 6100, 3834, .614, .386
	l.Hosts[0].ShareLo, l.Hosts[0].ShareHi, l.Hosts[1].ShareLo, l.Hosts[1].ShareHi = .603, .625, .375, .397
	l.Spread.Hosts, l.Spread.Missing, l.Spread.Silent, l.Spread.Verdict = 2, 1, []string{"f00dcafe1234"}, result.SpreadUneven
	l.Spread.Words = "uneven per request: a2a9d21d8c9c is 84 % from its fair share; 1 of 3 expected hosts wrote nothing (with rows from before: f00dcafe1234)"
	l.Way, l.Addresses = "by 10.0.0.11:80, 10.0.0.12:80", []result.Address{{Address: "10.0.0.11:80", Answers: 14280, Share: 2. / 3}, {Address: "10.0.0.12:80", Answers: 7140, Share: 1. / 3}}
	l.Reconcile = &result.Reconcile{Successes: 21420, Rows: 9934, Lost: 11486, Verdict: result.RowsLost, Words: "at least 11 486 of 21 420 rows that successful answers claimed are missing (54 %)"}
	return &result.Analysis{
		Schema: result.SummarySchema, Name: "max_connections too small", Verdict: result.Fail,
		Headline: "lost == 0: 11 486 rows are missing.",
		Findings: append([]result.Finding{{Verdict: result.Fail, Code: result.CodeRowsLost, Limit: "lost == 0", Text: "11 486 rows are missing", InHeadline: true}},
			Because(result.Fail, result.CodeThresholdNotMet, "spread: one expected host wrote nothing")...),
		Warnings: []string{"the scenario's success is the status alone; the body was not looked at"},
		Run:      info(false), Legs: []result.Leg{l},
		Thresholds: []result.Assessment{{Threshold: "lost == 0", Target: "cluster", Round: 1, Observed: result.Estimate{Value: 11486, N: 21420}, Verdict: result.Fail, Code: result.CodeRowsLost, Words: "11486 rows lost"}},
	}
}

func failingRun() *result.Analysis {
	one := profile{perSecond: 300, median: 60, spread: .4, seconds: 30, clients: 40, seed: 6}.leg("single", 1)
	two := profile{perSecond: 260, median: 300, spread: .8, seconds: 30, clients: 40, seed: 7}.leg("clu\x1b[5mster", 1)
	serve(&two, 3, map[string]float64{Hostile: 1, "": .2, "b71c0e9f4d12": .7})
	two.Outcomes = runlog.Outcomes{}
	for i := range two.Series {
		p := &two.Series[i]
		n := p.N
		o := runlog.Outcomes{Success: n}
		if i >= 8 && i < 22 {
			o = runlog.Outcomes{Success: n / 3, Unexpected: n / 4, HTTP4xx: n / 12, HTTP5xx: n / 8, Timeout: n / 16, Network: n / 16}
			p.Due += n / 5
		}
		p.Outcomes = o
		two.Outcomes.Merge(o)
		answer(&two, p, []result.Status{{Code: 200, Answers: o.Success + o.Unexpected}, {Code: 502, Answers: o.HTTP5xx}, {Code: 404, Answers: o.HTTP4xx}})
	}
	two.Outcomes.Cut = 12
	two.Series[len(two.Series)-1].Outcomes.Cut = 12
	two.Stopped = "error threshold: 51 % of 30 s failed " + Hostile
	two.Dropped = 700
	two.Skipped, two.SkippedFor = 140, []result.Skipped{{Value: "token", Requests: 120}, {Value: "csrf_" + Hostile, Requests: 20}}
	two.Planned += 840
	two.ErrorRate = result.Estimate{Value: .31, Lo: .3, Hi: .32, Confidence: .95, N: two.Sent}
	for i, c := range []runlog.Class{runlog.Unexpected, runlog.HTTP5xx, runlog.Timeout, runlog.Network, runlog.HTTP4xx, runlog.Cut} {
		f := runlog.Failure{At: 8.2 + float64(i), Request: "GET /index.php", Class: c, Reason: "the body does not contain “New record”", Count: uint64(1203 / (i + 1)), Excerpt: Hostile}
		if c == runlog.Unexpected {
			f.Status = 200
		}
		two.Failures = append(two.Failures, f)
	}
	two.Failures[3].Reason = "read tcp 127.0.0.1:41234->127.0.0.1:4500: read: connection reset by peer"
	two.Events = []runlog.Event{{At: 29.9, Kind: runlog.EventAbort, Text: "more than 50 % failed\x1b[2J"}}
	two.Generator = result.Generator{CPU: -1, CPUMax: -1, Steal: -1, StealMax: -1, LagP99MS: 84, Waited: 512, Limited: true, Why: Because(result.Invalid, result.CodeGeneratorLimited, "lag p99 84 ms is more than 5 % of the median", "700 requests were never sent")}
	return &result.Analysis{
		Schema: result.SummarySchema, Name: "=cmd|' /C calc'!A0 " + Hostile, Verdict: result.Invalid,
		Headline: "The generator, not the target, was the limit " + Hostile,
		Findings: Because(result.Invalid, result.CodeGeneratorLimited, Hostile, "lag p99 84 ms"), Warnings: []string{Hostile},
		Run: info(true), Legs: []result.Leg{one, two},
	}
}

func partialRun() *result.Analysis {
	a := Closed()
	a.Verdict, a.Headline = result.Inconclusive, "The run was killed in its second leg: nothing can be compared."
	a.Findings = Because(result.Inconclusive, result.CodePartialRun, "the run is partial")
	a.Comparison, a.Thresholds = nil, nil
	a.Run.Partial = true
	l := &a.Legs[1]
	l.Series = l.Series[:1]
	l.Complete, l.DurationS, l.LoadS, l.DrainS, l.Drained, l.RateRPS, l.SuccessRPS, l.Rates = false, 0, 0, 0, 0, 0, 0, nil
	l.Hosts, l.Spread = nil, nil
	l.Reconcile = &result.Reconcile{Successes: l.Outcomes.Success, Verdict: result.RowsNotKnown, Words: "the rows were not counted after the leg"}
	return a
}

func singleRun() *result.Analysis {
	l := profile{perSecond: 95, median: 0.42, spread: .25, seconds: 45, clients: 8, seed: 9}.leg("api", 1)
	stamp(&l, 1, 0.11, 0.19, 0.22, 1.4)
	for i := 20; i < 25; i++ {
		l.Series[i] = result.Point{T: float64(i + 1), Active: 8}
	}
	run := info(true)
	run.Clock = "kernel"
	return &result.Analysis{
		Schema: result.SummarySchema, Name: "api alone", Verdict: result.Pass, Headline: "4 275 requests, all answered as expected.",
		Findings: Because(result.Pass, result.CodeNoThreshold, "no threshold was set, and nothing failed"), Run: run, Legs: []result.Leg{l},
	}
}

func emptyRun() *result.Analysis {
	a := Closed()
	a.Comparison, a.Thresholds = nil, nil
	a.Verdict, a.Headline, a.Findings = result.Inconclusive, "The cluster sent no answer at all.", Because(result.Inconclusive, result.CodeEmptySample, "no answers from cluster")
	a.Legs[1] = result.Leg{Target: "cluster", Round: 1, URL: "http://127.0.0.1:4500/", Complete: true, Generator: result.Generator{CPU: -1, CPUMax: -1, Steal: -1, StealMax: -1},
		Spread: &result.Spread{Expected: 3, Missing: 3, FairShare: 1. / 3, Verdict: result.SpreadNothing, Words: "no host wrote a row"}}
	return a
}

// longRun lasts hours on twenty hosts with long names.
func longRun() *result.Analysis {
	l := profile{perSecond: 22, median: 2200, spread: .2, seconds: 5000, clients: 70, seed: 30}.leg("a-target-with-a-rather-long-name.example.internal", 1)
	for i := range l.Series {
		l.Series[i].Active = int64(min(70, 1+i/20))
	}
	hosts := map[string]float64{}
	for i := range 20 {
		hosts[fmt.Sprintf("web-frontend-deployment-%02d.eu-central-1.compute.internal", i)] = 1 + .06*float64(i%5)
	}
	serve(&l, 22, hosts)
	return &result.Analysis{
		Schema: result.SummarySchema, Name: "endurance", Verdict: result.Pass, Headline: "Steady over 83 minutes.", Findings: Because(result.Pass, result.CodeNoThreshold, "nothing drifted"),
		Run: info(false), Legs: []result.Leg{l},
	}
}

func requestsRun() *result.Analysis {
	a := singleRun()
	l := &a.Legs[0]
	for _, n := range []string{"GET /", "POST /login", "GET /basket?id=<b>|1"} {
		l.Requests = append(l.Requests, result.RequestStats{Name: n, Outcomes: runlog.Outcomes{Success: 1400, HTTP5xx: 3}, Response: l.Response})
	}
	l.Requests = append(l.Requests, result.RequestStats{Name: "GET /never"})
	return a
}
