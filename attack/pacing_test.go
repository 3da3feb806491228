package attack_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
)

func TestBatchesWaitForTheNextTick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "due"))
		at := attack.Batch.At(due)
		if at < due || at >= due+attack.Tick || at%attack.Tick != 0 {
			t.Errorf("due %v, sent at %v, ticks are %v apart", due, at, attack.Tick)
		}
		if again := attack.Batch.At(at); again != at {
			t.Errorf("due on the tick at %v, sent at %v", at, again)
		}
		for _, p := range []attack.Pacing{attack.Precise, ""} {
			if got := p.At(due); got != due {
				t.Errorf("%q: due %v, sent at %v", p, due, got)
			}
		}
	})
}
