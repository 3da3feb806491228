package lead

import (
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/wire"
)

// Since when a lost agent can have sent nothing follows from its last lease, where the broker has told of an instant
// after the end of that: else it may have renewed it, and the lead not know that yet.
func TestSinceWhenALostAgentIsSilent(t *testing.T) {
	told := time.Unix(1_800_000_000, 0) // by the broker's clock, which is another than the lead's
	here := time.Now()
	for what, c := range map[string]struct {
		renewed, newest time.Time
		want            time.Time
	}{
		"the broker told of an instant after the lease": {told, told.Add(wire.TTL), here.Add(wire.TTL)},
		"it told long after":                            {told, told.Add(time.Minute), here.Add(wire.TTL)},
		"it told nothing after the end of the lease":    {told, told.Add(wire.TTL - 1), time.Time{}},
		"it told nothing at all":                        {told, time.Time{}, time.Time{}},
		"no renewal was told":                           {time.Time{}, told, time.Time{}},
	} {
		m := &member{seen: here, renewed: c.renewed}
		m.noteSilence(c.newest)
		if got := m.silent(); !got.Equal(c.want) {
			t.Errorf("%s: silent from %v, want %v", what, got, c.want)
		}
	}
}
