package nethttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"golang.org/x/net/http2"

	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
)

func TestClassify(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}, Err: err}
	}
	errno := func(n syscall.Errno) error { return dial(os.NewSyscallError("connect", n)) }
	for _, c := range []struct {
		err    error
		class  runlog.Class
		reason string
	}{
		{dial(&net.DNSError{Err: "no such host", Name: "shop.invalid"}), runlog.Network, "dns"},
		{errno(syscall.ECONNREFUSED), runlog.Network, "connection refused"},
		{errno(syscall.ECONNRESET), runlog.Network, "connection reset"},
		{errno(syscall.EPIPE), runlog.Network, "connection reset"},
		{errno(syscall.EMFILE), runlog.Network, "too many open files"},
		{errno(syscall.EADDRNOTAVAIL), runlog.Network, "no free local port"},
		{errno(syscall.EHOSTUNREACH), runlog.Network, syscall.EHOSTUNREACH.Error()},
		{errno(syscall.ETIMEDOUT), runlog.Timeout, "connection timed out"},
		{fmt.Errorf("net/http: broken: %w", io.EOF), runlog.Network, "unexpected eof"},
		{io.ErrUnexpectedEOF, runlog.Network, "unexpected eof"},
		{fmt.Errorf("%w: %w", wire.ErrKeptAlive, io.EOF), runlog.Network, "kept-alive connection closed"},
		{fmt.Errorf("%w: %w", errors.New("http: server closed idle connection"), errno(syscall.ECONNRESET)), runlog.Network, "connection reset"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Host: "a", Certificate: &x509.Certificate{}}}, runlog.Network, "tls: certificate for another name"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, runlog.Network, "tls: certificate expired or not yet valid"},
		{&tls.CertificateVerificationError{Err: errors.New("revoked")}, runlog.Network, "tls: certificate not valid"},
		{fmt.Errorf("net/http: broken: %w", &net.OpError{Op: "remote error", Err: tls.AlertError(40)}), runlog.Network, "tls: handshake failure"},
		{fmt.Errorf("%w: %w", &net.OpError{Op: "remote error", Err: tls.AlertError(116)}, errno(syscall.ECONNRESET)), runlog.Network, "tls: certificate required"},
		{fmt.Errorf("dial: %w", errors.New("tls: server selected unsupported protocol version 301")), runlog.Network, "tls: server selected unsupported protocol version 301"},
		{http2.StreamError{StreamID: 3, Code: http2.ErrCodeRefusedStream}, runlog.Network, "http/2 stream error: REFUSED_STREAM"},
		{errors.New("net/http: server response headers exceeded 1048576 bytes; aborted"), runlog.Network, "head too large"},
		{errors.New(`malformed HTTP response "SSH-2.0"`), runlog.Network, "malformed response"},
	} {
		if class, reason := classify(c.err); class != c.class || reason != c.reason {
			t.Errorf("%v: %v %q, want %v %q", c.err, class, reason, c.class, c.reason)
		}
	}
}
