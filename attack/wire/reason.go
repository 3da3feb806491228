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

// What can go wrong with a connection or on it. Their texts are the reasons of
// outcomes.
var (
	// ErrKeptAlive says that a connection which had carried a request before was
	// closed just as the next one went out. Browsers would try again; whether the
	// server took the request up nobody can tell, so here it is a failure.
	ErrKeptAlive = errors.New("kept-alive connection closed")
	// ErrHeadTooLarge says that a head exceeds [MaxHead].
	ErrHeadTooLarge = errors.New("head too large")
	// ErrMalformed says that what came is no HTTP response.
	ErrMalformed = errors.New("malformed response")
)

// Cut is the reason of an outcome of class cut.
const Cut = "cut"

// Silent is the reason of a request during which no byte moved for the timeout.
func Silent(timeout time.Duration) string { return fmt.Sprintf("no data for %v", timeout) }

// Dripping is the reason of a request whose answer took too long in all.
func Dripping(timeout time.Duration) string {
	return fmt.Sprintf("no end after %v", attack.TotalTimeouts*timeout)
}

// Classify says in a few words why there was no answer. The words hold no address,
// port or number that differs from request to request, so that equal failures
// count as one. The reason is empty for an error that is neither the system's nor
// one of this package's: then it is the engine's to name.
func Classify(err error) (runlog.Class, string) {
	var dns *net.DNSError
	var refused *route.RefusedError
	errno := system(err)
	switch {
	case errors.As(err, &refused):
		return runlog.Network, "the name leads to an address that must not be loaded"
	case errors.Is(err, route.ErrTooMany):
		return runlog.Network, route.ErrTooMany.Error()
	case errors.Is(err, ErrKeptAlive):
		return runlog.Network, ErrKeptAlive.Error()
	case errno != 0:
		return bySystem(errno)
	case errors.As(err, &dns):
		return runlog.Network, "dns"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return runlog.Network, "unexpected eof"
	case errors.Is(err, ErrHeadTooLarge):
		return runlog.Network, ErrHeadTooLarge.Error()
	case errors.Is(err, ErrMalformed):
		return runlog.Network, ErrMalformed.Error()
	}
	return runlog.Network, ""
}

// system is the error of the system behind another, 0 where there is none. Of what
// failed below a lookup package net keeps the text alone; only our own limit is looked
// for in it, for the rest is the name server's.
func system(err error) (errno syscall.Errno) {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		errors.As(err, &errno)
	case strings.HasSuffix(dns.Err, syscall.EMFILE.Error()):
		errno = syscall.EMFILE
	}
	return errno
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
