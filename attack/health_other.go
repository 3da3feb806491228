//go:build !linux

package attack

// readSystem knows nothing on this system.
func readSystem() systemCounters { return systemCounters{} }
