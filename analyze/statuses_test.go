package analyze

import (
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

func TestStatusesAddUp(t *testing.T) {
	seconds := []runlog.Second{
		{Statuses: map[int]uint64{200: 20, 502: 1}}, {}, {Statuses: map[int]uint64{502: 29, 404: 20, -7: 1, 70_000: 1, 304: 0}},
	}
	all := statuses(seconds)
	want := []result.Status{{Code: 502, Answers: 30}, {Code: 200, Answers: 20}, {Code: 404, Answers: 20}, {Code: runlog.OtherStatuses, Answers: 2}}
	if !slices.Equal(all, want) || answers(all) != 72 {
		t.Errorf("%v, want %v", all, want)
	}
	points := make([]result.Point, len(seconds))
	drawStatuses(points, seconds, all)
	for i, want := range [][]uint64{{1, 20, 0, 0}, {0, 0, 0, 0}, {29, 0, 20, 2}} {
		if !slices.Equal(points[i].Statuses, want) {
			t.Errorf("second %d: %v, want %v", i, points[i].Statuses, want)
		}
	}
	if got := statuses([]runlog.Second{{}}); got != nil {
		t.Errorf("%v of none", got)
	}
}

// Every answer has a status, so a record in which they do not add up was counted wrongly.
func TestStatusesArePartOfTheAccount(t *testing.T) {
	leg := func(statuses map[int]uint64) *judgedLeg {
		rec := &runlog.Record{Seconds: []runlog.Second{{Sent: 3, Outcomes: runlog.Outcomes{Success: 2, HTTP5xx: 1}, Statuses: statuses}}}
		l := &judgedLeg{record: rec}
		l.total()
		return l
	}
	broken := func(statuses map[int]uint64) bool {
		l := leg(statuses)
		return slices.ContainsFunc(accounting(l.record, l, measured{}), func(s string) bool { return strings.Contains(s, "have a status code") })
	}
	for _, c := range []struct {
		statuses map[int]uint64
		broken   bool
	}{{map[int]uint64{200: 2, 502: 1}, false}, {nil, false}, {map[int]uint64{200: 2}, true}, {map[int]uint64{200: 2, 502: 2}, true}} {
		if got := broken(c.statuses); got != c.broken {
			t.Errorf("%v: broken %v", c.statuses, got)
		}
	}
}
