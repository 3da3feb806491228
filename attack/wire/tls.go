package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack"
)

// ErrTruncated says that a TLS connection ended without close_notify where the end of the
// connection is the end of the answer: somebody may have cut the answer (RFC 8446 §6.1).
var ErrTruncated = errors.New("tls: connection closed without close_notify: the answer may be incomplete")

// TLSConfig returns how the connections of a job are secured: those to its target's origin, or
// those to all others, which see neither its client certificate nor its ServerName. An empty
// ServerName is for the caller to set. Unless the job resumes sessions, every connection is that of
// a visitor who comes for the first time.
func TLSConfig(job *attack.Job, toTarget bool) *tls.Config {
	c := &tls.Config{
		InsecureSkipVerify: job.Insecure, //nolint:gosec // asked for by the user
		RootCAs:            job.Roots,
		NextProtos:         []string{"http/1.1"},
		// The size of records would depend on how much a connection has sent before.
		DynamicRecordSizingDisabled: true,
		MinVersion:                  job.MinVersion,
	}
	if job.Resume {
		c.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	if toTarget {
		c.ServerName = job.ServerName
		if job.Certificate != nil {
			c.Certificates = []tls.Certificate{*job.Certificate}
		}
	}
	return c
}

// byAlert returns the text of a TLS alert of the server (RFC 8446 §6.2), "" without one. crypto/tls
// does not export its type of alerts; [tls.AlertError] is for QUIC only.
func byAlert(err error) string {
	for _, e := range UnwrapAll(err) {
		if op, ok := e.(*net.OpError); ok && op.Op == "remote error" && op.Err != nil {
			return strings.TrimPrefix(op.Err.Error(), "tls: ")
		}
	}
	return ""
}

// UnwrapAll returns an error and all errors that it wraps, outer ones first.
func UnwrapAll(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		all = append(all, UnwrapAll(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, UnwrapAll(inner)...)
		}
	}
	return all
}

// byTLS returns the reason of an error of TLS, "" for any other error.
func byTLS(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
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
	case errors.As(err, &record) && strings.HasPrefix(record.Msg, "oversized record"):
		return "oversized record" // without its length
	case errors.As(err, &record):
		return "the server does not speak TLS: is its address http://?"
	}
	// The other errors of crypto/tls have no type. Their texts quote nothing from the server. The
	// innermost is its own; others may repeat it.
	for _, e := range slices.Backward(UnwrapAll(err)) {
		if words, ok := strings.CutPrefix(e.Error(), "tls: "); ok {
			return words
		}
	}
	return ""
}
