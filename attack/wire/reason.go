package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
)

// The failures of a connection. Their texts are the reasons of outcomes.
var (
	// ErrKeptAlive says that a kept-alive connection was closed while the next request was sent.
	// Browsers would send the request again. Nobody can tell whether the server processed it, so
	// here it is a failure.
	ErrKeptAlive = errors.New("kept-alive connection closed")
	// ErrHeadTooLarge says that a head exceeds [MaxHead].
	ErrHeadTooLarge = errors.New("head too large")
	// ErrMalformed says that the received data is no HTTP response.
	ErrMalformed = errors.New("malformed response")
)

// ReasonCut is the reason of an outcome of class cut.
const ReasonCut = "cut"

// ReasonNoData is the reason of a request during which no byte was sent or received for the
// timeout.
func ReasonNoData(timeout time.Duration) string { return fmt.Sprintf("no data for %v", timeout) }

// ReasonNoEnd is the reason of a request that reached the total timeout.
func ReasonNoEnd(timeout time.Duration) string {
	return fmt.Sprintf("no end after %v", attack.TotalTimeouts*timeout)
}

// Classify returns the class of a request without an answer, and the reason in a few words. The
// reason holds no address, port or number that differs from request to request, so that equal
// failures count as one. It is "" for an error that is neither the system's nor of TLS nor one of
// this package; the engine must name that itself.
func Classify(err error) (runlog.Class, string) {
	var dns *net.DNSError
	var refused *route.RefusedError
	errno := systemError(err)
	switch {
	case byAlert(err) != "": // before the reset that sometimes follows an alert
		return runlog.Network, "tls: " + byAlert(err)
	case errors.As(err, &refused):
		return runlog.Network, "the name leads to an address that must not be loaded"
	case errors.Is(err, route.ErrTooMany):
		return runlog.Network, route.ErrTooMany.Error()
	case errors.Is(err, ErrKeptAlive):
		return runlog.Network, ErrKeptAlive.Error()
	case errors.Is(err, ErrTruncated):
		return runlog.Network, ErrTruncated.Error()
	case errno != 0:
		return classifyErrno(errno)
	case errors.As(err, &dns):
		return runlog.Network, "dns"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return runlog.Network, "unexpected eof"
	case errors.Is(err, ErrHeadTooLarge):
		return runlog.Network, ErrHeadTooLarge.Error()
	case errors.Is(err, ErrMalformed):
		return runlog.Network, ErrMalformed.Error()
	case byTLS(err) != "":
		return runlog.Network, "tls: " + byTLS(err)
	}
	return runlog.Network, ""
}

// systemError returns the errno behind an error, 0 without one. For a failed lookup package net
// keeps only a text. That is searched for our own limit of files; any other failure there is the
// name server's.
func systemError(err error) (errno syscall.Errno) {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		errors.As(err, &errno)
	case strings.HasSuffix(dns.Err, syscall.EMFILE.Error()):
		errno = syscall.EMFILE
	}
	return errno
}

func classifyErrno(errno syscall.Errno) (runlog.Class, string) {
	switch errno {
	case syscall.ETIMEDOUT: // the kernel's timeout was shorter than ours
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
