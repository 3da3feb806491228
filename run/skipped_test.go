package run

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

// A request that is skipped claims no row, and takes no name from those that are sent.
func TestSkippedRequestsClaimNoRows(t *testing.T) {
	for _, set := range [][]string{nil, {byHeader}} {
		d := newTable(t)
		first := d.page(t, "web", func(n int) deed {
			if n%3 == 0 {
				return deed{status: http.StatusServiceUnavailable}
			}
			return deed{rows: 1, name: header}
		})
		second := d.page(t, "web", func(int) deed { return deed{rows: 1, name: header} })
		pass := fmt.Sprintf(`requests=[{path: /, capture: {how: {match: 'created (\w+)'}}}, {path: "%s/{{how}}"}]`, second)
		a := d.counted(t, map[string]string{"single": first}, append([]string{pass, "thresholds=[lost == 0, extra == 0]", "load.timeout=20s"}, set...)...)
		l := a.Legs[0]
		if l.Skipped == 0 || l.Skipped != l.Outcomes.HTTP5xx || l.Planned != 120 || l.Planned != l.Sent+l.Dropped+l.Skipped || l.Outcomes.Success != 2*(60-l.Skipped) {
			t.Errorf("%v: planned %d, sent %d, dropped %d, skipped %d: %+v", set, l.Planned, l.Sent, l.Dropped, l.Skipped, l.Outcomes)
		}
		for i, want := range []result.Verdict{result.Pass, result.Pass} {
			if got := a.Thresholds[i]; got.Verdict != want {
				t.Errorf("%v: %+v", set, got)
			}
		}
	}
}
