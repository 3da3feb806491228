package nethttp

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// ends opens a connection and returns both ends.
func ends(t *testing.T, network, address string) (ours, theirs net.Conn) {
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
	return ours, theirs
}

// A stamped connection reads, fails and ends as the one below it would.
func TestStampedReadsLikeTCP(t *testing.T) {
	for name, c := range map[string]struct {
		before func(ours net.Conn, theirs *net.TCPConn)
		read   string
		err    error
	}{
		"bytes": {func(_ net.Conn, theirs *net.TCPConn) { theirs.Write([]byte("hello")) }, "hello", nil},
		"later": {func(_ net.Conn, theirs *net.TCPConn) {
			time.AfterFunc(10*time.Millisecond, func() { theirs.Write([]byte("hello")) })
		}, "hello", nil},
		"the end":    {func(_ net.Conn, theirs *net.TCPConn) { theirs.Close() }, "", io.EOF},
		"a reset":    {func(_ net.Conn, theirs *net.TCPConn) { theirs.SetLinger(0); theirs.Close() }, "", syscall.ECONNRESET},
		"a deadline": {func(ours net.Conn, _ *net.TCPConn) { ours.SetReadDeadline(time.Now().Add(10 * time.Millisecond)) }, "", os.ErrDeadlineExceeded},
		"too late":   {func(ours net.Conn, _ *net.TCPConn) { ours.SetReadDeadline(time.Unix(1, 0)) }, "", os.ErrDeadlineExceeded},
		"closed":     {func(ours net.Conn, _ *net.TCPConn) { ours.Close() }, "", net.ErrClosed},
		"closed while reading": {func(ours net.Conn, _ *net.TCPConn) {
			time.AfterFunc(10*time.Millisecond, func() { ours.Close() })
		}, "", net.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := ends(t, "tcp", "127.0.0.1:0")
			s, ok := stampReceives(ours)
			if !ok {
				return // this system stamps nothing
			}
			c.before(s, theirs.(*net.TCPConn))
			buf := make([]byte, 100)
			n, err := s.Read(buf)
			if string(buf[:n]) != c.read || !errors.Is(err, c.err) {
				t.Fatalf("read %q, %v, want %q, %v", buf[:n], err, c.read, c.err)
			}
			var op *net.OpError
			if err != nil && err != io.EOF && (!errors.As(err, &op) || op.Op != "read" || op.Timeout() != errors.Is(c.err, os.ErrDeadlineExceeded)) {
				t.Errorf("error %#v", err)
			}
		})
	}
}

func TestUnixSocketsAreLeftAsTheyAre(t *testing.T) {
	ours, _ := ends(t, "unix", filepath.Join(t.TempDir(), "s"))
	if _, ok := stampReceives(ours); ok {
		t.Error("a unix socket is read through recvmsg in vain")
	}
}
