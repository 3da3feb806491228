package convert

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
)

// Curl makes a scenario of one or several curl commands, such as a browser's "copy as cURL" or "copy
// all as cURL" for bash gives them. A variable of the shell becomes one of the scenario.
func Curl(src []byte, o Options) (*Scenario, error) {
	if bytes.Contains(src, []byte(`^"`)) {
		return nil, errors.New("is a command for cmd.exe: copy it as cURL for bash")
	}
	commands, err := shellWords(src)
	if err != nil {
		return nil, fmt.Errorf("%w; write the command as a shell takes it, its address in quotes", err)
	}
	b := newBuilder(o)
	for i, words := range commands {
		if len(words) > 0 && words[0] == "$" { // the prompt of an example
			words = words[1:]
		}
		if len(words) == 0 || !slices.Contains([]string{"curl", "curl.exe"}, path.Base(words[0])) {
			return nil, fmt.Errorf("command %d is not curl; an address with & stands in quotes", i+1)
		}
		if err := b.curl(words[1:]); err != nil {
			return nil, fmt.Errorf("curl command %d: %w", i+1, err)
		}
	}
	return b.scenario()
}

// curl adds the requests of a command's arguments; --next begins new ones.
func (b *builder) curl(args []string) error {
	for {
		c := &curlCommand{leaveOut: b.leaveOut}
		rest, err := c.read(args)
		if err != nil {
			return err
		}
		if len(c.addresses) == 0 {
			return errors.New("no address")
		}
		for _, address := range c.addresses {
			if err := b.curlRequest(c, address); err != nil {
				return err
			}
		}
		if len(rest) == 0 {
			return nil
		}
		args = rest
	}
}

func (b *builder) curlRequest(c *curlCommand, address string) error {
	address, err := c.address(address)
	if err != nil {
		return err
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	e := exchange{method: c.chosenMethod(), address: address, header: c.headers(), bodyFile: c.bodyFile, user: c.user, password: c.password, follow: c.redirects()}
	if e.bodyFile != "" && body != "" {
		return errors.New("a body of a file and of texts: put all of it into one file")
	}
	if e.body = body; c.get {
		e.body = ""
	}
	if err := b.add(e, withVariables); err != nil {
		return err
	}
	return b.curlTarget(c, address)
}

// curlTarget takes over how connections are made. Of several commands the last one counts.
func (b *builder) curlTarget(c *curlCommand, address string) error {
	u, err := parse(address)
	if err != nil || originOf(u) != b.base {
		return err
	}
	t := b.target()
	t.Insecure, t.HTTP2, t.Proxy = cmp.Or(c.insecure, t.Insecure), cmp.Or(c.http2, t.HTTP2), cmp.Or(c.proxy, t.Proxy)
	if c.socket != "" {
		t.URL = "unix:" + c.socket
	}
	for _, lead := range c.leads {
		if lead.host != "" && !strings.EqualFold(lead.host, u.Hostname()) {
			b.leaveOut("--connect-to or --resolve of %s: no request is for it", lead.host)
			continue
		}
		t.ConnectTo = lead.to
	}
	if c.tls.CA+c.tls.Cert+c.tls.Key+c.tls.MinVersion != "" {
		t.TLS = &c.tls
	}
	return nil
}

// address is an address as curl reads it: http where it names no scheme, and no globs.
func (c *curlCommand) address(s string) (string, error) {
	if !c.globoff {
		if bare := escapedBrackets.Replace(s); strings.ContainsAny(bare, "[]{}") {
			return "", errors.New("an address with [ ] or { }, of which curl makes several: write them out, or add --globoff where they stand for themselves")
		}
		s = unescapeBrackets.Replace(s)
	}
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	if c.asIs && dotSegment().MatchString(s) {
		return "", errors.New("an address with /./ or /../ that --path-as-is keeps: a scenario's path is without them")
	}
	if c.upload {
		return uploaded(s, c.bodyFile)
	}
	if !c.get {
		return s, nil
	}
	query, err := c.body()
	if err != nil || query == "" {
		return s, err
	}
	s, _, _ = strings.Cut(s, "#")
	if strings.Contains(s, "?") {
		return s + "&" + query, nil
	}
	return s + "?" + query, nil
}

var (
	escapedBrackets  = strings.NewReplacer(`\[`, "", `\]`, "", `\{`, "", `\}`, "")
	unescapeBrackets = strings.NewReplacer(`\[`, "[", `\]`, "]", `\{`, "{", `\}`, "}")
)

// dotSegment matches what a path is resolved by.
var dotSegment = lazy.Regexp(`/\.\.?(/|\?|#|$)`)

// uploaded is the address that a file goes to: curl adds its name where the path ends with a slash.
func uploaded(address, file string) (string, error) {
	u, err := parse(address)
	if err != nil || u.Path != "" && !strings.HasSuffix(u.Path, "/") {
		return address, err
	}
	return u.JoinPath(url.PathEscape(path.Base(file))).String(), nil
}

func (c *curlCommand) chosenMethod() string {
	switch {
	case c.method != "":
		return c.method
	case c.head:
		return http.MethodHead
	case c.upload:
		return http.MethodPut
	case !c.get && (len(c.data) > 0 || c.bodyFile != "" || c.form.parts != nil):
		return http.MethodPost
	}
	return http.MethodGet
}

// body is what -d and its like say, or a form in parts.
func (c *curlCommand) body() (string, error) {
	if c.form.parts == nil {
		return strings.Join(c.data, c.between), nil
	}
	if len(c.data) > 0 || c.bodyFile != "" {
		return "", errors.New("a form (-F) and data (-d) in one request")
	}
	return c.form.body(), nil
}

// headers are those that were written, and those that curl adds for a body.
func (c *curlCommand) headers() []field {
	all := c.header
	has := func(name string) bool {
		for _, h := range all {
			if strings.EqualFold(h.name, name) {
				return true
			}
		}
		return false
	}
	add := func(name, value string) {
		if value != "" && !has(name) {
			all = append(all, field{name, value})
		}
	}
	switch {
	case c.form.parts != nil:
		add("Content-Type", "multipart/form-data; boundary="+boundary)
	case c.json:
		add("Content-Type", "application/json")
		add("Accept", "application/json")
	case !c.get && !c.upload && (len(c.data) > 0 || c.bodyFile != ""):
		add("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.compressed {
		add("Accept-Encoding", "gzip, deflate")
	}
	return all
}

// redirects is how many may be followed, as scenarios have it.
func (c *curlCommand) redirects() string {
	const most = "50" // both of curl and of a scenario
	if !c.location {
		return ""
	}
	return cmp.Or(c.maxRedirects, most)
}

// urlEncoded is a value of --data-urlencode: text, =text or name=text, percent-encoded as curl does.
func urlEncoded(s string) (string, error) {
	name, value, named := strings.Cut(s, "=")
	if at := strings.IndexByte(s, '@'); at >= 0 && (!named || at < len(name)) {
		return "", errors.New("--data-urlencode of a file")
	}
	if !named {
		name, value = "", s
	}
	value = url.QueryEscape(value) // which makes a blank a plus, as curl does
	if name == "" {
		return value, nil
	}
	return name + "=" + value, nil
}
