package main

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// The program ends however a leg ended. A bar that was not closed once kept it from returning
// after an interrupt.
func TestBarsClose(t *testing.T) {
	for name, leg := range map[string]func(*barProgress){
		"none": func(*barProgress) {},
		"whole": func(b *barProgress) {
			b.show(run.LegStarted{Step: run.Step{N: 1, Of: 1, Target: "single"}, Duration: 2 * time.Second})
			b.show(run.SecondMeasured{Progress: attack.Progress{Elapsed: time.Second}})
			b.show(run.SecondMeasured{Progress: attack.Progress{Elapsed: 2 * time.Second}})
			b.show(run.LegEnded{})
		},
		"under a second": func(b *barProgress) {
			b.show(run.LegStarted{Step: run.Step{N: 1, Of: 1, Target: "single"}, Duration: time.Millisecond})
			b.show(run.LegEnded{})
		},
		"stopped": func(b *barProgress) {
			b.show(run.LegStarted{Step: run.Step{N: 1, Of: 2, Target: "single"}, Duration: time.Minute})
			b.show(run.SecondMeasured{Progress: attack.Progress{Elapsed: time.Second}})
			b.show(run.LegEnded{Totals: attack.Totals{Stopped: "interrupted"}})
		},
		"awaited rows": func(b *barProgress) {
			b.show(run.LegStarted{Step: run.Step{N: 1, Of: 2, Target: "single"}, Duration: time.Second})
			b.show(run.LegEnded{})
			b.show(run.Waiting{For: run.ForRows, Most: time.Minute})
		},
		"a pause": func(b *barProgress) {
			b.show(run.Waiting{For: run.ForCoolDown, Most: time.Minute})
		},
		"never begun": func(b *barProgress) {
			b.show(run.LegStarted{Step: run.Step{N: 1, Of: 2, Target: "single"}, Duration: time.Minute})
		},
	} {
		t.Run(name, func(t *testing.T) {
			done := make(chan struct{})
			go func() {
				b := &barProgress{w: io.Discard}
				leg(b)
				b.close()
				close(done)
			}()
			select {
			case <-done:
			case <-time.After(limit):
				t.Fatal("the bars never closed")
			}
		})
	}
}

// Whatever the run waits for stands in the line of its leg, with the time that it takes.
func TestWaitsAreSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s status
		at := func(after time.Duration, want string) {
			t.Helper()
			time.Sleep(after)
			if got := s.String(); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		s.await(run.Waiting{For: run.ForCoolDown, Most: 10 * time.Second})
		at(0, "cool-down: 10s")
		at(2*time.Second, "cool-down: 8s")
		s.say("100 sent, 100 succeeded, 0 failed")
		s.await(run.Waiting{For: run.ForRows, Most: 10 * time.Second})
		at(500*time.Millisecond, "counting the rows: at most 10s · 100 sent, 100 succeeded, 0 failed")
		at(3*time.Second, "rows are still coming: 3s of at most 10s · 100 sent, 100 succeeded, 0 failed")
		s.await(run.Waiting{For: run.ForNames})
		at(0, "counting the rows by the names of their requests · 100 sent, 100 succeeded, 0 failed")
		at(5*time.Second, "counting the rows by the names of their requests: 5s · 100 sent, 100 succeeded, 0 failed")
		s.settle()
		at(time.Hour, "100 sent, 100 succeeded, 0 failed")
	})
	if got, want := waitWords(run.Waiting{For: run.ForEarlierRows, Most: 10 * time.Second}, 1500*time.Millisecond), "rows of the leg before are still coming: 1s of at most 10s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Without a terminal there is a plain line for each leg's beginning, its end, and what is waited
// for between them.
func TestPlainLines(t *testing.T) {
	var out strings.Builder
	p := &lineProgress{w: &out}
	for _, e := range []run.Event{
		run.LegStarted{Step: run.Step{N: 1, Of: 2, Target: "single"}, Duration: time.Minute},
		run.LegEnded{Totals: attack.Totals{Sent: 3, Outcomes: runlog.Outcomes{Success: 3}}},
		run.Waiting{For: run.ForRows, Most: 10 * time.Second},
		run.Waiting{For: run.ForNames},
		run.Waiting{For: run.ForCoolDown, Most: 50 * time.Millisecond},
	} {
		p.show(e)
	}
	if want := "leg 1 of 2: single, for 1m0s\nsingle: 3 sent, 3 succeeded, 0 failed\ncounting the rows: at most 10s\ncool-down: 50ms\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestTitle(t *testing.T) {
	for want, leg := range map[string]run.LegStarted{
		"leg 1 of 2: single":                                  {Step: run.Step{N: 1, Of: 2, Target: "single", Round: 1, Rounds: 1}},
		"leg 3 of 20: cluster, round 2 of 10":                 {Step: run.Step{N: 3, Of: 20, Target: "cluster", Round: 2, Rounds: 10}},
		"warm-up for leg 3 of 20: cluster, round 2 of 10":     {Step: run.Step{N: 3, Of: 20, Target: "cluster", Round: 2, Rounds: 10, WarmUp: time.Second}},
		"leg 5: single, round 3, 4m10s of 10m0s":              {Step: run.Step{N: 5, Target: "single", Round: 3, Budget: 10 * time.Minute}, Elapsed: 250 * time.Second},
		"leg 5: single, round 3 of at most 7, 4m10s of 10m0s": {Step: run.Step{N: 5, Target: "single", Round: 3, Rounds: 7, Budget: 10 * time.Minute}, Elapsed: 250 * time.Second},
	} {
		if got := legTitle(leg); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// If a second took two because the generator stood still, each has half of its requests.
func TestProgressOfALongSecond(t *testing.T) {
	p := attack.Progress{Second: runlog.Second{Done: 300, WallS: 2}, Total: runlog.Outcomes{Success: 300}}
	if got := progressWords(p); !strings.HasPrefix(got, "150 requests/s, ") {
		t.Error(got)
	}
	p.Second.WallS = 0.2 // a leg's last: what ended in it is no rate of a second
	if got := progressWords(p); !strings.HasPrefix(got, "300 requests/s, ") {
		t.Error(got)
	}
}
