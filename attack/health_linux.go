package attack

import "os"

// readSystem reads the system's counters. A counter that cannot be read is marked as not known.
func readSystem() (c systemCounters) {
	if b, err := os.ReadFile("/proc/stat"); err == nil {
		c.processors, c.timed = parseStat(b)
	}
	if b, err := os.ReadFile("/proc/net/snmp"); err == nil {
		c.retransmits, c.counted = parseSNMP(b)
	}
	return c
}
