//go:build !linux

package attack

// readSystem knows no counter on this system.
func readSystem() systemCounters { return systemCounters{} }
