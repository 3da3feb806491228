package analyze

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Fifty clients for ten seconds have 500 s to wait and to think in, and what last answers take beyond.
func TestClientTime(t *testing.T) {
	closed := runlog.Load{Type: "maintain-client-load", DurationS: 10, ClientS: 500, PauseS: 2, Requests: 1}
	whole := runlog.Leg{Complete: true}
	leg := result.Leg{LoadS: 10, DrainS: 0.3, Outcomes: runlog.Outcomes{Success: 240}}
	for _, c := range []struct {
		name              string
		load              runlog.Load
		leg               runlog.Leg
		waiting, thinking float64
		still             float64
		known, lost       bool
	}{
		{"all of it", closed, whole, 24, 476, 0, true, false},
		{"a client was not at work", closed, whole, 24, 460, 0, true, true},
		{"the last answers came later", closed, whole, 44, 476, 0, true, false},
		{"more than the last answers can take", closed, whole, 74, 476, 0, true, true},
		{"the generator stood still at the end", closed, whole, 24, 436, 1, true, false},
		{"it was stopped", closed, runlog.Leg{Complete: true, Stopped: "interrupted"}, 2, 10, 0, true, false},
		{"it was killed", closed, runlog.Leg{}, 2, 10, 0, true, false},
		{"an agent was lost, and its clients with it", closed, runlog.Leg{Complete: true, Agents: []runlog.Agent{{Name: "n1", Lost: "gone", LostS: 4}}}, 24, 300, 0, true, false},
		{"slots are taken again", runlog.Load{Type: "stages", DurationS: 10, ClientS: 500}, whole, 24, 600, 0, true, false},
		{"a warm-up of two seconds", closed, runlog.Leg{Complete: true, WarmUp: true}, 5, 95, 0, false, false},
		{"an open load", runlog.Load{Type: "rate", Open: true, DurationS: 10}, whole, 24, 0, 0, false, false},
		{"a run from before", runlog.Load{Type: "maintain-client-load", DurationS: 10}, whole, 0, 0, 0, false, false},
	} {
		seconds := []runlog.Second{{BusyS: c.waiting, ThoughtS: c.thinking / 2, Active: 50}, {T: 1, ThoughtS: c.thinking / 2, Overdue: 3}}
		if c.still > 0 {
			seconds[1].Standstills = []runlog.Span{{From: 1, To: 1 + c.still}}
		}
		l, rec := leg, &runlog.Record{Leg: c.leg, Seconds: seconds}
		l.ClientTime = clientTime(rec, c.load, &l)
		if got := lostClientTime(rec, c.load, &l); (l.ClientTime != nil) != c.known || (got != "") != c.lost {
			t.Errorf("%s: %+v, %q", c.name, l.ClientTime, got)
		}
		if c.name == "all of it" && (l.ClientTime.Overdue != 3 || l.ClientTime.MostRPS != 30 ||
			!strings.HasPrefix(l.ClientTime.Words, "24 requests/s × (100 ms until the answer + 1.98 s of thinking) = 50 clients at work, by the plan 50; at most 30 requests/s")) {
			t.Errorf("%+v", l.ClientTime)
		}
	}
}
