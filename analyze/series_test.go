package analyze

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// A histogram has every time once, in bars that join and reach from the shortest to the
// longest.
func TestHistogramHoldsEveryTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := hist.New()
		n := rapid.IntRange(0, 200).Draw(t, "n")
		for range n {
			h.Record(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "time")))
		}
		var held uint64
		out := histogram(barsOf(h))
		for i, b := range out {
			held += b.N
			if b.From >= b.To || i > 0 && b.From != out[i-1].To {
				t.Fatalf("bar %d reaches from %v to %v, the one before it to %v", i, b.From, b.To, out[max(i-1, 0)].To)
			}
		}
		if held != uint64(n) {
			t.Fatalf("%d times of %d", held, n)
		}
	})
}

// The medians of the phases are in the seconds that they were measured in.
func TestPhasesOfSeconds(t *testing.T) {
	h := hist.New()
	for range 9 {
		h.Record(30 * time.Millisecond)
	}
	points := []result.Point{{T: 1}, {T: 2, Done: 9}}
	for _, tag := range []string{runlog.TagConnect, runlog.TagHandshake, runlog.TagFirstByte} {
		draw(points, 1, hist.Stored{Tag: tag, Start: time.Second, Length: time.Second, Bars: hist.Bars(barsOf(h))}, runlog.TagService)
	}
	if at := points[1].Phases; points[0].Phases != (result.Phases{}) || at.Connect < 30 || at.Connect > 30.1 || at.Handshake != at.Connect || at.FirstByte != at.Connect {
		t.Errorf("phases %+v and %+v", points[0].Phases, at)
	}
}
