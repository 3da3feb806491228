package attack

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// framing are the headers that say how a message or its connection is framed. Engines
// write them by themselves, and leave out what a request says.
var framing = map[string]string{
	"Content-Length":    "it is the length of the body, always",
	"Transfer-Encoding": "bodies are sent whole, with their length",
	"Trailer":           "bodies are sent without trailers",
}

// CheckHeader says why a header cannot be sent as it is written, nil where it can. The
// error names neither the header nor its value, which may be secret.
func CheckHeader(name, value string) error {
	why := framing[http.CanonicalHeaderKey(name)]
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return errors.New("is no valid header name")
	case !httpguts.ValidHeaderFieldValue(value):
		return errors.New("holds a control character, which no header may")
	case why != "":
		return errors.New("cannot be set: " + why)
	case http.CanonicalHeaderKey(name) == "Host" && !validHost(value):
		return errors.New("must be a host, such as shop.example or shop.example:8080")
	}
	return nil
}

// CheckExpectedHeader says why no response can be expected to hold a text in a header,
// nil where one can.
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

// validHost reports that a Host header names a host, with or without its port. Letters
// beyond ASCII are sent as RFC 5890 has them.
func validHost(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" || strings.HasSuffix(host, ":") {
		return false
	}
	ascii, err := httpguts.PunycodeHostPort(host)
	return err == nil && httpguts.ValidHostHeader(ascii)
}
