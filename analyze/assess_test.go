package analyze

import (
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/threshold"
)

// What a threshold observed stands in the unit that it names.
func TestAssessmentsAreInTheirUnit(t *testing.T) {
	l := &judgedLeg{Leg: result.Leg{ErrorRate: result.Estimate{Value: 0.25, Lo: 0.2, Hi: 0.3, Confidence: 0.95, N: 4}}}
	l.Outcomes.Success, l.Outcomes.HTTP5xx = 3, 1
	th, err := threshold.Parse("error_rate < 30%")
	if err != nil {
		t.Fatal(err)
	}
	a := assessLeg("error_rate < 30%", th, l, true)
	if a.Unit != "share" || a.Observed.Value != 0.25 || a.Observed.Lo != 0.2 || a.Observed.Hi != 0.3 || a.Verdict != result.Pass || a.Words != "error_rate was 25 % (20 % to 30 %)" {
		t.Errorf("%+v", a)
	}
}
