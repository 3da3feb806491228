package analyze

import (
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Requests of a plan that were skipped are in the account and in the figures of thresholds; the generator is
// not blamed for them, and rows are held against the answers alone.
func TestSkippedRequests(t *testing.T) {
	leg := synthLeg{target: "single", seconds: 10, total: 1000, hosts: map[string]int64{"a": 1000}, skipped: 60, spoil: func(s *runlog.Second) {
		if s.T == 2 || s.T == 5 {
			s.Skipped = map[string]uint64{"token": 20, "id": 10}
		}
	}}
	a := analyzed(t, synth{open: true, legs: []synthLeg{leg}, thresholds: []string{"skipped <= 60", "skipped < 60", "dropped == 0", "lost == 0"}})
	l := a.Legs[0]
	if l.Planned != 1060 || l.Sent != 1000 || l.Dropped != 0 || l.Skipped != 60 || !slices.Equal(l.SkippedFor, []result.Skipped{{Value: "token", Requests: 40}, {Value: "id", Requests: 20}}) {
		t.Errorf("planned %d, sent %d, dropped %d, skipped %d: %v", l.Planned, l.Sent, l.Dropped, l.Skipped, l.SkippedFor)
	}
	if l.Generator.Limited || l.Reconcile.Verdict != result.RowsReconciled {
		t.Errorf("%+v, %+v", l.Generator, l.Reconcile)
	}
	for i, want := range []result.Verdict{result.Pass, result.Fail, result.Pass, result.Pass} {
		if got := a.Thresholds[i]; got.Verdict != want {
			t.Errorf("%s: %s: %s", got.Threshold, got.Verdict, got.Words)
		}
	}
	if want := "60 requests skipped: a request before them in their pass gave no token (40) and no id (20)"; !strings.Contains(strings.Join(a.Warnings, "\n"), want) {
		t.Errorf("%q", a.Warnings)
	}
	leg.skipped = 61 // as many were planned, and one of them is nowhere
	a = analyzed(t, synth{open: true, legs: []synthLeg{leg}})
	if want := "1 061 planned, but 1 000 sent and 0 dropped and 60 skipped"; a.Verdict != result.Invalid || !strings.Contains(strings.Join(a.Warnings, "\n"), want) {
		t.Errorf("%s: %q", a.Verdict, a.Warnings)
	}
}
