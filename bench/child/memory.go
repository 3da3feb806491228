//go:build linux

package child

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Memory is the resident memory of a program over its life.
type Memory struct {
	// Peak is the most it held, in bytes, by the kernel's own high-water mark. (The
	// one that wait4 reports counts what the parent held at the fork.)
	Peak int64
	// Samples are evenly spaced in time, in bytes.
	Samples []int64
}

// watcher samples a process until it is told to stop.
type watcher struct {
	quit chan struct{}
	got  chan Memory
}

func watch(pid int, every time.Duration) *watcher {
	if every <= 0 {
		every = DefaultWatch
	}
	w := &watcher{quit: make(chan struct{}), got: make(chan Memory, 1)}
	go func() {
		var m Memory
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-w.quit:
				w.got <- m
				return
			case <-tick.C:
				b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
				if err != nil {
					continue // it has just ended
				}
				if rss, ok := kilobytes(b, "VmRSS:"); ok {
					m.Samples = append(m.Samples, rss)
				}
				if peak, ok := kilobytes(b, "VmHWM:"); ok {
					m.Peak = max(m.Peak, peak)
				}
			}
		}
	}()
	return w
}

func (w *watcher) stop() Memory {
	close(w.quit)
	return <-w.got
}

// kilobytes reads one line of /proc/PID/status, in bytes. A process that has ended
// and is not yet waited for has none.
func kilobytes(status []byte, key string) (int64, bool) {
	for line := range bytes.Lines(status) {
		rest, ok := bytes.CutPrefix(line, []byte(key))
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 10, 64)
		return n << 10, err == nil
	}
	return 0, false
}
