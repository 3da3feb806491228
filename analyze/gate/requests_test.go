package gate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// requestsOf is a run whose passes have two requests: browse, which is as fast as ever, and login with these
// p95 in its rounds.
func requestsOf(p95 ...float64) *result.Analysis {
	a := roundsOf(steady(100, len(p95))...)
	a.Run.Requests = []string{"browse", "login"}
	for i, v := range p95 {
		stats := func(name string, l result.Leg) result.RequestStats {
			return result.RequestStats{Name: name, Outcomes: l.Outcomes, ErrorRate: l.ErrorRate, Response: l.Response, Service: l.Response,
				Rates: map[string]result.Estimate{"rate_rps": result.Unbounded(l.RateRPS, 5000), "success_rps": result.Unbounded(l.SuccessRPS, 5000)}}
		}
		a.Legs[i].Requests = []result.RequestStats{stats("browse", a.Legs[i]), stats("login", legsOfPage("page", v)[0])}
	}
	return a
}

// A limit on one request is judged by its figures alone, and the verdict names it. What the baseline does not
// know of the request is said, and is no PASS.
func TestLimitsOfOneRequest(t *testing.T) {
	slower := runlog.Limit{Metric: "p95", Request: "login", WorseBy: some(0.1)}
	same := runlog.Limit{Metric: "p95", Request: "browse", WorseBy: some(0.1)}
	unkept := requestsOf(steady(100, 10)...)
	for i := range unkept.Legs {
		for k := range unkept.Legs[i].Requests {
			unkept.Legs[i].Requests[k].Rates = nil
		}
	}
	without := requestsOf(steady(100, 10)...)
	without.Run.Requests = nil
	base, slow := requestsOf(steady(100, 10)...), requestsOf(steady(150, 10)...)
	for _, c := range []struct {
		candidate, baseline *result.Analysis
		limit               runlog.Limit
		verdict             result.Verdict
		words               string
	}{
		{slow, base, slower, result.Fail, "p95 of login not worse by more than 10 %: 1.50 times that of v1"},
		{slow, base, same, result.Pass, "The check holds"},
		{base, base, slower, result.Pass, "The check holds"},
		{slow, nil, slower, result.Inconclusive, "no baseline"},
		{slow, unkept, slower, result.Inconclusive, "v1 was kept before the figures of single requests were: measure it again"},
		{slow, without, slower, result.Inconclusive, "v1 has no request login"},
		{without, base, slower, result.Inconclusive, "the run has no request login"},
		{slow, nil, runlog.Limit{Metric: "p95", Request: "login", Max: some(120)}, result.Fail, "p95 of login at most 120 ms: 150 ms"},
		{slow, nil, runlog.Limit{Metric: "p95", Request: "browse", Max: some(120)}, result.Pass, "The check holds"},
		{slow, nil, runlog.Limit{Metric: "error_rate", Request: "login", Max: some(0.01)}, result.Pass, "The check holds"},
		{slow, nil, runlog.Limit{Metric: "p95", Request: "logout", Max: some(120)}, result.Inconclusive, "the run has no request logout"},
	} {
		g := judged(t, c.candidate, c.baseline, c.limit)
		said := g.Headline
		for _, k := range g.Checks {
			said += " " + k.Limit + ": " + k.Words
		}
		if g.Verdict != c.verdict || !strings.Contains(said, c.words) {
			t.Errorf("%+v: %s, %q; want %s and %q", c.limit, g.Verdict, said, c.verdict, c.words)
		}
	}
}

// Two requests are two tests; of one run's two targets a request is held against its own.
func TestARequestOfTwoTargets(t *testing.T) {
	a := paired(steady(100, 10), steady(100, 10))
	a.Run.Requests = []string{"browse", "login"}
	for i := range a.Legs {
		p95 := 100.
		if a.Legs[i].Target == "new" {
			p95 = 150 * (1 + float64(a.Legs[i].Round)/100)
		}
		login := requestsOf(p95).Legs[0].Requests[1]
		a.Legs[i].Requests = []result.RequestStats{login, login}
		a.Legs[i].Requests[0] = requestsOf(100).Legs[0].Requests[0]
	}
	g := judged(t, a, nil, runlog.Limit{Metric: "p95", Request: "login", WorseBy: some(0.1)}, runlog.Limit{Metric: "p95", Request: "browse", WorseBy: some(0.1)})
	if g.Checks[0].Verdict != result.Fail || g.Checks[1].Verdict != result.Pass || g.Checks[0].Metric.Rounds != 10 || !strings.Contains(g.Headline, "p95 of login") {
		t.Errorf("%s: %+v", g.Headline, g.Checks)
	}
}

// The noise of a request is measured where the scenario's gate asks about it, and refuses only limits on it.
func TestNoiseOfARequest(t *testing.T) {
	a, b := requestsOf(steady(100, 10)...), requestsOf(steady(101, 10)...)
	a.Run.Gate = []runlog.Limit{{Metric: "p95", Request: "login", WorseBy: some(0.1)}}
	b.Run.Gate = a.Run.Gate
	_, n, err := JudgeTwins([]Twins{{A: compare.Pick{Run: a, Target: "page", Label: "a"}, B: compare.Pick{Run: b, Target: "page", Label: "b"}}})
	if err != nil || n == nil {
		t.Fatal(n, err)
	}
	found := 0
	for _, f := range n.Floors {
		if f.Request == "login" && f.Metric == "p95" {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d floors of login: %+v", found, n.Floors)
	}
	n.Floors = []result.Floor{{Target: "page", Metric: "p95", Request: "login", Figure: 100, Observed: 0.2, Detectable: 0.2}}
	of := func(request string) error {
		return Refuse(n, []runlog.Limit{{Metric: "p95", Request: request, WorseBy: some(0.1)}}, "", []string{"page"}, 10)
	}
	if err := of("login"); err == nil || !strings.Contains(err.Error(), "gate.p95{login}.worse_by") {
		t.Errorf("a limit below the noise: %v", err)
	}
	if err := of(""); err != nil {
		t.Error(err)
	}
	if got := Unmeasured(n, []runlog.Limit{{Metric: "p95", Request: "browse", WorseBy: some(0.1)}}, "", []string{"page"}); len(got) != 1 || !strings.Contains(got[0], "p95 of browse of page") {
		t.Error(got)
	}
}

// A request that was never sent beside others has a rate of 0, and no time: none of it is taken for a time
// of 0 ms, and what a check would have allowed is shown or not known.
func TestLimitsOfARequestThatWasNeverSent(t *testing.T) {
	base, never := requestsOf(steady(100, 10)...), requestsOf(steady(100, 10)...)
	for i := range never.Legs {
		login := &never.Legs[i].Requests[1]
		*login = result.RequestStats{Name: login.Name, Rates: map[string]result.Estimate{"rate_rps": {}, "success_rps": {}}}
	}
	for _, c := range []struct {
		candidate, baseline *result.Analysis
		limit               runlog.Limit
		verdict             result.Verdict
		margin              float64
	}{
		{never, nil, runlog.Limit{Metric: "success_rps", Request: "login", Min: some(1)}, result.Fail, 1},
		{never, nil, runlog.Limit{Metric: "mean", Request: "login", Max: some(120)}, result.Inconclusive, 120},
		{never, nil, runlog.Limit{Metric: "p95", Request: "login", Max: some(120)}, result.Inconclusive, 120},
		{never, base, runlog.Limit{Metric: "mean", Request: "login", WorseBy: some(0.1)}, result.Inconclusive, 1.1},
		{base, never, runlog.Limit{Metric: "mean", Request: "login", WorseBy: some(0.1), And: some(5)}, result.Inconclusive, 0},
		{never, never, runlog.Limit{Metric: "p95", Request: "login", And: some(5)}, result.Inconclusive, 0},
		{never, base, runlog.Limit{Metric: "error_rate", Request: "login", And: some(0.02)}, result.Inconclusive, 0.02},
	} {
		g := judged(t, c.candidate, c.baseline, c.limit)
		k := g.Checks[0]
		if k.Verdict != c.verdict || k.Margin != c.margin || strings.Contains(k.Words, "0 ms") {
			t.Errorf("%s is %s with a margin of %v: %s", k.Limit, k.Verdict, k.Margin, k.Words)
		}
		if _, err := json.Marshal(g); err != nil {
			t.Errorf("%s: %v", k.Limit, err)
		}
	}
}
