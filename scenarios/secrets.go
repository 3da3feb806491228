package scenarios

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/observe/dsn"
	"github.com/stress-tool/stress/secret"
)

// publicPlaces are the keys whose values are shown wherever they come from: names,
// numbers, words of a list. A value that a variable filled in anywhere else is secret,
// so that a key forgotten here tells too little, and never too much.
var publicPlaces = []string{
	"name", "load", "loads", "compare", "capacity", "thresholds", "outage", "decide", "gate", "engine", "ledger.table", "ledger.column", "ledger.timeout", "ledger.settle", "ledger.every", "ledger.claim", "cluster", "faults", "allow_faults", "generators.agents", "generators.witness", "generators.shares", "generators.nkey", "generators.ca", "generators.tolerate_loss",
	"request.name", "request.method", "request.follow", "request.claims", "request.payload", "request.weight", "request.pause", "request.capture", "request.body_file", "request.expect.status", "request.expect.size", "request.expect.within", "request.expect.not.status", "request.headers.host",
	"feed.name", "feed.file", "feed.format", "feed.columns", "feed.order",
	"target.name", "target.replicas", "target.host_from.header", "target.insecure", "target.http2", "target.host", "target.connect_to", "target.server_name", "target.tls",
}

// plainWords are values that are no secrets, wherever they stand.
var plainWords = []string{"true", "false", "null", "none", "localhost", "127.0.0.1", http.MethodPost, http.MethodHead}

// fewDigits is a short number, which many texts hold by chance.
var fewDigits = lazy.Regexp(`^[0-9.:-]{1,5}$`)

// secretField is a field of a form, of JSON, of XML or of a form in parts.
var secretField = lazy.Regexp(secret.Name + `[\w.\[\]-]*["']?(?:` +
	`\s*[:=]\s*(?:"((?:[^"\\]|\\.)+)"|'([^']+)'|([^"'&;,\s{}<>]+))` + `|[^<>]{0,80}>([^<]+)` + `|\r?\n\r?\n([^\r\n]+))`)

// maxSearched is how much of a body is searched for such fields, in bytes.
const maxSearched = 1 << 16

// collector gathers what is secret in a scenario.
type collector struct {
	public map[string]bool // what is shown in any case
	values []string
}

// secretsOf are the secrets of a scenario: what variables filled in, but for public
// places, and what stands under a key, in a query, a cookie or a body under a name that
// says secret. A value that a public place holds too, or that tells nothing, is none.
func secretsOf(root *node, s *Scenario) *secret.Set {
	c := &collector{public: publicWords(s)}
	c.walk(root)
	for _, r := range s.Requests {
		c.fields(string(r.Body[:min(len(r.Body), maxSearched)]))
		if r.User != "" {
			c.add(r.Password, r.User+":"+r.Password)
		}
	}
	return secret.NewSet(c.values...)
}

func publicWords(s *Scenario) map[string]bool {
	words := map[string]bool{s.Name: true}
	for _, w := range plainWords {
		words[w] = true
	}
	for _, l := range s.Loads {
		words[l.Name] = true
	}
	for _, t := range s.Targets {
		for _, w := range []string{t.Name, t.URL.Host, t.URL.Hostname(), t.URL.Scheme + "://" + t.URL.Host, t.URL.Scheme + "://" + t.URL.Host + "/"} {
			words[w] = true
		}
	}
	for _, r := range s.Requests {
		words[r.Name] = true
	}
	if s.Ledger != nil {
		words[s.Ledger.Table], words[s.Ledger.Column] = true, true
	}
	if s.Cluster != nil {
		words[s.Cluster.Service] = true
	}
	return words
}

func (c *collector) add(values ...string) {
	for _, v := range values {
		if !c.public[v] {
			c.values = append(c.values, v)
		}
	}
}

func (c *collector) walk(n *node) {
	for _, e := range n.fields {
		c.walk(e.value)
	}
	for _, item := range n.items {
		c.walk(item)
	}
	if n.scalar() {
		c.scalar(n)
	}
}

func (c *collector) scalar(n *node) {
	where := placeOf(n.path)
	for _, part := range userinfoForm().FindAllStringSubmatch(n.text, -1) {
		if text := strings.TrimSuffix(part[2], "@"); where == "generators.nats" {
			c.broker(text)
		} else {
			c.credentials(text)
		}
	}
	switch {
	case where == "ledger.dsn":
		c.dsn(n.text)
	case where == "target.url", where == "target.proxy":
		_, path := hostAndPath(n.text)
		for _, v := range n.values {
			if piece := pathOf(v); strings.Contains(path, piece) {
				c.piece(piece)
			}
		}
	case public(where):
	case n.secret:
		c.confidential(n.text)
	case where == "request.path", where == "feed.url":
		c.query(n.text)
		fallthrough
	default:
		for _, v := range n.values {
			c.piece(v)
		}
	}
}

// placeOf is a path without the numbers of list items: "request.headers.x-thing".
func placeOf(path string) string {
	segments := strings.Split(strings.ToLower(path), ".")
	if list := segments[0]; (list == "requests" || list == "targets" || list == "feeds") && len(segments) > 1 {
		segments = append([]string{strings.TrimSuffix(list, "s")}, segments[2:]...)
	}
	return strings.Join(segments, ".")
}

func public(where string) bool {
	return slices.ContainsFunc(publicPlaces, func(p string) bool { return where == p || strings.HasPrefix(where, p+".") })
}

// piece is what a variable filled in.
func (c *collector) piece(value string) {
	if !fewDigits().MatchString(value) {
		c.add(value)
	}
}

// pathOf is what a piece of a target's address holds beside scheme, user and host: of a
// whole address the path.
func pathOf(value string) string {
	if _, rest, whole := strings.Cut(value, "://"); whole {
		_, value, _ = strings.Cut(rest, "/")
	}
	return strings.Trim(value, "/")
}

// confidential is the whole value under a key that says secret, and its parts: what
// follows a scheme ("Bearer …"), and the values of cookies.
func (c *collector) confidential(text string) {
	c.add(text)
	if scheme, rest, ok := strings.Cut(text, " "); ok {
		rest = strings.TrimSpace(rest)
		c.add(rest)
		if decoded, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "basic") {
			c.credentials(string(decoded))
		}
	}
	for cookie := range strings.SplitSeq(text, ";") {
		if _, value, ok := strings.Cut(cookie, "="); ok {
			c.add(strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
}

// credentials are "user:password" as an address has them, or one of the two alone.
func (c *collector) credentials(text string) {
	user, password, both := strings.Cut(text, ":")
	plainUser, err1 := url.PathUnescape(user)
	plainPassword, err2 := url.PathUnescape(password)
	if err1 != nil || err2 != nil {
		plainUser, plainPassword = user, password
	}
	c.add(text, plainUser, plainPassword)
	if both {
		c.add(plainUser + ":" + plainPassword)
	}
}

// broker adds the credentials of a broker's address. A user with a password is no secret, and its name, such as stress, may
// stand in any sentence; one without is a token.
func (c *collector) broker(text string) {
	user, password, _ := strings.Cut(text, ":")
	if password == "" {
		c.credentials(text)
		return
	}
	plain, err := url.PathUnescape(password)
	if err != nil {
		plain = password
	}
	c.add(text, password, plain, user+":"+plain)
}

// dsn adds the password of a data source name. Its user is what the database's own
// errors are about, and stays readable like its address.
func (c *collector) dsn(text string) {
	c.add(text)
	if user, password := dsn.Credentials(text); password != "" {
		c.add(password, user+":"+password)
	}
}

func (c *collector) query(path string) {
	t, err := template.Parse(path)
	if err != nil {
		return
	}
	u, err := url.Parse(t.With(func(template.Value) string { return valueInPath }))
	if err != nil {
		return
	}
	for name, values := range u.Query() {
		if secret.Named(name) {
			c.add(slices.DeleteFunc(values, func(v string) bool { return strings.Contains(v, valueInPath) })...)
		}
	}
}

// fields adds what stands in a body, a form or JSON, under a name that says secret.
func (c *collector) fields(body string) {
	for _, field := range secretField().FindAllStringSubmatch(body, -1) {
		value := cmp.Or(field[1:]...)
		c.add(value)
		if plain, err := url.QueryUnescape(value); err == nil {
			c.add(plain)
		}
	}
}
