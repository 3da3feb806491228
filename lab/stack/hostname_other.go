//go:build unix && !linux

package stack

import "syscall"

// ownHostName does nothing: only Linux has names of a process's own. [Start] refuses
// other systems before it comes to that.
func ownHostName(*syscall.SysProcAttr) {}
