package process

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownHostName lets the process set a host name that only it and its children see. A
// plain user needs a user namespace for it, in which he keeps his own number and is
// given the one capability that setting a name takes.
func ownHostName(attr *syscall.SysProcAttr) {
	attr.Cloneflags = unix.CLONE_NEWUTS
	if os.Geteuid() == 0 {
		return
	}
	attr.Cloneflags |= unix.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
	attr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
}
