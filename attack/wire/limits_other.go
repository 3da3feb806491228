//go:build !unix

package wire

// fileLimit returns how many files this process may open. There is no limit on this system.
func fileLimit() uint64 { return 1 << 62 }
