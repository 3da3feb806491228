package nethttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/http2"

	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/runlog"
)

// because adds what the socket itself said to an error of net/http.
func because(err error, l *link) error {
	if lost := l.conn.failure(); err != nil && lost != nil {
		return fmt.Errorf("%w: %w", err, lost)
	}
	return err
}

// classify says in a few words why there was no answer; see [wire.Classify].
func classify(err error) (runlog.Class, string) {
	if class, words := wire.Classify(err); words != "" {
		return class, words
	}
	if words := byTLS(err); words != "" {
		return runlog.Network, "tls: " + words
	}
	return runlog.Network, byProtocol(err)
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
		return wire.ErrHeadTooLarge.Error()
	}
	return wire.ErrMalformed.Error()
}
