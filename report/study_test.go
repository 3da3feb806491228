package report

import (
	"bytes"
	"math"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/golden"
)

// A study with one target of each verdict, and text of others in its names and reasons.
func TestStudyGolden(t *testing.T) {
	estimate := func(v, lo, hi float64) result.Estimate {
		return result.Estimate{Value: v, Lo: result.Bound(lo), Hi: result.Bound(hi), Confidence: result.Confidence, N: 1000}
	}
	saturation := estimate(161, 158, 164)
	alone := result.Probe{Dir: "probes/001-single-alone-1-clients", Kind: result.ProbeAlone, Clients: 1, LoadS: 10, Verdict: result.ProbeHeld, N: 390, Success: estimate(39, 38, 40), P95: estimate(31, 29, 33), MeanMS: 25.6, InFlight: 1}
	s := &result.Study{
		Schema: result.StudySchema, Name: "shop \x1b[31m<b>|", SLO: []string{"p95 < 250ms", "error_rate < 1%"}, Arrivals: "poisson", Precision: 0.05,
		Configurations: []result.Capacity{
			{
				Target: "single", Replicas: 1, Verdict: result.CapacityFound, Sentence: "single carries between 152/s and 158/s with p95 < 250ms and error_rate < 1%",
				HeldRPS: 152, BrokenRPS: 158, Confirmed: true, Saturation: &saturation, Alone: &alone,
				Probes: []result.Probe{
					alone,
					{Kind: result.ProbeSearch, RateRPS: 158, LoadS: 10, Verdict: result.ProbeBroken, Why: "p95 was 310 ms", N: 1580, Success: estimate(156, 153, 159), P95: estimate(310, 290, math.Inf(1)), InFlight: 30},
					{Kind: result.ProbeSearch, RateRPS: 400, LoadS: 10, Verdict: result.ProbeInvalid, Why: "\x1b[31m<b>|"},
					{Kind: result.ProbeSaturate, Clients: 8, LoadS: 10, Verdict: result.ProbeHeld, N: 1610, Success: saturation, P95: estimate(60, 58, 62), InFlight: 8},
				},
			},
			{Target: "cluster", Verdict: result.CapacityUnknown, Sentence: "cluster was not measured: it was interrupted", Notes: []string{"the search ended before it was done: it was interrupted"}},
		},
	}
	for suffix, format := range map[string]string{".txt": "text", ".md": "md", ".json": "json"} {
		var b bytes.Buffer
		if err := StudyFormats[format](&b, s, Options{}); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/study"+suffix, b.Bytes())
	}
}
