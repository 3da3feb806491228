//go:build unix

package attack

import (
	"syscall"
	"time"

	"github.com/stress-tool/stress/internal/quota"
)

// cpuClock measures this process's share of the processors that it may use.
type cpuClock struct {
	used time.Duration
	may  float64 // how many processors
}

func newCPUClock() cpuClock { return cpuClock{used: processTime(), may: quota.Processors()} }

// share returns the processor time used since the last call, as a share of what this process may use
// in the time wall, at most 1; negative if it is not known.
func (c *cpuClock) share(wall time.Duration) float64 {
	used := processTime()
	spent := used - c.used
	c.used = used
	if used < 0 || wall < minWall {
		return -1
	}
	return min(spent.Seconds()/(wall.Seconds()*c.may), 1)
}

func processTime() time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return -1
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
