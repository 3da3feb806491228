package attack

import (
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/runlog"
)

func TestStandstillsAreSeen(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		looks []time.Duration
		want  []runlog.Span
	}{
		"every look":                   {[]time.Duration{0, 20 * ms, 40 * ms, 60 * ms}, nil},
		"a scheduler's wait":           {[]time.Duration{0, 20 * ms, 119 * ms, 139 * ms}, nil},
		"a second":                     {[]time.Duration{0, 20 * ms, 1020 * ms, 1040 * ms}, []runlog.Span{{From: 0.02, To: 1.02}}},
		"twice":                        {[]time.Duration{0, 120 * ms, 140 * ms, 340 * ms}, []runlog.Span{{From: 0, To: 0.12}, {From: 0.14, To: 0.34}}},
		"before the leg, and no more":  {[]time.Duration{-3000 * ms, -2980 * ms, -20 * ms, 0, 20 * ms}, nil},
		"from before the leg into it":  {[]time.Duration{-100 * ms, -80 * ms, 420 * ms}, []runlog.Span{{From: 0, To: 0.42}}},
		"the first look begins":        {[]time.Duration{5000 * ms, 5020 * ms}, nil},
		"a clock that was read before": {[]time.Duration{500 * ms, 490 * ms, 510 * ms}, nil},
	} {
		var s standstill
		for _, at := range c.looks {
			s.look(at)
		}
		if got := s.take(c.looks[len(c.looks)-1]); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if again := s.take(c.looks[len(c.looks)-1]); again != nil {
			t.Errorf("%s: %v twice", name, again)
		}
	}
}

// A program that wakes up may store the second before anything else runs.
func TestTheEndOfAStandstillIsSeenByWhoTakes(t *testing.T) {
	var s standstill
	s.look(time.Second)
	if got, want := s.take(3*time.Second), []runlog.Span{{From: 1, To: 3}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
