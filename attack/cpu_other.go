//go:build !unix

package attack

import "time"

// cpuClock does not know the processor time on this system.
type cpuClock struct{}

func newCPUClock() cpuClock { return cpuClock{} }

func (cpuClock) share(time.Duration) float64 { return -1 }
