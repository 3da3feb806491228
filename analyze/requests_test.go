package analyze

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// exchange is a request that was made up.
type exchange struct {
	service, lag time.Duration
	class        runlog.Class
}

// mixedRun is a run of several requests in rounds of two targets, made up second by second: it can be written
// as it was, or as it would have been with some of the requests alone.
type mixedRun struct {
	open       bool
	names      []string
	weights    []int
	thresholds []string
	rounds     int
	// legs hold what was sent, by target, second and request.
	legs [][][][]exchange
	// still is the second in which the generator stood still, in every leg; -1 for none. drains says that
	// the last second lies beyond the load.
	still  int
	drains bool
}

func drawMixedRun(t *rapid.T) mixedRun {
	m := mixedRun{
		open: rapid.Bool().Draw(t, "open"), names: []string{"browse", "login", "buy"}, weights: []int{6, 3, 1},
		rounds: rapid.SampledFrom([]int{1, 1, 1, 1, 1, 1, 2, 2, 6}).Draw(t, "rounds"), still: -1, drains: rapid.Bool().Draw(t, "drains"),
	}
	seconds := rapid.IntRange(2, 8).Draw(t, "seconds")
	if rapid.Bool().Draw(t, "stood still") {
		m.still = rapid.IntRange(0, seconds-1).Draw(t, "still")
	}
	failing := rapid.Float64Range(0, 0.3).Draw(t, "failing")
	slower := rapid.Float64Range(0.3, 3).Draw(t, "login slower")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for leg := range 2 * m.rounds {
		var all [][][]exchange
		for range seconds {
			second := make([][]exchange, len(m.names))
			for request, w := range m.weights {
				for range rng.IntN(4 * w) {
					e := exchange{lag: time.Duration(rng.ExpFloat64() * 1e5), class: runlog.Success}
					mean := 1e7 * float64(request+1)
					if leg%2 == 1 && request == 1 {
						mean *= slower
					}
					e.service = time.Duration(rng.ExpFloat64() * mean)
					if rng.Float64() < failing {
						e.class = []runlog.Class{runlog.HTTP5xx, runlog.Unexpected, runlog.Timeout, runlog.Network}[rng.IntN(4)]
					}
					second[request] = append(second[request], e)
				}
			}
			all = append(all, second)
		}
		m.legs = append(m.legs, all)
	}
	return m
}

// analyzed writes the run as it would have been with these requests alone, and judges it.
func (m mixedRun) analyzed(t testing.TB, dir string, requests ...int) *result.Analysis {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	manifest := synth{open: m.open, compare: true, noLedger: true, thresholds: m.thresholds, legs: []synthLeg{{target: "single"}, {target: "cluster"}}}.manifest()
	manifest.Requests, manifest.Compare.Rounds, manifest.Weights = nil, m.rounds, nil
	for _, r := range requests {
		manifest.Requests = append(manifest.Requests, m.names[r])
		if len(requests) > 1 {
			manifest.Weights = append(manifest.Weights, m.weights[r])
		}
	}
	seconds := len(m.legs[0])
	if manifest.Load.DurationS = float64(seconds); m.drains {
		manifest.Load.DurationS--
	}
	w, err := runlog.Create(dir, manifest)
	must(err)
	for i, leg := range m.legs {
		total := uint64(0)
		for _, s := range leg {
			for _, r := range requests {
				total += uint64(len(s[r]))
			}
		}
		lw, err := w.StartLeg(runlog.Leg{Target: []string{"single", "cluster"}[i%2], Round: i/2 + 1, Planned: total, Started: epoch})
		must(err)
		for at, s := range leg {
			sec, ivs := m.second(at, seconds, s, requests)
			must(lw.Second(sec, ivs...))
		}
		must(w.EndLeg(total, 0, time.Duration(seconds)*time.Second, ""))
	}
	must(w.Seal(epoch.Add(time.Hour), ""))
	run, err := runlog.Open(dir)
	must(err)
	a, err := Analyze(t.Context(), run)
	must(err)
	return a
}

func (m mixedRun) second(at, seconds int, sent [][]exchange, requests []int) (runlog.Second, []hist.Interval) {
	s := runlog.Second{T: at, Active: 50, CPU: 0.1}
	hists := map[string]*hist.Histogram{}
	record := func(tag string, d time.Duration) {
		if hists[tag] == nil {
			hists[tag] = hist.New()
		}
		hists[tag].Record(d)
	}
	for i, r := range requests {
		var counts runlog.RequestCounts
		response, service := requestTags(i)
		for _, e := range sent[r] {
			counts.Add(e.class, 1)
			record(runlog.TagLag, e.lag)
			if e.class == runlog.Network {
				continue
			}
			record(runlog.TagResponse, e.service+e.lag)
			record(runlog.TagService, e.service)
			if len(requests) > 1 {
				record(response, e.service+e.lag)
				record(service, e.service)
			}
		}
		s.Outcomes.Merge(counts.Outcomes)
		if m.drains && at == seconds-1 {
			drained := counts.Outcomes
			counts.Drained = &drained
		}
		if len(requests) > 1 {
			if s.Requests == nil {
				s.Requests = map[string]runlog.RequestCounts{}
			}
			s.Requests[m.names[r]] = counts
		}
	}
	s.Due, s.Sent, s.Done = s.Ended(), s.Ended(), s.Ended()
	if m.drains && at == seconds-1 {
		drained := s.Outcomes
		s.Drained = &drained
	}
	if at == m.still {
		s.Standstills = []runlog.Span{{From: float64(at) + 0.1, To: float64(at) + 0.5}}
	}
	var ivs []hist.Interval
	for tag, h := range hists {
		ivs = append(ivs, hist.Interval{Tag: tag, Start: time.Duration(at) * time.Second, Length: time.Second, Hist: h})
	}
	return s, ivs
}

// Whatever a run sends beside it, the figures of a request, what thresholds say of it and how it compares
// are those of a run of that request alone.
func TestARequestIsJudgedAsIfItWereAlone(t *testing.T) {
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := drawMixedRun(rt)
		runs++
		at := func(name string) string { return filepath.Join(dir, name, time.Duration(runs).String()) }
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

// slowLogin is a run in which one request of three is slower on the cluster, and the others are not.
func slowLogin(rounds int, factor float64) mixedRun {
	m := mixedRun{open: true, names: []string{"browse", "login", "buy"}, weights: []int{6, 3, 1}, rounds: rounds, still: -1}
	rng := rand.New(rand.NewPCG(7, uint64(rounds)))
	for leg := range 2 * rounds {
		var all [][][]exchange
		for range 10 {
			second := make([][]exchange, 3)
			for request, w := range m.weights {
				for range 20 * w {
					service := 1e7 * (0.8 + 0.4*rng.Float64())
					if leg%2 == 1 && request == 1 {
						service *= factor
					}
					second[request] = append(second[request], exchange{service: time.Duration(service), lag: 1e5, class: runlog.Success})
				}
			}
			all = append(all, second)
		}
		m.legs = append(m.legs, all)
	}
	return m
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
	for rounds, want := range map[int]string{1: "0/s", 2: "0/s over 2 rounds", 3: "6.67/s (at most 25.1/s) over 3 rounds", 8: "7.5/s (at most 18.6/s) over 8 rounds"} {
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
