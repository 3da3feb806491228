package analyze

import (
	"testing"
	"time"

	"pgregory.net/rapid"

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
