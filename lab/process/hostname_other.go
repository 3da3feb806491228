//go:build unix && !linux

package process

import "syscall"

// ownHostName does nothing: only Linux has names of a process's own. The labs that need one
// refuse other systems before it comes to that.
func ownHostName(*syscall.SysProcAttr) {}
