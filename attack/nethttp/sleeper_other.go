//go:build !linux

package nethttp

import "time"

// preciseSleeper sleeps as exactly as Go's timers do on this system.
type preciseSleeper struct{}

func newPreciseSleeper() *preciseSleeper { return &preciseSleeper{} }

func (*preciseSleeper) sleep(d time.Duration) { time.Sleep(d) }

func (*preciseSleeper) close() {}
