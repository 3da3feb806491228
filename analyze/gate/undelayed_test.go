package gate

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// What makes a candidate seem slower may be the generator's own lag, which its service times
// are without.
func TestTheGeneratorsDelaysDecideNoCheck(t *testing.T) {
	slower := runlog.Limit{Metric: "p95", WorseBy: some(0.1)}
	for name, c := range map[string]struct {
		service float64 // p95, where the response times have 150 ms
		verdict result.Verdict
	}{
		"lag alone":             {101, result.Inconclusive},
		"the target itself":     {149, result.Fail},
		"most of it the target": {125, result.Fail},
	} {
		a := paired(steady(100, 10), steady(150, 10))
		services := legsOfPage("new", steady(c.service, 10)...)
		for i := range a.Legs {
			l := &a.Legs[i]
			if l.Service = l.Response; l.Target == "new" {
				l.Service = services[l.Round-1].Response
			}
		}
		g := judged(t, a, nil, slower)
		check := g.Checks[0]
		if check.Verdict != c.verdict {
			t.Errorf("%s: %+v, want %s", name, check, c.verdict)
		}
		if decided := check.Code == result.CodeGeneratorDelay; decided != (c.verdict == result.Inconclusive) || decided && !strings.Contains(check.Words, "without the generator's own delays: 1.01 times") {
			t.Errorf("%s: %s: %q", name, check.Code, check.Words)
		}
	}
}
