package reporttest

import (
	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// TaintedRun has s wherever a target, a database or a scenario could put text.
func TaintedRun(s string) *result.Analysis {
	l := profile{perSecond: 30, median: 10, spread: .3, seconds: 3, clients: 5, seed: 40}.leg(s, 1)
	l.URL, l.Way, l.Stopped = s, s, s
	serve(&l, 3, map[string]float64{s: 1, "b71c0e9f4d12": 1})
	l.Spread.Silent, l.Spread.MaxHost, l.Spread.Words, l.Spread.Verdict = []string{s}, s, s, result.SpreadVerdict(s)
	l.Reconcile.Words, l.Reconcile.Verdict = s, result.RowsVerdict(s)
	l.Addresses = []result.Address{{Address: s, Answers: 2, Share: .5}, {Address: s + "2", Answers: 2, Share: .5}}
	l.Statuses = []result.Status{{Code: 299, Answers: 2}, {Code: runlog.OtherStatuses, Answers: 1}}
	l.Failures = []runlog.Failure{{At: 1, Request: s, Class: runlog.Unexpected, Status: 200, Reason: s, Excerpt: s, Count: 3}}
	l.Events = []runlog.Event{{At: 2, Kind: runlog.EventKind(s), Text: s}}
	l.Requests = []result.RequestStats{{Name: s, Response: l.Response}}
	l.Generator.Limited, l.Generator.Why = true, Because(result.Invalid, result.Code(s), s)
	l.ErrorRate.Warnings = []string{s}
	tainted := agent(s, .3, .4, 0, .2)
	tainted.Version, tainted.Machine.OS, tainted.Machine.Arch, tainted.Lost, tainted.Deviates = s, s, s, s, s
	tainted.Generator.Limited, tainted.Generator.Why = true, l.Generator.Why
	l.Fleet = &result.Fleet{Agents: []result.Agent{tainted}, Words: s, Agreement: s, Witness: s}
	a := &result.Analysis{
		Schema: result.SummarySchema, Name: s, Verdict: result.Invalid, Headline: s + "!", Findings: []result.Finding{{Verdict: result.Invalid, Code: result.Code(s), Target: s, Limit: s, Text: s}}, Warnings: []string{s},
		Run: info(true), Legs: []result.Leg{l}, Comparison: compareLegs(&l, &l),
		Thresholds: []result.Assessment{{Threshold: s, Target: s, Unit: metric.Unit(s), Observed: result.Estimate{Value: 3, N: 1, Warnings: []string{s}}, Verdict: result.Fail, Words: s}},
	}
	a.Comparison.Words, a.Comparison.Method = s, s
	for i := range a.Comparison.Metrics {
		m := &a.Comparison.Metrics[i]
		m.Name, m.Unit, m.Verdict, m.Answer, m.Why, m.Words = s, metric.Unit(s), result.MetricVerdict(s), s, s, s
	}
	share := result.Estimate{Value: .3, N: 90}
	l.Requests[0].Share, l.Requests[0].Skipped, l.Requests[0].ErrorRate = &share, 3, share
	c := a.Comparison
	c.Requests = []result.RequestComparison{
		{Name: s, Time: s, Metrics: c.Metrics, Verdict: result.MetricVerdict(s), Answer: s, Words: s}, {Name: s, Answer: s, Words: s},
	}
	c.RequestsWords, c.RequestsMethod, a.Alerts = s, s, []string{s + "?"}
	a.Warnings = append(a.Warnings, a.Alerts...)
	a.Key = analyze.KeyFigures(a)
	a.Key[0].Rows, a.Key[0].Figures[4].Missing = s, s
	r := &a.Run
	r.Source, r.Engine, r.Clock, r.Load.Words, r.Success, r.Measure, r.MeasureWhy, r.Notes, r.Stopped, r.Partial = s, s, s, s, s, s, s, []string{s}, s, true
	r.Fleet = s
	r.Machine.CPU, r.Machine.Kernel, r.Machine.OS, r.Tool.Version = s, s, s, s
	r.Events = []runlog.Event{{At: 2, Kind: runlog.EventKind(s), Text: s}}
	return a
}
