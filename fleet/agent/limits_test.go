package agent

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/fleet/wire"
)

// However fast answers come, a closed load sends twice its limit at once and then no more than the limit.
func TestABucketHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.1, 1000).Draw(t, "rate")
		begin := time.Unix(1, 0)
		b := &bucket{rate: rate, most: 2*rate + 1, left: 2*rate + 1, filled: begin}
		now, latest, taken := begin, begin, 0
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(-int64(time.Second), int64(3*time.Second)).Draw(t, "pause")))
			if now.After(latest) {
				latest = now
			}
			for range rapid.IntRange(0, 200).Draw(t, "asked") {
				if b.take(now) {
					taken++
				}
			}
			if most := b.most + rate*latest.Sub(begin).Seconds(); float64(taken) > most+1e-6 {
				t.Fatalf("%d were taken in %v at %v/s", taken, latest.Sub(begin), rate)
			}
		}
	})
	begin := time.Unix(1, 0)
	b := &bucket{rate: 50, most: 101, left: 101, filled: begin}
	taken := 0
	for at := time.Duration(0); at <= 10*time.Second; at += 100 * time.Microsecond {
		if b.take(begin.Add(at)) {
			taken++
		}
	}
	if taken < 600 || taken > 602 {
		t.Errorf("%d in 10 s, want 101 and 500", taken)
	}
}

// What an open load sends is as its plan says, so no hiccup of the generator ends it; its clients are as many as
// its answers make them.
func TestWhatALeadCannotKnow(t *testing.T) {
	open, err := plan.New(plan.Load{Type: plan.Rate, Rate: 50, Duration: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	closed, err := plan.New(plan.Load{Type: plan.MaintainClientLoad, Clients: 3, Duration: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var cfg attack.MeterConfig
	Limits{}.keep(closed, &cfg)
	if cfg.OnSent != nil || cfg.OnJoin != nil {
		t.Error("no limit is asked for")
	}
	Limits{MaxRate: 50, MaxClients: 7}.keep(open, &cfg)
	if cfg.OnSent != nil {
		t.Error("an open load that is late would be ended")
	}
	if why := cfg.OnJoin(7); why != "" {
		t.Error(why)
	}
	if why, want := cfg.OnJoin(8), "8 clients are at work at one time, and it was started with --max-clients 7"; why != want {
		t.Errorf("%q, want %q", why, want)
	}
	Limits{MaxRate: 2}.keep(closed, &cfg)
	why := ""
	for n := 0; why == "" && n < 10; n++ {
		if why = cfg.OnSent(); why != "" && n != 5 {
			t.Errorf("request %d is one too many", n+1)
		}
	}
	if !strings.Contains(why, "it sends more than 2 requests/s, and was started with --max-rate 2") {
		t.Errorf("%q", why)
	}
}

// Whoever asks for a start while the run is given up gets none: nobody could stop it.
func TestNothingIsBegunOfWorkThatWasGivenUp(t *testing.T) {
	w := &work{agent: &agent{}, cancel: func(error) {}}
	w.leg = &leg{work: w, number: 1}
	w.end("its run is over")
	if err := w.start(t.Context(), &wire.Start{Leg: 1}); !errors.Is(err, errGivenUp) {
		t.Errorf("a start: %v", err)
	}
	if _, err := w.ready(&wire.Ready{Leg: 2}); !errors.Is(err, errGivenUp) {
		t.Errorf("a part: %v", err)
	}
}

// What waits for a broker is bounded in bytes as well as in number: letters may be large, and a broker may renew leases
// for hours and take none.
func TestWhatWaitsIsBounded(t *testing.T) {
	o := &outbox{queue: make(chan letter, mostLetters)}
	body := make([]byte, 1<<20)
	n := 0
	for ; n < 1000; n++ {
		if err := o.put("s", body, nil); errors.Is(err, errFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != mostWaiting>>20 {
		t.Errorf("%d MiB wait, want %d", n, mostWaiting>>20)
	}
	<-o.queue
	o.waiting.Add(-int64(len(body)))
	if err := o.put("s", body, nil); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}
