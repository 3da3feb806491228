package nethttp

import (
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
	if words := byProxy(err); words != "" {
		return runlog.Network, "proxy: " + words
	}
	if class, words := wire.Classify(err); words != "" {
		return class, words
	}
	return runlog.Network, byProtocol(err)
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
	for _, e := range wire.UnwrapAll(err) {
		if op, ok := e.(*net.OpError); ok && op.Op == "socks connect" && op.Err != nil {
			return strings.TrimPrefix(op.Err.Error(), "unknown error ")
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
