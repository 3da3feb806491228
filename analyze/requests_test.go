package analyze

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
)

// Whatever a run sends beside it, the figures of a request, what thresholds say of it and how it compares
// are those of a run of that request alone.
func TestARequestIsJudgedAsIfItWereAlone(t *testing.T) {
	// Hundreds of runs are written, and on a slow disk each waits until it is kept.
	dir, err := os.MkdirTemp("/dev/shm", "runs")
	if err != nil {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := drawMixedRun(rt)
		runs++
		at := func(name string) string { return filepath.Join(dir, strconv.Itoa(runs), name) }
		defer os.RemoveAll(at(""))
		asked := []string{"p95 < 30ms", "service.p50 > 5ms", "mean < 20ms", "error_rate < 10%", "success_rps > 1", "rate <= 1000", "max < 1s"}
		const request = 1
		name := m.names[request]
		for _, th := range asked {
			subject, rest, _ := strings.Cut(th, " ")
			m.thresholds = append(m.thresholds, subject+"{"+name+"} "+rest)
		}
		whole := m.analyzed(t, at("whole"), 0, 1, 2)
		m.thresholds = asked
		alone := m.analyzed(t, at("alone"), request)
		of, missing := whole.OfRequest(name)
		if of == nil {
			rt.Fatal(missing.Words)
		}
		for i := range alone.Legs {
			a, b := &of.Legs[i], &alone.Legs[i]
			for what, pair := range map[string][2]any{
				"response": {a.Response, b.Response}, "service": {a.Service, b.Service}, "undisturbed": {a.Undisturbed, b.Undisturbed},
				"errors": {a.ErrorRate, b.ErrorRate}, "rates": {a.Rates, b.Rates}, "outcomes": {a.Outcomes, b.Outcomes},
			} {
				if what == "service" && b.Service.N == 0 || what == "response" && b.Response.N == 0 {
					continue
				}
				same(rt, b.Label()+" "+what, pair[0], pair[1])
			}
		}
		if slices.ContainsFunc(alone.Legs, func(l result.Leg) bool { return !l.Answered() }) {
			return // alone that round tells nothing; beside others it tells that the request was not sent
		}
		for i := range alone.Pools {
			p := alone.Pools[i]
			p.Hosts, p.Spread = nil, nil
			same(rt, "pool of "+p.Target, of.Pools[i], p)
		}
		for i := range alone.Thresholds {
			a, b := whole.Thresholds[i], alone.Thresholds[i]
			a.Threshold, b.Threshold = "", ""
			a.Words = strings.ReplaceAll(a.Words, " of "+name+" ", " ")
			// Whether the generator limited a leg is asked of all its requests.
			if whole.Verdict != result.Invalid && alone.Verdict != result.Invalid {
				same(rt, asked[i/2], a, b)
			}
		}
		if whole.Verdict == result.Invalid || alone.Verdict == result.Invalid || whole.Comparison == nil || alone.Comparison == nil {
			return
		}
		i := slices.IndexFunc(whole.Comparison.Requests, func(r result.RequestComparison) bool { return r.Name == name })
		for _, m := range whole.Comparison.Requests[i].Metrics {
			if of := alone.Comparison.Of(metric.Keyed(m.Name)); of.Name != "" && m.Code != result.CodeMaybeChance {
				same(rt, "compared "+m.Name, m, of)
			}
		}
	})
}

// same compares what holds bounds that are not numbers, which equal nothing.
func same(t *rapid.T, what string, a, b any) {
	t.Helper()
	if x, y := text(a), text(b); x != y {
		t.Fatalf("%s: as one of several\n%s\nalone\n%s", what, x, y)
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	// Of a leg with few requests some are added to the figures of all of them.
	return regexp.MustCompile(`,?"warnings":\[[^\]]*\]`).ReplaceAllString(string(b), "")
}

// A request that became slower stands first, and is named to whoever reads one sentence; the others are not
// blamed with it. In a mix the plan sets the shares.
func TestTheRequestThatChangedIsNamedFirst(t *testing.T) {
	m := slowLogin(8, 2)
	m.thresholds = []string{"p95{login} < 5ms", "p95{browse} < 500ms", "skipped{login} == 0"}
	a := m.analyzed(t, filepath.Join(t.TempDir(), "run"), 0, 1, 2)
	c := a.Comparison
	if len(c.Requests) != 3 || c.Requests[0].Name != "login" || c.Requests[0].Verdict != result.Worse || !(c.Requests[0].TimeP <= 0.05) {
		t.Fatalf("%+v", c.Requests)
	}
	for _, r := range c.Requests[1:] {
		if r.Verdict != result.Same {
			t.Errorf("%s is %s: %s", r.Name, r.Verdict, r.Words)
		}
	}
	if share := rowNamed(c.Requests[0].Metrics, "share"); share.Answer != "set by the plan" || share.Baseline < 0.29 || share.Baseline > 0.31 {
		t.Errorf("share %+v", share)
	}
	if !strings.Contains(c.RequestsWords, "By request: worse in login (p95 1.99 times, 1.99 to 2.00), the same in ") || !strings.Contains(c.Words, c.RequestsWords) {
		t.Errorf("%q and %q", c.RequestsWords, c.Words)
	}
	if !strings.Contains(c.RequestsMethod, "Holm's correction goes over all 6 tests") {
		t.Error(c.RequestsMethod)
	}
	if got := a.Thresholds[0]; got.Verdict != result.Fail || !strings.HasPrefix(got.Words, "p95 of login was ") {
		t.Errorf("%+v", got)
	}
	for _, got := range a.Thresholds[2:] {
		if got.Verdict != result.Pass {
			t.Errorf("%+v", got)
		}
	}
}

// Six rounds can show one difference, and not which of six tests it is: that is said, with how many can.
func TestTooFewRoundsForSoManyRequests(t *testing.T) {
	c := slowLogin(6, 2).analyzed(t, filepath.Join(t.TempDir(), "run"), 0, 1, 2).Comparison
	i := slices.IndexFunc(c.Requests, func(r result.RequestComparison) bool { return r.Name == "login" })
	m := c.Requests[i].Of(metric.P95)
	if m.Verdict != result.CannotTell || m.Code != result.CodeMaybeChance || !strings.Contains(m.Why, "with 6 tests it takes 8 rounds, here are 6") {
		t.Errorf("%+v", m)
	}
	if c.Answer != "" && strings.Contains(c.Answer, "login") {
		t.Error(c.Answer)
	}
}

// What a run has not sent, or was kept before it was told by request, is said and no figure.
func TestARequestThatIsNotThere(t *testing.T) {
	a := slowLogin(1, 1).analyzed(t, filepath.Join(t.TempDir(), "run"), 0, 1, 2)
	if of, missing := a.OfRequest("logout"); of != nil || missing.Words != "has no request logout" {
		t.Errorf("%v, %+v", of, missing)
	}
	old := *a
	old.Legs = slices.Clone(a.Legs)
	for i := range old.Legs {
		old.Legs[i].Requests = slices.Clone(old.Legs[i].Requests)
		for k := range old.Legs[i].Requests {
			old.Legs[i].Requests[k].Rates = nil
		}
	}
	if of, missing := old.OfRequest("login"); of != nil || !strings.Contains(missing.Words, "before the figures of single requests were") {
		t.Errorf("%v, %+v", of, missing)
	}
	c, err := compare.Compare(compare.Pick{Run: &old, Target: "single", Label: "old"}, compare.Pick{Run: a, Target: "single", Label: "new"})
	if err != nil || len(c.Requests) != 3 || c.Requests[0].Verdict != result.CannotTell || !strings.Contains(c.Requests[0].Words, "old was kept before") {
		t.Errorf("%+v, %v", c, err)
	}
}

func rowNamed(rows []result.Metric, name string) result.Metric {
	return rows[max(0, slices.IndexFunc(rows, func(m result.Metric) bool { return m.Name == name }))]
}

// A round in which a request was never sent, because none of its passes came so far, had none of it per
// second. Its rate has that round too: it would look the better the more often the request was skipped.
func TestARoundWithoutTheRequestCountsInItsRate(t *testing.T) {
	for rounds, want := range map[int]string{1: "0/s", 2: "0/s over 2 rounds", 3: "6.67/s (at most 25.1/s) over 3 rounds", 8: "10/s (at most 20/s) over 8 rounds"} {
		m := slowLogin(rounds, 1)
		m.thresholds = []string{"success_rps{buy} > 15", "rate{buy} > 15", "p50{buy} < 100ms"}
		for leg := range m.legs {
			if round := leg/2 + 1; round == rounds || round <= rounds/2 {
				for second := range m.legs[leg] {
					m.legs[leg][second][2] = nil
				}
			}
		}
		a := m.analyzed(t, filepath.Join(t.TempDir(), "run"), 0, 1, 2)
		for _, got := range a.Thresholds[:4] {
			if got.Verdict == result.Pass || !strings.Contains(got.Words, "of buy was "+want) {
				t.Errorf("%d rounds: %s of %s is %s: %s", rounds, got.Threshold, got.Target, got.Verdict, got.Words)
			}
		}
		// Its times are those of the rounds that have some.
		for _, got := range a.Thresholds[4:] {
			if known := rounds > 2; known != (got.Verdict == result.Pass) || !known && got.Verdict != result.Inconclusive {
				t.Errorf("%d rounds: %s of %s is %s: %s", rounds, got.Threshold, got.Target, got.Verdict, got.Words)
			}
		}
		of, _ := a.OfRequest("buy")
		for _, p := range of.Pools {
			if p.Rounds != rounds {
				t.Errorf("%d of %d rounds in the pool", p.Rounds, rounds)
			}
		}
		if rounds == 8 {
			i := slices.IndexFunc(a.Comparison.Requests, func(r result.RequestComparison) bool { return r.Name == "buy" })
			if r := a.Comparison.Requests[i]; r.Verdict != result.CannotTell || !strings.Contains(r.Words, "median cannot be told") {
				t.Errorf("%s: %s", r.Verdict, r.Words)
			}
		}
	}
}
