//go:build !linux

package nethttp

import "syscall"

// bindWithoutPort does nothing on this system, which chooses the local port in bind.
func bindWithoutPort(_, _ string, _ syscall.RawConn) error { return nil }
