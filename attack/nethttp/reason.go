package nethttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"
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
	if words := byAlert(err); words != "" { // an alert is followed by a reset, at times
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

// byAlert is what the server said in a TLS alert (RFC 8446 §6.2), "" without one. The type
// that crypto/tls has for alerts is its own; [tls.AlertError] is for QUIC alone.
func byAlert(err error) string {
	for _, e := range eachIn(err) {
		if op, ok := e.(*net.OpError); ok && op.Op == "remote error" && op.Err != nil {
			return strings.TrimPrefix(op.Err.Error(), "tls: ")
		}
	}
	return ""
}

// proxyError is what a proxy answers that does not connect.
type proxyError struct{ answer string }

func (e *proxyError) Error() string { return "proxy: " + e.answer }

// byProxy is why a proxy does not connect, "" where none refused. What package net has for SOCKS
// has no type; its texts are constants.
func byProxy(err error) string {
	var refused *proxyError
	if errors.As(err, &refused) {
		return refused.answer
	}
	for _, e := range eachIn(err) {
		if op, ok := e.(*net.OpError); ok && op.Op == "socks connect" && op.Err != nil {
			return strings.TrimPrefix(op.Err.Error(), "unknown error ")
		}
	}
	return ""
}

// eachIn is an error and all that it wraps, the outer ones first.
func eachIn(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		all = append(all, eachIn(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, eachIn(inner)...)
		}
	}
	return all
}

// byTLS is "" for an error that has nothing to do with TLS.
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
	// What is left has no type: its text is crypto/tls's own, and quotes no server.
	for _, e := range eachIn(err) {
		if words, ok := strings.CutPrefix(e.Error(), "tls: "); ok {
			return words
		}
	}
	return ""
}

// leftAtOnce is of an HTTP/2 connection whose end was read before a request could be sent. net/http
// then keeps to itself what was read, a TLS alert it may be.
const leftAtOnce = "http/2 connection closed before the request"

var goAway = regexp.MustCompile(`server sent GOAWAY and closed the connection; LastStreamID=\d+, ErrCode=(\w+)`)

// byProtocol names what is left: net/http read something it could not take. Most
// of its errors for that have no type, and their texts quote the server.
func byProtocol(err error) string {
	var stream http2.StreamError
	switch text := err.Error(); {
	case errors.As(err, &stream):
		return "http/2 stream error: " + stream.Code.String()
	case goAway.MatchString(text):
		return "http/2 connection ended by the server: " + goAway.FindStringSubmatch(text)[1]
	case strings.Contains(text, "could not be established"), strings.Contains(text, "conn not usable"), strings.Contains(text, "connection is unavailable"):
		return leftAtOnce
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "header list larger"):
		return wire.ErrHeadTooLarge.Error()
	}
	return wire.ErrMalformed.Error()
}
