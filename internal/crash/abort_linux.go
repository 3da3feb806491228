//go:build amd64 || arm64

package crash

import (
	"syscall"
	"unsafe"
)

// code is the code to exit with.
//
//lint:ignore U1000 it is read in assembly
var code uintptr

// exitPC is the address of the handler in assembly, which never returns.
var exitPC uintptr

// sigaction is the kernel's, the same on both architectures. Some kernels refuse a handler
// without a restorer, though this one needs none.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const (
	saRestorer = 0x04000000
	saOnStack  = 0x08000000
)

// handleAbort replaces the runtime's handler of SIGABRT. Where the kernel refuses, the
// program dies of the signal.
func handleAbort(c int) {
	code = uintptr(c)
	sa := sigaction{handler: exitPC, flags: saOnStack | saRestorer, restorer: exitPC}
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGABRT), uintptr(unsafe.Pointer(&sa)), 0, unsafe.Sizeof(sa.mask), 0, 0)
}
