package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// A line of a day is thin enough to be drawn, and one spike and one gap are still in it.
func TestSparksKeepSpikes(t *testing.T) {
	values := make([]float64, 86_400)
	for i := range values {
		values[i] = 5
	}
	values[43_211], values[60_000] = 90, 0
	got := thinned(values)
	if len(got) > sparkPoints || slices.Max(got) != 90 || slices.Min(got) != 0 {
		t.Errorf("%d points from %g to %g", len(got), slices.Min(got), slices.Max(got))
	}
	if few := []float64{1, math.NaN(), 3}; len(thinned(few)) != len(few) {
		t.Error("a short line was thinned")
	}
}

// The counts of a part of a second are no rate, and are not drawn as one.
func TestSparksLeaveOutPartOfASecond(t *testing.T) {
	of := func(ends ...float64) int {
		l := &result.Leg{LoadS: 2}
		for _, end := range ends {
			l.Series = append(l.Series, result.Point{T: end, Outcomes: runlog.Outcomes{Success: 7}})
		}
		return len(wholeSeconds(l, sparkOf[0].second))
	}
	for want, got := range map[int]int{2: of(1, 2), 1: of(1, 1.4), 3: of(1, 2, 2.5) + 1} {
		if got != want {
			t.Errorf("%d seconds are drawn, want %d", got, want)
		}
	}
}

// A line has a gap where there is no value, and stays within its frame.
func TestSparksHaveGaps(t *testing.T) {
	svg := string((&spark{Values: []float64{0, math.NaN(), 4, 2}, Top: 4}).SVG())
	if !strings.Contains(svg, `d="M0 22M80 2L120 12"`) {
		t.Error(svg)
	}
}

// What a reader in a hurry wants is on the first screen, on a desk and on a phone.
func TestFirstScreen(t *testing.T) {
	b, page := browser(t), pageOf(t, everyRun(t)["recorded-shop"])
	for _, c := range []struct {
		view
		last string // what must still be seen
	}{{desktop, ".bars li:last-child"}, {phone, ".figures tr:last-child td:last-child .figure"}} {
		p := open(t, b, page, c.view)
		for _, seen := range []string{".claim:last-of-type", c.last} {
			if bottom := says[float64](p, `document.querySelector('`+seen+`').getBoundingClientRect().bottom`); bottom <= 0 || bottom > float64(c.height) {
				t.Errorf("at %d×%d %s ends at %g", c.width, c.height, seen, bottom)
			}
		}
		p.close()
	}
}
