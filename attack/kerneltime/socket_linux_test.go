package kerneltime_test

import (
	"encoding/binary"
	"net"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/attack/kerneltime"
)

// pair is two ends of a connection, the first stamped.
func pair(t *testing.T, network, address string) (ours, theirs net.Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if ours, err = net.Dial(network, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	if theirs, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	if err := raw(t, ours).Control(func(fd uintptr) { err = kerneltime.Enable(int(fd)) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

func raw(t *testing.T, c net.Conn) syscall.RawConn {
	t.Helper()
	r, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// receive waits for one read into p.
func receive(t *testing.T, c net.Conn, p []byte) (n int, s kerneltime.Stamp) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	control := make([]byte, kerneltime.ControlSize)
	var err error
	if werr := raw(t, c).Read(func(fd uintptr) bool {
		n, s, err = kerneltime.Receive(int(fd), p, control)
		return err != unix.EAGAIN
	}); werr != nil || err != nil {
		t.Fatalf("%v, %v", werr, err)
	}
	return n, s
}

func TestTCPIsStamped(t *testing.T) {
	ours, theirs := pair(t, "tcp", "127.0.0.1:0")
	start := time.Now()
	clock := kerneltime.NewClock(func() time.Duration { return time.Since(start) })
	buf := make([]byte, 100)
	// The kernel begins to stamp in its own time after the first socket asked.
	for deadline := time.Now().Add(10 * time.Second); ; {
		sent := clock.Now()
		theirs.Write([]byte("hello"))
		wrote := clock.Now()
		n, s := receive(t, ours, buf)
		read := clock.Now()
		if string(buf[:n]) != "hello" {
			t.Fatalf("read %q", buf[:n])
		}
		if s == 0 && time.Now().Before(deadline) {
			continue
		}
		if done, ok := clock.Done(s, sent, read); !ok || done < sent || done > read {
			t.Fatalf("stamp %d: sent %v, wrote %v, done %v, read %v", s, sent, wrote, done, read)
		}
		return
	}
}

func TestWhatHasNoStamp(t *testing.T) {
	ours, theirs := pair(t, "tcp", "127.0.0.1:0")
	theirs.Write([]byte("hello"))
	if n, s := receive(t, ours, make([]byte, 3)); n != 3 || s != 0 {
		t.Errorf("a read that filled its buffer: %d bytes, stamp %d", n, s)
	}
	receive(t, ours, make([]byte, 100))
	theirs.Close()
	if n, s := receive(t, ours, make([]byte, 100)); n != 0 || s != 0 {
		t.Errorf("the end: %d bytes, stamp %d", n, s)
	}
	ours, theirs = pair(t, "unix", filepath.Join(t.TempDir(), "s"))
	theirs.Write([]byte("hello"))
	if n, s := receive(t, ours, make([]byte, 100)); n != 5 || s != 0 {
		t.Errorf("a unix socket: %d bytes, stamp %d", n, s)
	}
	var control [kerneltime.ControlSize]byte
	raw(t, ours).Control(func(fd uintptr) {
		if _, _, err := kerneltime.Receive(int(fd), make([]byte, 10), control[:]); err != unix.EAGAIN {
			t.Errorf("nothing there: %v", err)
		}
	})
}

func TestReceiveAllocatesNothing(t *testing.T) {
	ours, theirs := pair(t, "tcp", "127.0.0.1:0")
	buf, control, hello := make([]byte, 100), make([]byte, kerneltime.ControlSize), []byte("hello")
	raw(t, ours).Control(func(fd uintptr) {
		if n := testing.AllocsPerRun(100, func() {
			theirs.Write(hello)
			for {
				if _, _, err := kerneltime.Receive(int(fd), buf, control); err != unix.EAGAIN {
					break
				}
			}
		}); n > 0 {
			t.Errorf("%v allocations a read", n)
		}
	})
}

func TestParse(t *testing.T) {
	other := make([]byte, unix.CmsgSpace(4))
	binary.NativeEndian.PutUint64(other, uint64(unix.CmsgLen(4)))
	stamp := control(3, 25)
	if got := kerneltime.Parse(append(other, stamp...)); got != 3e9+25 {
		t.Errorf("stamp %d behind another message", got)
	}
	for cut := range stamp {
		if got := kerneltime.Parse(stamp[:cut]); got != 0 {
			t.Errorf("stamp %d from the first %d bytes", got, cut)
		}
	}
}

// control is a stamp as recvmsg hands it out on a 64-bit system.
func control(sec, nsec uint64) []byte {
	b := make([]byte, unix.CmsgSpace(16))
	binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(16)))
	binary.NativeEndian.PutUint32(b[8:], unix.SOL_SOCKET)
	binary.NativeEndian.PutUint32(b[12:], unix.SCM_TIMESTAMPNS)
	binary.NativeEndian.PutUint64(b[16:], sec)
	binary.NativeEndian.PutUint64(b[24:], nsec)
	return b
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, kerneltime.ControlSize))
	f.Add(control(1, 2))
	f.Add(append(control(1, 2), control(3, 4)...))
	f.Add(control(1, 2)[:20])
	f.Fuzz(func(t *testing.T, control []byte) {
		// Nothing behind the end may count: the buffer is larger than what came.
		long := append(slices.Clone(control), 0xff, 0xff, 0xff, 0xff)
		if kerneltime.Parse(control) != kerneltime.Parse(long[:len(control)]) {
			t.Error("bytes behind the end were read")
		}
	})
}
