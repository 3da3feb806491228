package rawhttp

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack/kerneltime"
)

// receiveSize is the most that one read returns, in bytes.
const receiveSize = 64 << 10

// receiver reads from non-blocking sockets, into its own buffer or another.
type receiver struct {
	data    [receiveSize]byte
	control [kerneltime.ControlSize]byte
	vector  unix.Iovec
	message unix.Msghdr
}

func newReceiver() *receiver {
	r := new(receiver)
	r.message.Iov = &r.vector
	r.message.SetIovlen(1)
	return r
}

// read returns the data of a socket, valid until the next read, and the kernel's stamp of its
// last byte, 0 without one. No data without an error is the end of the connection.
func (r *receiver) read(fd int) ([]byte, kerneltime.Stamp, unix.Errno) {
	n, stamp, errno := r.readInto(fd, r.data[:])
	return r.data[:n], stamp, errno
}

// readInto is read into p, which is not empty.
func (r *receiver) readInto(fd int, p []byte) (int, kerneltime.Stamp, unix.Errno) {
	r.vector.Base = &p[0]
	r.vector.SetLen(len(p))
	r.message.Control = &r.control[0]
	r.message.SetControllen(len(r.control))
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.message)), 0)
		afterReceiving()
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return 0, 0, errno
		case int(n) == len(p): // the rest of a segment may be left, with the stamp
			return int(n), 0, 0
		}
		return int(n), kerneltime.Parse(r.control[:r.message.Controllen]), 0
	}
}

// send sends as many bytes as the socket accepts, and returns their number.
func send(fd int, p []byte) (int, unix.Errno) {
	beforeSending()
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// isIdle reports that a socket is open and holds no data. It reads nothing.
func isIdle(fd int) bool {
	var b [1]byte
	_, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b)), 1, unix.MSG_PEEK, 0, 0)
	return errno == unix.EAGAIN || errno == unix.EINTR
}

// connect begins to open a socket to an address. local may be nil.
func connect(to, local unix.Sockaddr) (fd int, err error) {
	fd, err = unix.Socket(family(to), unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	tcp := family(to) != unix.AF_UNIX
	if tcp {
		// The load can go on if one of these fails: every supported system has the first, and
		// without the second the arrival of answers is taken from our own clock.
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		_ = kerneltime.Enable(fd)
	}
	if local != nil && tcp {
		// The kernel then chooses the port in connect, when it knows the peer: one port can
		// serve several targets.
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		err = unix.Bind(fd, local)
	}
	if err == nil {
		err = unix.Connect(fd, to)
	}
	if err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func family(a unix.Sockaddr) int {
	switch a.(type) {
	case *unix.SockaddrInet4:
		return unix.AF_INET
	case *unix.SockaddrInet6:
		return unix.AF_INET6
	}
	return unix.AF_UNIX
}

// connectError returns why connecting to a port failed, nil for an open connection. If nobody
// listens on a port that the kernel may also choose as a local port, a socket can get that port
// and be connected to itself (a simultaneous open, RFC 9293, 3.5). That counts as a refused
// connection. The socket is then reset, because its port would be taken for a minute otherwise.
// Package net tries again in this case.
func connectError(fd int, port uint16) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err == nil && connectedToItself(fd, port) {
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		err = unix.ECONNREFUSED
	}
	return err
}

// connectedToItself asks for the peer's address only if both ends can be the same.
func connectedToItself(fd int, port uint16) bool {
	own := endpointAddr(fd, unix.SYS_GETSOCKNAME)
	p := (*[2]byte)(unsafe.Pointer(&own.Port)) // in the order of the network
	return own.Family != unix.AF_UNIX && uint16(p[0])<<8|uint16(p[1]) == port && own == endpointAddr(fd, unix.SYS_GETPEERNAME)
}

// endpointAddr returns the address of one end of a socket, zero without one. Family and port
// have the same place in addresses of IPv4 and IPv6. It allocates nothing, unlike its
// counterparts in package unix.
func endpointAddr(fd int, which uintptr) (a unix.RawSockaddrInet6) {
	size := uint32(unsafe.Sizeof(a))
	unix.RawSyscall(which, uintptr(fd), uintptr(unsafe.Pointer(&a)), uintptr(unsafe.Pointer(&size)))
	return a
}
