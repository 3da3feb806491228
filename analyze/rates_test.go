package analyze

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// timeline counts the ends of requests by second, those after the load apart.
func timeline(loaded float64, ends []float64) *runlog.Record {
	last := 0.0
	for _, at := range ends {
		last = max(last, at)
	}
	rec := &runlog.Record{Leg: runlog.Leg{Complete: true, DurationS: max(last, loaded)}}
	for t := range int(last) + 1 {
		s := runlog.Second{T: t}
		if float64(t+1) > loaded {
			s.Drained = new(runlog.Outcomes)
		}
		for _, at := range ends {
			if int(at) != t {
				continue
			}
			s.Success++
			if at > loaded {
				s.Drained.Success++
			}
		}
		rec.Seconds = append(rec.Seconds, s)
	}
	return rec
}

func within(e result.Estimate, v float64) bool {
	const rounding = 1e-9
	return float64(e.Lo) <= v*(1+rounding) && v*(1-rounding) <= float64(e.Hi)
}

// Whatever the answers took, a rate lies in its own interval, and so does what an open
// plan asked for while all of it was sent and succeeded.
func TestARateHoldsItselfAndThePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loaded := float64(rapid.IntRange(4, 60).Draw(t, "half seconds")) / 2
		planned := rapid.Float64Range(0.5, 40).Draw(t, "rate")
		base := rapid.Float64Range(0, 12).Draw(t, "answer")
		var ends []float64
		for i := 0; float64(i)/planned < loaded; i++ {
			ends = append(ends, float64(i)/planned+base*rapid.Float64Range(0.5, 1.5).Draw(t, "factor"))
		}
		f := flowOf(timeline(loaded, ends), loaded, false)
		e := rates(f)[metric.Successes.Name]
		asked := float64(len(ends)) / loaded
		if !within(e, e.Value) || !within(e, asked) || e.Value > asked*(1+1e-9) {
			t.Fatalf("%v/s for %v s: %+v", asked, loaded, e)
		}
		if length, events := f.succeeded.seconds.Total(); math.Abs(length-loaded) > 1e-9 || uint64(events)+f.succeeded.drained != uint64(len(ends)) {
			t.Fatalf("%v events and %d drained in %v s, of %d in %v s", events, f.succeeded.drained, length, len(ends), loaded)
		}
	})
}

// Sixty a second for twenty seconds, the last second's answers timeouts of a second: what
// ended late is no part of the load's time.
func TestStragglersDoNotStretchARate(t *testing.T) {
	var ends []float64
	for i := range 1200 {
		at := float64(i) / 60
		if at < 19 {
			at += 0.01
		} else {
			at++
		}
		ends = append(ends, at)
	}
	e := rates(flowOf(timeline(20, ends), 20, false))[metric.Rate.Name]
	if math.Abs(e.Value-57.05) > 0.1 || !within(e, 60) {
		t.Errorf("%+v, want about 57 within the load and 60 in the interval", e)
	}
	// Six clients of a closed load, one of which waits three seconds at the end.
	ends = nil
	for i := range 2435 {
		ends = append(ends, float64(i)*4.95/2435)
	}
	for range 6 {
		ends = append(ends, 7.9)
	}
	if e = rates(flowOf(timeline(5, ends), 5, false))[metric.Rate.Name]; e.Value != 487 || !within(e, 487) || e.Confidence == 0 {
		t.Errorf("%+v, want 2435 requests in 5 s, in an interval", e)
	}
}

func TestRatesOfFewSeconds(t *testing.T) {
	for _, c := range []struct {
		loaded  float64
		ends    []float64
		value   float64
		bounded bool
	}{
		{1, []float64{0.5, 0.7}, 2, false},
		{1.5, []float64{0.5, 0.7, 1.2}, 2, true},
		{2, []float64{5, 5}, 0, true}, // nothing within the load
		{3, nil, 0, true},
		{0, nil, 0, false},
	} {
		e := rates(flowOf(timeline(c.loaded, c.ends), c.loaded, false))[metric.Rate.Name]
		if e.Value != c.value || (e.Confidence > 0) != c.bounded || c.bounded && !within(e, c.value) || !c.bounded && c.loaded > 0 && len(e.Warnings) == 0 {
			t.Errorf("%v s with %v: %+v", c.loaded, c.ends, e)
		}
	}
}

// Runs from before drained requests were told apart have whole seconds to go by.
func TestRatesOfOlderRuns(t *testing.T) {
	rec := timeline(3, []float64{0.5, 1.5, 2.5, 3.5, 4.5})
	for i := range rec.Seconds {
		rec.Seconds[i].Drained = nil
	}
	f := flowOf(rec, 3, false)
	if e := rates(f)[metric.Rate.Name]; e.Value != 1 || f.ended.drained != 2 {
		t.Errorf("%+v, drained %d", e, f.ended.drained)
	}
}

func TestHowLongLoadWasPutOn(t *testing.T) {
	plan := runlog.Load{DurationS: 10}
	stop := func(kind runlog.EventKind) []runlog.Event {
		return []runlog.Event{{At: 2, Kind: "note"}, {At: 4.5, Kind: kind}}
	}
	for name, c := range map[string]struct {
		rec  runlog.Record
		want float64
	}{
		"to its end":              {runlog.Record{Leg: runlog.Leg{DurationS: 13, Complete: true}}, 10},
		"aborted":                 {runlog.Record{Leg: runlog.Leg{DurationS: 4.4, Complete: true}, Events: stop(runlog.EventAbort)}, 4.4},
		"interrupted and awaited": {runlog.Record{Leg: runlog.Leg{DurationS: 9, Complete: true}, Events: stop(runlog.EventInterrupt)}, 4.5},
		"cut while it drained":    {runlog.Record{Leg: runlog.Leg{DurationS: 12, Complete: true}, Events: []runlog.Event{{At: 12, Kind: runlog.EventInterrupt}}}, 10},
		"killed":                  {runlog.Record{Seconds: []runlog.Second{{T: 0}, {T: 5}}}, 6},
		"nothing known":           {runlog.Record{}, 0},
	} {
		if got := loaded(&c.rec, plan); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
