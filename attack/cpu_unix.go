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

// share returns the processor time used since the last call, as a share of what the machine has in the
// time wall, at most 1; negative if it is not known.
func (c *cpuClock) share(wall time.Duration) float64 {
	used := processTime()
	spent := used - c.used
	c.used = used
	if used < 0 || wall < minWall {
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
