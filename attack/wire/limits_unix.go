//go:build unix

package wire

import "golang.org/x/sys/unix"

// fileLimit returns how many files this process may open.
func fileLimit() uint64 {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 1 << 20
	}
	return uint64(r.Cur) // signed on some systems
}
