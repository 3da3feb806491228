package attack_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// slowDisk is a sink that takes long over one second, so that the ticks after it are late.
type slowDisk struct {
	memory
	second int
	takes  time.Duration
	times  map[int]int64 // response times by the second in which their interval begins
	ends   time.Duration // of the last interval
}

func (s *slowDisk) Second(sec runlog.Second, ivs ...hist.Interval) error {
	if sec.T == s.second {
		time.Sleep(s.takes) // the test's clock
	}
	if s.times == nil {
		s.times = map[int]int64{}
	}
	for _, iv := range ivs {
		if iv.Tag == runlog.TagResponse {
			s.times[int(iv.Start/time.Second)] += iv.Hist.N()
			s.ends = max(s.ends, iv.Start+iv.Length)
		}
	}
	return s.memory.Second(sec, ivs...)
}

// A late tick once put its times behind the leg's last second, where nobody looks for
// them: the counts then did not add up.
func TestALateTickKeepsCountsAndTimesTogether(t *testing.T) {
	for _, at := range []int{0, 2, 4} {
		for _, takes := range []time.Duration{300 * time.Millisecond, 2500 * time.Millisecond, 7 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				s := slowDisk{second: at, takes: takes}
				e := script{answer: always(runlog.Success, 10*time.Millisecond)}
				got, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.Rate, Rate: 100, Duration: 5 * time.Second}), time.Now(), config(&s))
				if err != nil || got.Outcomes.Success != 500 {
					t.Fatal(got, err)
				}
				var due uint64
				for i, sec := range s.seconds {
					due += sec.Due
					if sec.T != i || uint64(s.times[i]) != sec.Success {
						t.Errorf("second %d, late by %v: number %d, %d successes and %d times", at, takes, sec.T, sec.Success, s.times[i])
					}
				}
				if due != 500 || s.ends > time.Duration(len(s.seconds))*time.Second {
					t.Errorf("second %d, late by %v: %d due; times until %v in %d seconds", at, takes, due, s.ends, len(s.seconds))
				}
			})
		}
	}
}

// What ends after the plan is told apart, by the instant at which it ended.
func TestDrainedRequestsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		lasts, answer time.Duration
		drained       uint64
	}{
		{2500 * time.Millisecond, 95 * time.Millisecond, 9}, // due at 2.41 s and later
		{3 * time.Second, 1200 * time.Millisecond, 119},
		{time.Second, 3 * time.Second, 100},
	} {
		synctest.Test(t, func(t *testing.T) {
			var s memory
			e := script{answer: always(runlog.Success, c.answer)}
			j := job(t, plan.Load{Type: plan.Rate, Rate: 100, Duration: c.lasts})
			if _, err := attack.Perform(t.Context(), e, j, time.Now(), config(&s)); err != nil {
				t.Fatal(err)
			}
			var drained runlog.Outcomes
			for _, sec := range s.seconds {
				if past := time.Duration(sec.T+1)*time.Second > c.lasts; past != (sec.Drained != nil) {
					t.Errorf("%v for %v, second %d: drained %v", c.answer, c.lasts, sec.T, sec.Drained)
				}
				if sec.Drained != nil {
					drained.Merge(*sec.Drained)
				}
			}
			if drained.Success != c.drained || drained.Ended() != c.drained {
				t.Errorf("%v for %v: drained %+v, want %d", c.answer, c.lasts, drained, c.drained)
			}
		})
	}
}

// A leg that is stopped has its load until then, and its event says when that was.
func TestAStoppedLegDrainsFromThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		cfg, drain := config(&s), make(chan struct{})
		cfg.Drain = drain
		go func() {
			time.Sleep(2250 * time.Millisecond) // the test's clock
			close(drain)
		}()
		e := script{answer: always(runlog.Success, 4*time.Second)}
		got, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 1, Duration: time.Minute}), time.Now(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		var drained uint64
		for _, sec := range s.seconds {
			if sec.Drained != nil {
				drained += sec.Drained.Success
			}
		}
		if got.Duration != 6*time.Second || s.events[0].At != 2.25 || drained != 3 {
			t.Errorf("lasted %v, events %+v, %d drained", got.Duration, s.events, drained)
		}
	})
}

func TestSecondsKnowWhenSuccessesCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s memory
		e := script{answer: func(n uint64) (runlog.Class, time.Duration) {
			if n >= 4 && n < 12 {
				return runlog.HTTP5xx, 100 * time.Millisecond
			}
			return runlog.Success, 100 * time.Millisecond
		}}
		if _, err := attack.Perform(t.Context(), e, job(t, plan.Load{Type: plan.ClientsPerSecond, Clients: 4, Duration: 4 * time.Second}), time.Now(), config(&s)); err != nil {
			t.Fatal(err)
		}
		for i, want := range []*runlog.Span{{From: 0.1, To: 0.85}, nil, nil, {From: 3.1, To: 3.85}} {
			got := s.seconds[i].Succeeded
			if (got == nil) != (want == nil) || got != nil && *got != *want {
				t.Errorf("second %d: %v, want %v", i, got, want)
			}
		}
	})
}
