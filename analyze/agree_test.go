package analyze

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/compare"
	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// awkward is a run of two targets: a letter is a round of the one, the letter below it that of the other.
//
//	s  sound      d  dead: no request is answered
//	t  thin: too few requests for a p95       a  aborted: it did not come to its end
//	l  limited by the generator, half of its requests failed
func awkward(rounds ...string) synth {
	s := synth{noLedger: true, thresholds: []string{"p95 < 500ms", "success_rps > 1", "error_rate < 1%", "outage < 5s", "max < 1s"}}
	for round := range rounds[0] {
		for i, target := range []string{"single", "cluster"}[:len(rounds)] {
			// Rounds differ, so that figures of other rounds are other figures.
			l := synthLeg{target: target, round: round + 1, seconds: 4, perSecond: 10 + 2*round, latency: around(time.Duration(10*(round*round+i+1)) * time.Millisecond), cpu: 0.1}
			switch rounds[i][round] {
			case 'd':
				l.outcome = func(int) runlog.Class { return runlog.Network }
			case 't':
				l.perSecond = 2
			case 'a':
				l.seconds, l.stopped = 3, "aborted"
			case 'l':
				l.cpu, l.outcome = 0.95, func(i int) runlog.Class { return []runlog.Class{runlog.Success, runlog.Timeout}[i%2] }
			}
			s.legs = append(s.legs, l)
		}
	}
	return s
}

// What the table of key figures shows of a target, what its thresholds say and what the headline says is of
// the same requests of the same rounds, whichever rounds were not as they should be.
func TestTheFiguresOfATargetAgree(t *testing.T) {
	for _, rounds := range [][]string{
		{"s"}, {"d"}, {"sd"}, {"sa"}, {"aa"}, {"ss"}, {"ssd"}, {"sat"}, {"ssssss"}, {"sssdss"}, {"sstsss"}, {"ssssssa"}, {"dddddd"}, {"sslsss"}, {"ssslssd"},
		{"sss", "ssa"}, {"sss", "saa"}, {"sss", "aaa"}, {"sass", "ssas"}, {"sssssss", "ssasdss"}, {"sd", "dd"},
	} {
		t.Run(strings.Join(rounds, " "), func(t *testing.T) {
			a := analyzed(t, awkward(rounds...))
			for _, target := range a.Targets() {
				for _, of := range []metric.Metric{metric.P95, metric.Successes, metric.ErrorRate, metric.Outage} {
					k, shown := a.KeyOf(target, of)
					for _, th := range a.Thresholds {
						if name, _, _ := strings.Cut(th.Threshold, " "); name != of.Name || th.Target != target {
							continue
						}
						if told := th.Observed.Known(); told != shown || told && (k.Observed.N != th.Observed.N || fmt.Sprintf("%.9g", k.Observed.Value) != fmt.Sprintf("%.9g", th.Observed.Value)) {
							t.Errorf("%s of %s: %v of n = %d in the table (%v), %v of n = %d by the threshold: %s",
								of.Label, target, k.Observed.Value, k.Observed.N, shown, th.Observed.Value, th.Observed.N, th.Words)
						}
					}
					e, legs := compare.OverRounds(compare.Pick{Run: a, Target: target}, of, result.Confidence)
					if of == metric.Successes && legs >= compare.FewestPairs && e.Value != k.Observed.Value {
						t.Errorf("successes of %s: %v in the table, %v for gates and trends", target, k.Observed.Value, e.Value)
					}
				}
			}
			if p95, shown := a.KeyOf("single", metric.P95); shown && a.Verdict == result.Pass && !strings.Contains(a.Headline, "p95 "+words.Millis(p95.Observed.Value)) {
				t.Errorf("p95 %v is not in the headline: %s", p95.Observed.Value, a.Headline)
			}
		})
	}
}

// A maximum over rounds is that of the round with the largest, whether it is allowed or not.
func TestTheWorstRoundIsTold(t *testing.T) {
	s := awkward("ssss")
	s.thresholds = []string{"max < 10s", "max < 1ms", "min > 1us", "max < 300ms"}
	s.legs[1].latency = around(2 * time.Second)
	a := analyzed(t, s)
	least, most := a.Legs[0].Service, a.Legs[1].Service
	for _, l := range a.Legs {
		if l.Service.Min < least.Min {
			least = l.Service
		}
	}
	for i, want := range []struct {
		verdict result.Verdict
		value   float64
		words   string
	}{
		{result.Pass, most.Max, "max was " + words.Millis(most.Max) + " in round 2, the worst of 4"},
		{result.Fail, most.Max, "in round 2, the worst of 4"},
		{result.Pass, least.Min, ", the worst of 4"},
		{result.Fail, most.Max, "in round 2, the worst of 4"},
	} {
		if got := a.Thresholds[i]; got.Verdict != want.verdict || got.Observed.Value != want.value || got.Observed.N != 4*(10+12+14+16) || !strings.Contains(got.Words, want.words) {
			t.Errorf("%s is %s with %v of n = %d: %s", got.Threshold, got.Verdict, got.Observed.Value, got.Observed.N, got.Words)
		}
	}
}
