package nethttp

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// preciseSleeper sleeps with an error of some tens of microseconds. Go's own timers wake an idle
// program with an error of up to a millisecond. Many responses take less than that, and half a
// millisecond of lag would be in every median.
//
// A timer file descriptor wakes an idle program at once, through Go's network poller. A busy
// program checks its timers often and the poller seldom, so a read deadline of the same instant
// is set as well.
type preciseSleeper struct {
	fd int
	f  *os.File // nil if the kernel provides none
}

func newPreciseSleeper() *preciseSleeper {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return &preciseSleeper{}
	}
	return &preciseSleeper{fd: fd, f: os.NewFile(uintptr(fd), "timerfd")}
}

// sleep returns after d, never before.
func (a *preciseSleeper) sleep(d time.Duration) {
	end := time.Now().Add(d)
	if a.f != nil && a.f.SetReadDeadline(end) == nil {
		at := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
		if unix.TimerfdSettime(a.fd, 0, &at, nil) == nil {
			var expirations [8]byte
			a.f.Read(expirations[:]) // its error is that of the deadline
		}
	}
	time.Sleep(time.Until(end)) // mostly returns at once
}

func (a *preciseSleeper) close() {
	if a.f != nil {
		a.f.Close()
	}
}
