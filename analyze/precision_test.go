package analyze

import (
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

func TestExpectedPrecision(t *testing.T) {
	for n, want := range map[uint64]string{
		0:      "median, p90, p95, p99 and p99.9 open, an error rate below 100 %",
		1:      "median, p90, p95, p99 and p99.9 open, an error rate below 79 %",
		50:     "median ± 44 %, p90 ± 50 %, p95, p99 and p99.9 open, an error rate below 7.1 %",
		10_000: "median ± 2.8 %, p90 ± 2.6 %, p95 ± 2.9 %, p99 ± 4.4 %, p99.9 ± 11 %, an error rate below 0.038 %",
	} {
		if got := ExpectedPrecision(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// What is said to be too few is too few, and twice as many as it takes are enough.
func TestNeedMoreRequests(t *testing.T) {
	thresholds := []string{"p90 < 1s", "p95 < 1s", "single.p99 > 1ms", "error_rate < 1%", "error_rate < 10%", "error_rate <= 0%", "lost == 0", "max < 1s", "mean < 1s"}
	want := []string{"p95 < 1s (takes 59)", "error_rate < 1% (takes 268)", "error_rate <= 0% (no sample can)"}
	if got := NeedMoreRequests(thresholds, all(50)); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range []struct {
		threshold string
		fewest    int
	}{{"error_rate < 1%", 268}, {"p95 < 1s", 59}, {"p50 < 1s", 5}} {
		if said := NeedMoreRequests([]string{c.threshold}, all(uint64(c.fewest-1))); len(said) == 0 || len(NeedMoreRequests([]string{c.threshold}, all(uint64(c.fewest)))) > 0 {
			t.Errorf("%s takes %d, said %q", c.threshold, c.fewest, said)
		}
		for n, met := range map[int]bool{c.fewest - 1: false, 2 * c.fewest: true} {
			got := decided(t, rounds(1, synthLeg{seconds: 5, total: n, latency: around(10 * time.Millisecond)}, nil), c.threshold)
			if (got.Verdict == result.Pass) != met {
				t.Errorf("%s with %d: %s", c.threshold, n, got.Words)
			}
		}
	}
}

func all(n uint64) func(string) uint64 { return func(string) uint64 { return n } }

// A threshold on one request is about that request's part of them.
func TestRequestsNeededOfOne(t *testing.T) {
	of := func(request string) uint64 {
		if request == "buy" {
			return 100
		}
		return 1000
	}
	got := NeedMoreRequests([]string{"p99{buy} < 1s", "p99 < 1s", "error_rate{buy} < 1%"}, of)
	if len(got) != 2 || got[0] != "p99{buy} < 1s (takes 299)" {
		t.Error(got)
	}
}
