//go:build unix

package attack

import (
	"runtime"
	"syscall"
	"time"
)

// cpuClock measures this process's share of the machine's processors.
type cpuClock struct{ used time.Duration }

func newCPUClock() cpuClock { return cpuClock{processTime()} }

// share is the processor time used since the last call over what the machine had
// to give in wall, at most 1; negative when it cannot be told.
func (c *cpuClock) share(wall time.Duration) float64 {
	used := processTime()
	spent := used - c.used
	c.used = used
	if used < 0 || wall < leastWall {
		return -1
	}
	return min(spent.Seconds()/(wall.Seconds()*float64(runtime.NumCPU())), 1)
}

func processTime() time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return -1
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
