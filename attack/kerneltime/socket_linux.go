package kerneltime

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Enable lets the kernel stamp what a socket receives from now on. The kernel starts to stamp a
// moment after the first socket of the system has asked for it, so the first reads may have no
// stamp.
func Enable(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("enabling receive timestamps: %w", err)
	}
	return nil
}

// KeepStamping keeps the kernel stamping until release is called. When no socket asks for stamps the
// kernel stops, and starts again with a delay: where every request has a connection of its own, one
// stamp in ten would be missing. Only sockets of IPv4 and IPv6 count for that.
func KeepStamping() (release func()) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return func() {}
	}
	_ = Enable(fd) // if this fails, it fails for the other sockets too, and is reported there
	return func() { unix.Close(fd) }
}

// Receive reads from a socket like read(2), without waiting, and returns the stamp of the last
// byte. The stamp is 0 if there is none, or if the read filled p and may have left bytes of the same
// segment. control is scratch memory of at least [ControlSize] bytes. Errors are plain errnos,
// [unix.EAGAIN] if there is nothing to read.
func Receive(fd int, p, control []byte) (n int, s Stamp, err error) {
	if len(p) == 0 {
		return 0, 0, nil
	}
	// unix.Recvmsg would allocate the sender's address at every read; a stream has none.
	v := unix.Iovec{Base: &p[0]}
	v.SetLen(len(p))
	m := unix.Msghdr{Iov: &v, Control: &control[0]}
	m.SetIovlen(1)
	m.SetControllen(len(control))
	r, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m)), unix.MSG_DONTWAIT)
	switch n := int(r); {
	case errno != 0:
		return 0, 0, errno
	case n == len(p):
		return n, 0, nil
	default:
		return n, Parse(control[:m.Controllen]), nil
	}
}

// Parse returns the stamp in the control data of a recvmsg, 0 if there is none or the data is
// damaged.
func Parse(control []byte) Stamp {
	for len(control) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return 0
		}
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS {
			return stampOf(data)
		}
		control = rest
	}
	return 0
}

// stampOf reads a timespec of this system's word size.
func stampOf(data []byte) Stamp {
	if len(data) < int(unsafe.Sizeof(unix.Timespec{})) {
		return 0
	}
	if unsafe.Sizeof(unix.Timespec{}.Sec) == 4 {
		sec, nsec := int32(binary.NativeEndian.Uint32(data)), int32(binary.NativeEndian.Uint32(data[4:]))
		return Stamp(int64(sec)*1e9 + int64(nsec))
	}
	sec, nsec := int64(binary.NativeEndian.Uint64(data)), int64(binary.NativeEndian.Uint64(data[8:]))
	return Stamp(sec*1e9 + nsec)
}
