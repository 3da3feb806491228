package analyze

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
)

// Fifty requests bound no p95, and what they do show is said exactly.
func TestWhatFiftyRequestsShow(t *testing.T) {
	i := 0
	leg := analyzed(t, synth{noLedger: true, legs: []synthLeg{{target: "single", seconds: 50, perSecond: 1,
		latency: func(*rand.Rand) time.Duration { i++; return time.Duration(i*37%50+1) * 10 * time.Millisecond }}}}).Legs[0]
	want := "with 95 % confidence at least 94.2 % of requests are faster than the slowest seen (500 ms), 90.9 % than the second (490 ms) " +
		"and 87.9 % than the third (480 ms), where requests do not depend on one another"
	if got := leg.Service.Intervals[metric.P99.Name].Warnings; !slices.Contains(got, want) {
		t.Errorf("%q", got)
	}
	if got := fmt.Sprint(leg.ErrorRate.Warnings); !strings.Contains(got, "none of 50 requests failed: with 95 % confidence fewer than 5.8 % fail") {
		t.Errorf("%q", got)
	}
	if got := leg.Service.Intervals["p50"].Warnings; len(got) > 0 {
		t.Errorf("the median is closed, and yet: %q", got)
	}
}
