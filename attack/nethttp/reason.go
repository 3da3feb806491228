package nethttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"golang.org/x/net/http2"

	"github.com/stress-tool/stress/runlog"
)

// because adds what the socket itself said to an error of net/http.
func because(err error, l *link) error {
	if lost := l.conn.failure(); err != nil && lost != nil {
		return fmt.Errorf("%w: %w", err, lost)
	}
	return err
}

// classify says in a few words why there was no answer. The words hold no address,
// port or number that differs from request to request, so that equal failures
// count as one.
func classify(err error) (runlog.Class, string) {
	var errno syscall.Errno
	var dns *net.DNSError
	switch {
	case errors.Is(err, errKeptAlive):
		return runlog.Network, errKeptAlive.Error()
	case errors.As(err, &dns):
		return runlog.Network, "dns"
	case errors.As(err, &errno):
		return bySystem(errno)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return runlog.Network, "unexpected eof"
	}
	if words := byTLS(err); words != "" {
		return runlog.Network, "tls: " + words
	}
	return runlog.Network, byProtocol(err)
}

func bySystem(errno syscall.Errno) (runlog.Class, string) {
	switch errno {
	case syscall.ETIMEDOUT: // the kernel gave up before our timeout
		return runlog.Timeout, "connection timed out"
	case syscall.ECONNREFUSED:
		return runlog.Network, "connection refused"
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED:
		return runlog.Network, "connection reset"
	case syscall.EMFILE, syscall.ENFILE:
		return runlog.Network, "too many open files"
	case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return runlog.Network, "no free local port"
	}
	return runlog.Network, errno.Error()
}

// byTLS is "" for an error that has nothing to do with TLS.
func byTLS(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	switch {
	case errors.As(err, &unknown):
		return "certificate of an unknown authority"
	case errors.As(err, &name):
		return "certificate for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate expired or not yet valid"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "certificate not valid"
	case errors.As(err, &record):
		return "the server does not speak TLS"
	case errors.As(err, &alert):
		return strings.TrimPrefix(alert.Error(), "tls: ")
	}
	return ""
}

// byProtocol names what is left: net/http read something it could not take. Most
// of its errors for that have no type, and their texts quote the server.
func byProtocol(err error) string {
	var stream http2.StreamError
	switch text := err.Error(); {
	case errors.As(err, &stream):
		return "http/2 stream error: " + stream.Code.String()
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "header list larger"):
		return "head too large"
	}
	return "malformed response"
}
