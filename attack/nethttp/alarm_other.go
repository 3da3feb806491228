//go:build !linux

package nethttp

import "time"

// alarm sleeps as well as Go's timers do here.
type alarm struct{}

func newAlarm() *alarm { return &alarm{} }

func (*alarm) sleep(d time.Duration) { time.Sleep(d) }

func (*alarm) close() {}
