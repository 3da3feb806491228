package analyze

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

// Rows that come after their leg was counted belong to it, where the hosts tell; where they do
// not, neither leg's rows are known.
func TestRowsOfAnotherLeg(t *testing.T) {
	type rows = map[string]int64
	for _, c := range []struct {
		name   string
		second string  // target; the first is single
		before rows    // the table when the second leg began
		wrote  [2]rows // while each leg ran
		want   [2]rows // by host, of each leg
		states [2]result.RowsVerdict
	}{
		{"in time", "cluster", rows{"s": 100}, [2]rows{{"s": 100}, {"c": 100}}, [2]rows{{"s": 100}, {"c": 100}},
			[2]result.RowsVerdict{result.RowsReconciled, result.RowsReconciled}},
		{"between the legs", "cluster", rows{"s": 100}, [2]rows{{"s": 98}, {"c": 100}}, [2]rows{{"s": 100}, {"c": 100}},
			[2]result.RowsVerdict{result.RowsReconciled, result.RowsReconciled}},
		{"during the next", "cluster", rows{"s": 98}, [2]rows{{"s": 97}, {"s": 2, "c": 100}}, [2]rows{{"s": 100}, {"c": 100}},
			[2]result.RowsVerdict{result.RowsReconciled, result.RowsReconciled}},
		{"lost for good", "cluster", rows{"s": 97}, [2]rows{{"s": 97}, {"c": 100}}, [2]rows{{"s": 97}, {"c": 100}},
			[2]result.RowsVerdict{result.RowsLost, result.RowsReconciled}},
		{"of one host", "single", rows{"s": 98}, [2]rows{{"s": 97}, {"s": 102}}, [2]rows{{"s": 98}, {"s": 102}},
			[2]result.RowsVerdict{result.RowsNotKnown, result.RowsNotKnown}},
		{"of shared hosts", "cluster", rows{"s": 98}, [2]rows{{"s": 97}, {"s": 50, "c": 52}}, [2]rows{{"s": 98}, {"s": 50, "c": 52}},
			[2]result.RowsVerdict{result.RowsNotKnown, result.RowsNotKnown}},
	} {
		first := synthLeg{target: "single", seconds: 6, total: 100, hosts: c.wrote[0], claimed: 100}
		second := synthLeg{target: c.second, round: 1, seconds: 6, total: 100, before: c.before, hosts: c.wrote[1], claimed: 100}
		if c.second == "single" {
			second.round = 2
		}
		a := analyzed(t, synth{thresholds: []string{"lost == 0"}, legs: []synthLeg{first, second}})
		for i, l := range a.Legs {
			got := rows{}
			for _, h := range l.Hosts {
				got[h.Host] = h.Rows
			}
			if len(got) != len(c.want[i]) || got["s"] != c.want[i]["s"] || got["c"] != c.want[i]["c"] || l.Reconcile.Verdict != c.states[i] {
				t.Errorf("%s, leg %d: rows %v, want %v; %+v", c.name, i+1, got, c.want[i], l.Reconcile)
			}
			if l.Reconcile.Verdict == result.RowsNotKnown && !strings.Contains(l.Reconcile.Words, "cannot be told apart") {
				t.Errorf("%s, leg %d: %q", c.name, i+1, l.Reconcile.Words)
			}
		}
	}
}
