package attack

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// framing are the headers that say how a message is framed. Engines write them themselves and ignore
// those of a request.
var framing = map[string]string{
	"Content-Length":    "it is the length of the body, always",
	"Transfer-Encoding": "bodies are sent whole, with their length",
	"Trailer":           "bodies are sent without trailers",
}

// CheckHeader returns why a header cannot be sent as it is written, nil if it can. The error contains
// neither the name nor the value, which may be secret.
func CheckHeader(name, value string) error {
	why := framing[http.CanonicalHeaderKey(name)]
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return errors.New("is no valid header name")
	case !httpguts.ValidHeaderFieldValue(value):
		return errors.New("holds a control character, which no header may")
	case why != "":
		return errors.New("cannot be set: " + why)
	case http.CanonicalHeaderKey(name) == "Host":
		return CheckHost(value)
	}
	return nil
}

// CheckExpectedHeader returns why no response can have a text in a header, nil if one can.
func CheckExpectedHeader(name, text string) error {
	name = http.CanonicalHeaderKey(name)
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return errors.New("is no valid header name")
	case !httpguts.ValidHeaderFieldValue(text):
		return errors.New("holds a control character, which no header may")
	case name == "Transfer-Encoding", name == "Trailer":
		return errors.New("cannot be expected: it belongs to the connection and not to the answer")
	}
	return nil
}

// CheckHost returns why a Host header cannot have a value, nil if it can: a host, with a port or without.
// Letters beyond ASCII are sent in the form of RFC 5890.
func CheckHost(host string) error {
	u, err := url.Parse("http://" + host)
	ascii, errASCII := httpguts.PunycodeHostPort(host)
	if err != nil || errASCII != nil || u.Host != host || u.Hostname() == "" || strings.HasSuffix(host, ":") || !httpguts.ValidHostHeader(ascii) {
		return errors.New("must be a host, such as shop.example or shop.example:8080")
	}
	return nil
}
