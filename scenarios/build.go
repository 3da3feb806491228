package scenarios

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/template"
)

// builder makes a Scenario of the decoded keys, and finds faults between keys that are right
// each by itself.
type builder struct {
	decoder
	dir       string // where body files are looked for
	open      func(path string) (io.ReadCloser, error)
	templates map[string]string
	rounds    int // see [Options.Rounds]
	notes     []string
	names     names
}

// shown is a text for people: it names variables and does not fill them in.
func (b *builder) shown(text string) string { return shown(b.templates, text) }

func shown(templates map[string]string, text string) string {
	if t, ok := templates[text]; ok {
		return t
	}
	return text
}

// plain is a value for hints, "" where it must not be repeated.
func plain(a at[string]) string {
	if a.node == nil || a.node.secret || len(a.node.variables) > 0 {
		return ""
	}
	return a.value
}

func (b *builder) scenario(root *node, s scenarioSpec) *Scenario {
	out := &Scenario{Name: s.name.value, Engine: DefaultEngine, templates: b.templates}
	out.Loads = b.loads(root, s)
	out.Feeds = b.feeds(s)
	out.Requests, out.Payloads = b.requests(root, s)
	b.thresholdRequests(s, out.Requests)
	out.Targets = b.targets(s)
	out.Ledger = b.ledger(s)
	out.Cluster = b.cluster(s)
	out.Generators = b.generators(s)
	out.Injections, out.AllowFaults = b.injections(s, out), s.allowed.value
	out.Compare = b.compare(s)
	out.Search = b.search(s)
	out.Gate = b.gate(s, out.Requests)
	out.Outage = DefaultOutage
	if s.outage.ok() {
		out.Outage = s.outage.value
	}
	if s.engine.ok() {
		out.Engine = s.engine.value
	}
	out.Notes = b.notes
	return out
}

func (b *builder) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (b *builder) requests(root *node, s scenarioSpec) (all []attack.Request, payloads map[int]string) {
	written := s.requests.value
	switch {
	case s.request.given() && s.requests.given():
		b.faults.add(s.requests.node.where(), "requests", "stands beside request", "one request stands under request, several under requests")
		return nil, nil
	case s.request.given():
		written = []at[requestSpec]{s.request}
	case !s.requests.given():
		if root.lacks(scenarioForm().key("request")) && root.lacks(scenarioForm().key("requests")) {
			b.faults.add(root.where(), "request", "is missing", "say under request, or in a list under requests, what is sent")
		}
		return nil, nil
	}
	payloads = map[int]string{}
	names := map[string]bool{}
	for _, r := range written {
		if !r.ok() {
			continue
		}
		request := b.request(r.value)
		if r.value.name.ok() && names[request.Name] {
			b.fault(r.value.name.node, "is the name of another request too", "")
		}
		request.Name = unique(request.Name, "%s (%d)", names)
		names[request.Name] = true
		if feed := b.payload(s, r.value, request); feed != "" {
			payloads[len(all)] = feed
		}
		all = append(all, request)
	}
	b.weights(written)
	return all, payloads
}

// weights finds requests without a weight among others that have one.
func (b *builder) weights(written []at[requestSpec]) {
	weighted := func(r at[requestSpec]) bool { return r.value.weight.given() }
	for _, r := range written {
		if !weighted(r) && slices.ContainsFunc(written, weighted) {
			b.fault(r.node, "has no weight, and others have one", "give each a weight, or none: then they are sent in order")
		}
		if weighted(r) && r.value.capture.given() {
			b.fault(r.value.capture.node, "is for requests that follow in the pass, and with weights none does", "leave the weights out: then requests are sent in order")
		}
	}
}

// unique is a name that nobody chose, with a number where it is taken. format writes both.
func unique(name, format string, taken map[string]bool) string {
	for n := 2; taken[name]; n++ {
		if numbered := fmt.Sprintf(format, name, n); !taken[numbered] {
			return numbered
		}
	}
	return name
}

func (b *builder) request(r requestSpec) attack.Request {
	out := attack.Request{
		Name: r.name.value, Method: http.MethodGet, Header: http.Header{}, Body: b.body(r),
		Verbatim: r.bodyFile.ok(), User: r.auth.value.user.value, Password: r.auth.value.password.value,
		Follow: r.follow.value, Expect: b.expect(r.expect.value), Claims: 1,
	}
	out.Weight = r.weight.value
	if r.claims.ok() {
		out.Claims = r.claims.value
	}
	if r.pause.ok() {
		out.Pause = &r.pause.value
	}
	if r.method.ok() {
		out.Method = r.method.value
	}
	if r.path.ok() {
		out.Path = r.path.node.text
	}
	if !r.name.ok() {
		// The query stays out: it may hold a token, and names go into every report.
		path, _, _ := strings.Cut(b.shown(out.Path), "?")
		out.Name = out.Method + " " + path
	}
	for name, value := range b.headers(r.headers, attack.CheckHeader) {
		out.Header.Set(name, value)
	}
	if r.headers.ok() {
		for _, e := range r.headers.node.fields {
			if e.value.secret || len(e.value.variables) > 0 {
				out.Secret = append(out.Secret, http.CanonicalHeaderKey(e.name))
			}
		}
	}
	b.values(r)
	out.Captures = b.captures(r, out.Name)
	if r.auth.ok() && out.Header.Get("Authorization") != "" {
		b.fault(r.auth.node, "stands beside a header Authorization", "leave one of them out")
	}
	return out
}

// values finds forms of values that are none, and names of values that there are not. A file with a body
// has no values.
func (b *builder) values(r requestSpec) {
	check := func(n *node) {
		if n == nil || n.broken {
			return
		}
		t, err := template.Parse(n.text)
		if err == nil {
			err = b.names.unknown(t)
		}
		if err != nil {
			b.fault(n, err.Error(), "")
		}
	}
	check(r.path.node)
	check(r.body.node)
	check(r.auth.value.user.node)
	check(r.auth.value.password.node)
	if r.headers.ok() {
		for _, e := range r.headers.node.fields {
			check(e.value)
		}
	}
}

// headers are the values by canonical name. check judges each of them.
func (b *builder) headers(h at[map[string]at[string]], check func(name, value string) error) map[string]string {
	out := map[string]string{}
	if !h.ok() {
		return out
	}
	for _, e := range h.node.fields {
		value, ok := h.value[e.name]
		if !ok {
			continue
		}
		name := http.CanonicalHeaderKey(e.name)
		if _, twice := out[name]; twice {
			b.faults.add(e.at, value.node.path, "is given twice: header names know no case", "")
		}
		if value.ok() {
			if err := check(name, value.value); err != nil {
				b.fault(value.node, err.Error(), "")
			}
		}
		out[name] = value.value
	}
	return out
}

func (b *builder) targets(s scenarioSpec) []Target {
	var out []Target
	var names []string
	for _, t := range s.targets.value {
		if !t.ok() {
			continue
		}
		w := t.value
		target := Target{
			Name: w.name.value, URL: w.url.value.url, Socket: w.url.value.socket,
			HostFrom: b.hostFrom(w.hostFrom), Insecure: w.insecure.value,
		}
		if w.url.ok() {
			target.address = shownAddress(w.url.node, target.URL)
		}
		if w.http2.ok() {
			target.HTTP2 = &w.http2.value
		}
		if own := w.names(); w.name.ok() && slices.ContainsFunc(own, func(name string) bool { return slices.Contains(names, name) }) {
			b.fault(w.name.node, "is the name of another target too", "")
		}
		if w.url.ok() {
			b.ignoredPath(s, w.url)
			b.way(w, &target)
			b.connectionHeaders(s, target)
		}
		names = append(names, w.names()...)
		out = append(out, b.sizes(s, w, target)...)
	}
	return out
}

// ignoredPath finds the path of a target that no request would use.
func (b *builder) ignoredPath(s scenarioSpec, target at[address]) {
	if p := target.value.url.Path; p == "" || p == "/" {
		return
	}
	for _, r := range append(s.requests.value, s.request) {
		if r.value.path.ok() && fromRoot(r.value.path.value) {
			b.fault(target.node, "has a path, but request paths that begin with / start at the root and would pass it by",
				"write the request's path without its leading /")
			return
		}
	}
}

// connectionHeaders finds headers that HTTP/2 forbids (RFC 9113 §8.2.2), where a target is to
// speak it.
func (b *builder) connectionHeaders(s scenarioSpec, target Target) {
	if target.URL.Scheme != "https" || target.HTTP2 == nil || !*target.HTTP2 {
		return
	}
	b.ownConnections(s, target)
	for _, r := range append(s.requests.value, s.request) {
		for name, value := range r.value.headers.value {
			switch http.CanonicalHeaderKey(name) {
			case "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade":
				b.fault(value.node, "is never sent over HTTP/2, which target "+target.Name+" is to speak", "leave out http2: true of the target")
			}
		}
	}
}

func fromRoot(u *url.URL) bool { return u.Host == "" && strings.HasPrefix(u.Path, "/") }

// threshold finds thresholds that no run could meet or miss: they ask about a ledger or a
// target that the scenario does not have.
func (b *builder) threshold(s scenarioSpec, t at[threshold.Threshold]) {
	switch m := t.value.Metric; {
	case m.Ledger && !s.ledger.given():
		b.fault(t.node, m.Name+" needs a ledger", "say under ledger where the service writes its rows")
	case m.Served && !s.ledger.given() && !s.namesHosts(t.value.Target):
		b.fault(t.node, m.Name+" needs a ledger, or answers that name their hosts", "say under ledger where the service writes its rows, or under host_from of the target where an answer names its host")
	}
	if t.value.Target == "" || !s.targets.ok() {
		return
	}
	known := s.targetNames()
	if !slices.Contains(known, t.value.Target) && !slices.Contains(known, "") {
		b.fault(t.node, "is about a target that there is not"+t.node.got(), suggestName(t.value.Target, known))
	}
}

// thresholdRequests finds thresholds about a request that there is not.
func (b *builder) thresholdRequests(s scenarioSpec, requests []attack.Request) {
	names := requestNames(requests)
	written := slices.Clone(s.thresholds.value)
	for _, l := range s.loads.value {
		written = append(written, l.value.thresholds.value...)
	}
	for _, t := range written {
		if of := t.value.Request; t.ok() && of != "" && !slices.Contains(names, of) {
			b.fault(t.node, "is about a request that there is not"+t.node.got(), suggestName(of, names))
		}
	}
	for _, t := range s.capacity.value.slo.value {
		if t.ok() && t.value.Request != "" {
			b.fault(t.node, "is about one request, and a search is about all of them", "leave {"+t.value.Request+"} out")
		}
	}
}
