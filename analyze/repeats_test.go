package analyze

import (
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Rows that their names show to be written twice leave nothing open: the verdict is that of the
// thresholds, and they are said once. Rows of somebody else do leave it open.
func TestRowsDoubledByTheirNames(t *testing.T) {
	for name, c := range map[string]struct {
		others int64
		want   result.Verdict
		code   result.Code
	}{
		"all of them ours":   {0, result.Pass, result.CodeRowsDoubled},
		"and some of others": {2, result.Inconclusive, result.CodeRowsMixed},
	} {
		s := synth{thresholds: []string{"lost == 0"}}
		for round := 1; round <= 2; round++ {
			leg := synthLeg{target: "web", round: round, seconds: 5, perSecond: 100, hosts: map[string]int64{"h": 503 + c.others}}
			leg.named = &runlog.Named{Hosts: map[string]int64{"h": 503}}
			leg.named.Success.Doubled = 3
			s.legs = append(s.legs, leg)
		}
		a := analyzed(t, s)
		said := 0
		for _, f := range a.Findings {
			if f.Code == c.code {
				said++
			}
		}
		if a.Verdict != c.want || said != 1 || a.Thresholds[0].Verdict != result.Pass {
			t.Errorf("%s: %s, %+v", name, a.Verdict, a.Findings)
		}
		if text := findingOf(a, result.CodeRowsDoubled); c.others == 0 && text != "6 rows are written twice, by requests that were sent again" {
			t.Errorf("%s: %q", name, text)
		}
	}
}
