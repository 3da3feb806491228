package main

import (
	"io"
	"strings"
	"testing"
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
