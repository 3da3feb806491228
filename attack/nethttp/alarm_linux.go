package nethttp

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm sleeps to within some tens of microseconds. Go's own timers wake an idle
// program to the millisecond only, which is more than many a response takes: half
// a millisecond of lag would be in every median.
//
// A timer file descriptor wakes an idle program through its poller, at once. A busy
// program asks the poller last, but its timers all the time, so a read deadline of
// the same instant is set beside it.
type alarm struct {
	fd int
	f  *os.File // nil where the kernel gives none
}

func newAlarm() *alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return &alarm{}
	}
	return &alarm{fd: fd, f: os.NewFile(uintptr(fd), "timerfd")}
}

// sleep returns after d, never before.
func (a *alarm) sleep(d time.Duration) {
	end := time.Now().Add(d)
	if a.f != nil && a.f.SetReadDeadline(end) == nil {
		at := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
		if unix.TimerfdSettime(a.fd, 0, &at, nil) == nil {
			var expirations [8]byte
			a.f.Read(expirations[:]) // an error is the deadline
		}
	}
	time.Sleep(time.Until(end)) // mostly not at all
}

func (a *alarm) close() {
	if a.f != nil {
		a.f.Close()
	}
}
