package convert

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/scenarios"
)

// exchange is one request as a source has it. The texts are as they are sent.
type exchange struct {
	method  string
	address string // a whole URL
	header  []field
	body    string
	// bodyFile is the name of the file that holds the body in its stead; "" is none.
	bodyFile       string
	user, password string
	follow         string // as scenarios have it
	status         string // the one that makes a success; "" is any below 400
	// values says that address and body hold expressions, as loader.io and scenarios have them.
	values  bool
	payload string // the feed whose columns are added; "" is none
}

// field is a header.
type field struct{ name, value string }

// methods are those that a scenario can ask for.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// add adds a request. text writes a text as scenarios have it, such as [literal].
func (b *builder) add(e exchange, text func(string) string) error {
	sent := func(s string) string { return text(b.named(template.Escape(s))) }
	varying := sent
	if e.values {
		varying = func(s string) string { return text(b.named(escapedNames(s))) }
	}
	if !slices.Contains(methods, e.method) {
		return fmt.Errorf("the method %q is none that a scenario can ask for: it knows %s", e.method, strings.Join(methods, ", "))
	}
	address, _, _ := strings.Cut(e.address, "#")
	address = encodedBytes(address)
	u, err := parse(e.fixed(address))
	if err != nil {
		return err
	}
	if info := u.User; info != nil && e.user == "" {
		e.user = info.Username()
		e.password, _ = info.Password()
	}
	if !utf8.ValidString(e.user) || !utf8.ValidString(e.password) || !utf8.ValidString(e.bodyFile) {
		return errors.New("a user, a password or the name of a file that is no text: no scenario can hold it")
	}
	base := originOf(u)
	_, path := scenarios.CutAddress(address)
	if b.base == "" {
		b.setTarget(base)
	}
	if base != b.base {
		path = base + path
	}
	r := scenarios.FileRequest{Path: varying(path), BodyFile: text(e.bodyFile), Follow: e.follow, Headers: b.headers(e, u.Host, sent), Payload: e.payload}
	if e.method != http.MethodGet {
		r.Method = e.method
	}
	if utf8.ValidString(e.body) {
		r.Body = varying(e.body)
	} else {
		b.leaveOut("the body of %s %s: it is no text; keep it in a file, and name that under body_file", e.method, u.Path)
	}
	if e.user != "" {
		r.Auth = &scenarios.FileAuth{User: sent(e.user), Password: sent(e.password)}
	}
	if e.status != "" {
		r.Expect = &scenarios.FileExpect{Status: []string{e.status}}
	}
	b.file.Requests = append(b.file.Requests, r)
	return nil
}

// originOf is an address up to its path.
func originOf(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }

// setTarget says where the requests go. What goes elsewhere is a request with a whole address.
func (b *builder) setTarget(base string) {
	b.base = base
	b.file.Targets = []scenarios.FileTarget{{Name: scenarios.TargetName(base), URL: base}}
}

// encodedBytes is an address in which bytes that are no text are percent-encoded, as they are sent.
func encodedBytes(address string) string {
	if utf8.ValidString(address) {
		return address
	}
	var out strings.Builder
	for len(address) > 0 {
		r, n := utf8.DecodeRuneInString(address)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&out, "%%%02X", address[0])
		} else {
			out.WriteString(address[:n])
		}
		address = address[n:]
	}
	return out.String()
}

// fixed is an address with a digit in place of each expression; what is none stays as it is.
func (e *exchange) fixed(address string) string {
	t, err := template.Parse(address)
	if !e.values || err != nil {
		return address
	}
	return t.With(func(template.Value) string { return "0" })
}

// parse reads an address. The error does not repeat it: it may hold a secret.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	var wrong *url.Error
	switch {
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("an address that is none: %w", wrong.Err)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("an address that begins neither with http:// nor with https://")
	case u.Hostname() == "":
		return nil, errors.New("an address without a host")
	}
	return u, nil
}

// headers are the headers of a request by canonical name. Those that say how the message is framed
// are the engine's, and the address already says its host.
func (b *builder) headers(e exchange, host string, text func(string) string) map[string]string {
	var out map[string]string
	for _, h := range e.header {
		name := http.CanonicalHeaderKey(strings.TrimSpace(h.name))
		switch {
		case strings.HasPrefix(h.name, ":"), // of HTTP/2: method, path and host stand elsewhere
			slices.Contains([]string{"Content-Length", "Keep-Alive", "Proxy-Connection"}, name),
			name == "Connection" && strings.EqualFold(h.value, "keep-alive"), // which is so without it
			name == "Host" && strings.EqualFold(h.value, host),
			name == "Authorization" && e.user != "":
			continue
		case name == "Transfer-Encoding", name == "Trailer":
			b.leaveOut("a header %s: a body is sent with its length", name)
			continue
		}
		if err := attack.CheckHeader(name, h.value); err != nil || !utf8.ValidString(h.value) {
			b.leaveOut("a header %s: it cannot be sent", name)
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		value := text(h.value)
		if before, several := out[name]; several {
			value = before + separator(name) + value
		}
		out[name] = value
	}
	return out
}

// separator joins several headers of one name to one (RFC 9110 §5.3; of cookies RFC 9113 §8.2.3).
func separator(name string) string {
	if name == "Cookie" {
		return "; "
	}
	return ", "
}
