package scenarios

import (
	"net/url"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/secret"
)

// Secrets are the values that nobody may read, for texts that others write: what a
// target answers, what a driver says.
func (s *Scenario) Secrets() *secret.Set { return s.secrets }

// Address is the target's address for readers: without user and password, and with its
// path as the file has it where a variable filled in some of that.
func (t Target) Address() string {
	if t.address == "" {
		return bareURL(t.URL)
	}
	return t.address
}

// Way says where connections to the target lead and as whom it is asked, "" where its address says both.
func (t Target) Way() string {
	var way []string
	switch {
	case t.Proxy != nil:
		way = append(way, "by the proxy "+bareURL(t.Proxy))
	case len(t.ConnectTo) > 0:
		way = append(way, "by "+strings.Join(t.ConnectTo, ", "))
	}
	if t.Host != "" {
		way = append(way, "as "+t.Host)
	}
	return strings.Join(way, " ")
}

// RequestURL is where a request goes, for readers: variables are named, not filled in,
// and parameters whose name says secret have no value.
func (s *Scenario) RequestURL(t Target, r attack.Request) string {
	to := bareQuery(s.shown(r.Path))
	host, path := hostAndPath(t.Address())
	switch {
	case strings.Contains(to, "://") && !strings.HasPrefix(to, "/"):
		return to
	case strings.HasPrefix(to, "/"):
		return host + to
	case path == "":
		path = "/"
	}
	return host + path + to // a target's path ends with /
}

// hostAndPath are an address up to its host, and its path.
func hostAndPath(address string) (host, path string) {
	scheme, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, path = rest[:i], rest[i:]
	}
	return scheme + "://" + rest, path
}

// shownAddress is [Target.Address] of a target as written. Where a variable holds more than
// the host, nobody can tell what of the path it filled in.
func shownAddress(n *node, u *url.URL) string {
	bare := bareURL(u)
	if len(n.variables) == 0 || u.Path == "" || u.Path == "/" {
		return bare
	}
	host, _ := hostAndPath(bare)
	written := n.template()
	if i := strings.Index(written, "}/"); i >= 0 && strings.HasPrefix(written, "${") && pathOf(n.values[0]) == "" {
		return host + written[i+1:]
	}
	if strings.Contains(written, "://") {
		_, path := hostAndPath(written)
		return host + path
	}
	return host + "/" + secret.Mark + "/"
}

// bareURL is an address without user and password.
func bareURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	bare := *u
	bare.User = nil
	return bare.String()
}
