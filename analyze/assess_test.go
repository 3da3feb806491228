package analyze

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/runlog"
)

// rounds are legs of one target, made alike but for what spoil does to each.
func rounds(n int, of synthLeg, spoil func(round int, l *synthLeg)) synth {
	s := synth{open: true, noLedger: of.hosts == nil}
	for round := 1; round <= n; round++ {
		l := of
		l.target, l.round = "single", round
		if spoil != nil {
			spoil(round, &l)
		}
		s.legs = append(s.legs, l)
	}
	return s
}

// failingAt is an outcome in which the requests of these numbers fail.
func failingAt(numbers ...int) func(int) runlog.Class {
	return func(i int) runlog.Class {
		for _, n := range numbers {
			if i == n {
				return runlog.HTTP5xx
			}
		}
		return runlog.Success
	}
}

// decided is the only assessment of a run.
func decided(t *testing.T, s synth, written string) result.Assessment {
	t.Helper()
	s.thresholds = []string{written}
	a := analyzed(t, s)
	if len(a.Thresholds) != 1 {
		t.Fatalf("%s: %d verdicts: %+v", written, len(a.Thresholds), a.Thresholds)
	}
	return a.Thresholds[0]
}

// What a threshold observed stands in the unit that it names, with its interval.
func TestAssessmentsAreInTheirUnit(t *testing.T) {
	a := decided(t, rounds(1, synthLeg{seconds: 10, perSecond: 40, outcome: failingAt(1, 50, 101, 152, 203, 254, 305, 356)}, nil), "error_rate < 5%")
	if a.Unit != "share" || a.Observed.Value != 0.02 || a.Verdict != result.Pass || a.Words != "error_rate was 2 % (1.1 % to 3.5 %)" {
		t.Errorf("%+v", a)
	}
}

// A share of failures of 0.5 % has a round of 500 with more than 1 % in one round of nine,
// and over ten rounds nearly always one. Rounds are judged together.
func TestOneBadRoundOfManyIsNoFail(t *testing.T) {
	s := rounds(10, synthLeg{seconds: 10, perSecond: 50}, func(round int, l *synthLeg) {
		if l.outcome = failingAt(40, 300); round == 3 {
			l.outcome = failingAt(1, 101, 201, 301, 401, 441)
		}
	})
	if a := decided(t, s, "error_rate < 1%"); a.Verdict != result.Pass || a.Rounds != 10 || a.Round != 0 || !strings.Contains(a.Words, "over 10 rounds") {
		t.Errorf("%+v", a)
	}
	s.decide = runlog.DecideObserved
	s.thresholds = []string{"error_rate < 1%"}
	failed := 0
	for _, a := range analyzed(t, s).Thresholds {
		if a.Verdict == result.Fail {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("by what was observed %d rounds fail, want the third alone", failed)
	}
}

// Fifty requests with an exponential time cannot tell a p95 of 450 ms from one of 550 ms, and
// say so. A limit far away is told.
func TestFiftyRequestsDoNotTossACoin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	of := func(p95 time.Duration) synth {
		return rounds(1, synthLeg{seconds: 10, perSecond: 5, latency: func(*rand.Rand) time.Duration {
			return time.Duration(rng.ExpFloat64() / -math.Log(0.05) * float64(p95))
		}}, nil)
	}
	for _, c := range []struct {
		threshold string
		p95       time.Duration
		wrong     result.Verdict
	}{
		{"p95 < 500ms", 450 * time.Millisecond, result.Fail},
		{"p95 < 500ms", 550 * time.Millisecond, result.Pass},
		{"p90 < 384ms", 450 * time.Millisecond, result.Fail},
		{"p90 < 384ms", 550 * time.Millisecond, result.Pass},
	} {
		wrong := 0
		for range 60 {
			if decided(t, of(c.p95), c.threshold).Verdict == c.wrong {
				wrong++
			}
		}
		if wrong > 6 {
			t.Errorf("%s at a true p95 of %v: %d of 60 are %s", c.threshold, c.p95, wrong, c.wrong)
		}
	}
	if a := decided(t, of(450*time.Millisecond), "p95 < 10s"); a.Verdict != result.Inconclusive || a.Code != result.CodeTooFewRequests || !strings.Contains(a.Words, "takes 59 independent requests, here are 50") {
		t.Errorf("no bound of p95 from above: %+v", a)
	}
	if a := decided(t, of(50*time.Millisecond), "p50 < 500ms"); a.Verdict != result.Pass {
		t.Errorf("a median far below its limit: %+v", a)
	}
	if a := decided(t, of(5*time.Second), "p95 < 500ms"); a.Verdict != result.Fail {
		t.Errorf("a p95 far above its limit: %+v", a)
	}
}

// Each operator, on figures that are below, around and above its limit, and on counts, which
// are exact.
func TestOperatorsGoByTheInterval(t *testing.T) {
	many := rounds(1, synthLeg{seconds: 20, perSecond: 100, latency: around(100 * time.Millisecond), hosts: map[string]int64{"a": 2000}}, nil)
	one := rounds(1, synthLeg{seconds: 1, perSecond: 1, hosts: map[string]int64{"a": 1}}, nil)
	broken := rounds(1, synthLeg{seconds: 10, perSecond: 20, outcome: func(int) runlog.Class { return runlog.HTTP5xx }}, nil)
	type want struct {
		threshold string
		verdict   result.Verdict
		words     string
	}
	for _, c := range []struct {
		run  synth
		want []want
	}{
		{many, []want{
			{"p50 < 200ms", result.Pass, ""},
			{"p50 < 50ms", result.Fail, ""},
			{"p50 >= 50ms", result.Pass, ""},
			{"p50 > 200ms", result.Fail, ""},
			{"p50 == 92ms", result.Inconclusive, "decide: observed"},
			{"p50 == 200ms", result.Fail, ""},
			{"p50 != 200ms", result.Pass, ""},
			{"single.response.p99.9 < 10s", result.Inconclusive, "takes 2 995 independent requests, here are 2 000"},
			{"p99 < 10s", result.Pass, ""},
			{"error_rate <= 0%", result.Inconclusive, "no sample shows that it is always 0 %"},
			{"error_rate < 1%", result.Pass, ""},
			{"error_rate < 0.1%", result.Inconclusive, "about 3 000 requests would tell"},
			{"lost == 0", result.Pass, ""},
			{"lost != 0", result.Fail, ""},
			{"hosts == 1", result.Pass, ""},
			{"hosts >= 2", result.Fail, ""},
			{"dropped == 0", result.Pass, ""},
			{"max < 10s", result.Pass, ""},
			{"mean < 200ms", result.Pass, ""},
			{"rate > 50", result.Pass, ""},
			{"rate > 200", result.Fail, ""},
		}},
		{one, []want{
			{"p50 < 1s", result.Inconclusive, "takes 5 independent requests, here is 1"},
			{"p99.9 > 1ms", result.Pass, ""},
			{"error_rate < 1%", result.Inconclusive, "met in this run, but not shown for another"},
			{"lost == 0", result.Pass, ""},
			{"max < 1s", result.Pass, ""},
		}},
		{broken, []want{
			{"error_rate < 50%", result.Fail, ""},
			{"error_rate > 50%", result.Pass, ""},
			{"error_rate == 100%", result.Inconclusive, ""},
		}},
	} {
		for _, w := range c.want {
			c.run.thresholds = append(c.run.thresholds, w.threshold)
		}
		for i, a := range analyzed(t, c.run).Thresholds {
			if w := c.want[i]; a.Verdict != w.verdict || !strings.Contains(a.Words, w.words) || (a.Code == "") != (a.Verdict == result.Pass) {
				t.Errorf("%s: %s, %q (%s), want %s and %q", w.threshold, a.Verdict, a.Words, a.Code, w.verdict, w.words)
			}
		}
	}
}

// What is said to be needed is what it takes: as large a sample tells.
func TestWhatWouldTellTells(t *testing.T) {
	th, err := threshold.Parse("error_rate < 0.1%")
	if err != nil {
		t.Fatal(err)
	}
	f := figure{worth: 2000, Estimate: result.Estimate{Value: 0, Hi: 0.00135, Confidence: result.OneSidedConfidence, N: 2000}}
	if times := f.timesAsLarge(th); times < 1.2 || times > 1.6 {
		t.Errorf("2 000 without a failure bound 0.135 %%, 2 705 bound 0.1 %%: told %v times as many", times)
	}
	f = figure{Estimate: result.Estimate{Value: 400, Lo: 300, Hi: 600, Confidence: result.OneSidedConfidence, N: 100}}
	if th, err = threshold.Parse("p95 < 500ms"); err != nil {
		t.Fatal(err)
	}
	if times := f.timesAsLarge(th); times != 4 {
		t.Errorf("half the width takes %v times as many", times)
	}
	for x, want := range map[float64]uint64{137: 140, 1.2: 2, 99: 99, 101: 110, 2705: 2800} {
		if got := roundUp(x); got != want {
			t.Errorf("%v is %d, want %d", x, got, want)
		}
	}
}

// A metric without data never passes: no answers, no row to lose, a round that was not
// counted. What is known to be lost is lost all the same.
func TestWithoutDataNothingPasses(t *testing.T) {
	nothing := rounds(1, synthLeg{seconds: 10, perSecond: 5, hosts: map[string]int64{}, outcome: func(int) runlog.Class { return runlog.HTTP4xx }}, nil)
	if a := decided(t, nothing, "lost == 0"); a.Verdict != result.Inconclusive || a.Code != result.CodeEmptySample {
		t.Errorf("no success, no row: %+v", a)
	}
	uncounted := rounds(3, synthLeg{seconds: 10, perSecond: 5, hosts: map[string]int64{"a": 50}}, func(round int, l *synthLeg) {
		if round == 2 {
			l.ledgerErr = "access denied"
		}
	})
	if a := decided(t, uncounted, "lost == 0"); a.Verdict != result.Inconclusive || a.Code != result.CodeLedgerUnknown || !strings.Contains(a.Words, "round 2") {
		t.Errorf("a round without a ledger: %+v", a)
	}
	uncounted.legs[2].hosts = map[string]int64{"a": 45}
	if a := decided(t, uncounted, "lost == 0"); a.Verdict != result.Fail || a.Observed.Value != 5 {
		t.Errorf("a round without a ledger, another with rows lost: %+v", a)
	}
}

// Of a few rounds the requests are taken together, of many the rounds by ranks.
func TestRoundsAreJudgedTogether(t *testing.T) {
	leg := synthLeg{seconds: 10, perSecond: 30, latency: around(100 * time.Millisecond)}
	few := decided(t, rounds(2, leg, nil), "p99 < 5s")
	if few.Verdict != result.Pass || few.Observed.N != 600 || few.Rounds != 2 {
		t.Errorf("299 requests bound a p99, and two rounds of 300 have them: %+v", few)
	}
	if a := decided(t, rounds(8, leg, nil), "p95 < 5s"); a.Verdict != result.Pass || a.Observed.N != 2400 || a.Rounds != 8 {
		t.Errorf("eight rounds: %+v", a)
	}
	slow := rounds(12, leg, func(round int, l *synthLeg) {
		if round == 12 {
			l.latency = around(20 * time.Second)
		}
	})
	if a := decided(t, slow, "p95 < 5s"); a.Verdict != result.Pass {
		t.Errorf("one slow round of twelve: %+v", a)
	}
	if a := decided(t, slow, "max < 5s"); a.Verdict != result.Fail || !strings.Contains(a.Words, "in round 12") {
		t.Errorf("what is exact holds in every round: %+v", a)
	}
	thin := rounds(8, synthLeg{seconds: 10, perSecond: 4, latency: around(100 * time.Millisecond)}, nil)
	if a := decided(t, thin, "p99 < 5s"); a.Verdict != result.Pass || a.Observed.N != 320 {
		t.Errorf("a p99 of 40 is their maximum, so these rounds are taken together: %+v", a)
	}
}

// Defaults were asked by nobody: a sample too small for them makes no run INCONCLUSIVE, but
// what is known fails, and rows that may be lost stay in doubt.
func TestDefaultsMakeNoSampleTooSmall(t *testing.T) {
	smoke := rounds(1, synthLeg{seconds: 1, perSecond: 1, hosts: map[string]int64{"a": 1}}, nil)
	smoke.decide, smoke.thresholds = runlog.DecideUnasked, []string{"error_rate < 1%", "lost == 0"}
	a := analyzed(t, smoke)
	if a.Verdict != result.Pass || a.Thresholds[0].ByInterval != result.Inconclusive || !strings.Contains(a.Thresholds[0].Words, "not shown for another") {
		t.Errorf("one request: %s, %+v", a.Verdict, a.Thresholds)
	}
	smoke = rounds(1, synthLeg{seconds: 10, perSecond: 5, outcome: failingAt(3)}, nil)
	smoke.decide, smoke.thresholds = runlog.DecideUnasked, []string{"error_rate < 1%"}
	if a := analyzed(t, smoke); a.Verdict != result.Inconclusive {
		t.Errorf("one failure of 50: %s, %v", a.Verdict, a.Findings)
	}
}

// Decided by what was observed, every leg is judged by itself, and each verdict says what its
// interval would have said.
func TestDecidedByWhatWasObserved(t *testing.T) {
	s := rounds(2, synthLeg{seconds: 10, perSecond: 5, latency: around(100 * time.Millisecond)}, nil)
	s.decide, s.thresholds = runlog.DecideObserved, []string{"p95 < 500ms", "single.p50 > 1s", "p99.9 < 5s"}
	a := analyzed(t, s)
	if len(a.Thresholds) != 6 || a.Run.Decide != runlog.DecideObserved {
		t.Fatalf("%+v", a.Thresholds)
	}
	for i, want := range []struct{ verdict, interval result.Verdict }{
		{result.Pass, result.Inconclusive}, {result.Pass, result.Inconclusive},
		{result.Fail, result.Fail}, {result.Fail, result.Fail},
		{result.Pass, result.Inconclusive}, {result.Pass, result.Inconclusive},
	} {
		if got := a.Thresholds[i]; got.Verdict != want.verdict || got.ByInterval != want.interval || got.Round != i%2+1 {
			t.Errorf("%d: %+v", i, got)
		}
	}
}

// Rows of rowsOfOthers leave it open whether any was lost, unless somebody asked about them; the
// comparison has its answer all the same.
func TestRowsOfStrangersLeaveItOpen(t *testing.T) {
	s := healthyPair()
	s.legs[0].hosts = map[string]int64{"aaaaaaaaaaaa": 2008}
	a := analyzed(t, s)
	if a.Verdict != result.Inconclusive || a.Findings[0].Code != result.CodeRowsMixed || a.Findings[0].Target != "single" {
		t.Errorf("%s: %v", a.Verdict, a.Findings)
	}
	if a.Answer == nil || a.Answer.Verdict != result.Better || a.Answer.Words != "cluster better than single" || !strings.Contains(a.Headline, a.Comparison.Words) || !strings.Contains(a.Headline, "8 rows more") {
		t.Errorf("%+v, %q", a.Answer, a.Headline)
	}
	if a.Legs[1].Spread.Verdict != result.SpreadEven {
		t.Errorf("the cluster's own table: %+v", a.Legs[1].Spread)
	}
	mixed := healthyPair()
	mixed.legs[1].hosts = map[string]int64{"b00000000001": 1942, "b00000000002": 1933, "b00000000003": 1933}
	if got := analyzed(t, mixed).Legs[1].Spread; got.Verdict != result.SpreadMixed || got.Verdict.Tone() != result.Doubtful || !strings.HasPrefix(got.Words, "not known") {
		t.Errorf("a spread over rows of others: %+v", got)
	}
	s.thresholds = nil
	if a := analyzed(t, s); a.Verdict != result.Inconclusive || a.Findings[0].Code != result.CodeRowsMixed {
		t.Errorf("nobody asked, and a table of rowsOfOthers passes: %v", a.Findings)
	}
	s.thresholds = []string{"extra < 100"}
	if a := analyzed(t, s); a.Verdict != result.Pass {
		t.Errorf("who allows extra rows has them: %v", a.Findings)
	}
}
