package nethttp

import (
	"testing"
	"time"
)

func TestSleeperNeverWakesEarly(t *testing.T) {
	a := newPreciseSleeper()
	defer a.close()
	for _, d := range []time.Duration{-time.Second, 0, 1, time.Microsecond, 100 * time.Microsecond, preciseStretch, 10 * time.Millisecond} {
		for range 5 {
			began := time.Now()
			if a.sleep(d); time.Since(began) < d {
				t.Errorf("asked for %v, slept %v", d, time.Since(began))
			}
		}
	}
}
