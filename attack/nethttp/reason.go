package nethttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/net/http2"

	"github.com/stress-tool/stress/attack/wire"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/runlog"
)

// withSocketError adds the error of the socket to an error of net/http.
func withSocketError(err error, l *link) error {
	if lost := l.conn.socketError(); err != nil && lost != nil {
		return fmt.Errorf("%w: %w", err, lost)
	}
	return err
}

// classify returns the class and, in a few words, the reason of a request without an answer; see
// [wire.Classify].
func classify(err error) (runlog.Class, string) {
	if words := byAlert(err); words != "" { // before the reset that sometimes follows an alert
		return runlog.Network, "tls: " + words
	}
	if class, words := wire.Classify(err); words != "" {
		return class, words
	}
	if words := byProxy(err); words != "" {
		return runlog.Network, "proxy: " + words
	}
	if words := byTLS(err); words != "" {
		return runlog.Network, "tls: " + words
	}
	return runlog.Network, byProtocol(err)
}

// byAlert returns the text of a TLS alert of the server (RFC 8446 §6.2), "" without one. crypto/tls
// does not export its type of alerts; [tls.AlertError] is for QUIC only.
func byAlert(err error) string {
	for _, e := range unwrapAll(err) {
		if op, ok := e.(*net.OpError); ok && op.Op == "remote error" && op.Err != nil {
			return strings.TrimPrefix(op.Err.Error(), "tls: ")
		}
	}
	return ""
}

// proxyError is the answer of a proxy that refuses to connect.
type proxyError struct{ answer string }

func (e *proxyError) Error() string { return "proxy: " + e.answer }

// byProxy returns why a proxy refused to connect, "" if none did. The SOCKS errors of net/http have
// no type; their texts are constants.
func byProxy(err error) string {
	var refused *proxyError
	if errors.As(err, &refused) {
		return refused.answer
	}
	for _, e := range unwrapAll(err) {
		if op, ok := e.(*net.OpError); ok && op.Op == "socks connect" && op.Err != nil {
			return strings.TrimPrefix(op.Err.Error(), "unknown error ")
		}
	}
	return ""
}

// unwrapAll returns an error and all errors that it wraps, outer ones first.
func unwrapAll(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		all = append(all, unwrapAll(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, unwrapAll(inner)...)
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
	case errors.As(err, &record):
		return "the server does not speak TLS: is its address http://?"
	}
	// The other errors of crypto/tls have no type. Their texts quote nothing from the server.
	for _, e := range unwrapAll(err) {
		if words, ok := strings.CutPrefix(e.Error(), "tls: "); ok {
			return words
		}
	}
	return ""
}

// closedBeforeRequest is the reason when the end of an HTTP/2 connection was read before a request
// could be sent. net/http does not tell what was read before the end, such as a TLS alert.
const closedBeforeRequest = "http/2 connection closed before the request"

var goAway = lazy.Regexp(`server sent GOAWAY and closed the connection; LastStreamID=\d+, ErrCode=(\w+)`)

// byProtocol returns the reason of all other errors: net/http could not parse what it read. Most of
// these errors have no type, and their texts quote the server.
func byProtocol(err error) string {
	var stream http2.StreamError
	switch text := err.Error(); {
	case errors.As(err, &stream):
		return "http/2 stream error: " + stream.Code.String()
	case goAway().MatchString(text):
		return "http/2 connection ended by the server: " + goAway().FindStringSubmatch(text)[1]
	case strings.Contains(text, "could not be established"), strings.Contains(text, "conn not usable"), strings.Contains(text, "connection is unavailable"):
		return closedBeforeRequest
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "header list larger"):
		return wire.ErrHeadTooLarge.Error()
	}
	return wire.ErrMalformed.Error()
}
