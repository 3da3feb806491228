package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
)

// addressForm is what can be typed in place of a file: an address, with a name for it
// or without.
var addressForm = lazy.Regexp(`^(?:([a-z0-9][a-z0-9_-]{0,63})=)?((?i:https?)://.*)$`)

// IsAddress reports that a word is one that [Typed] takes.
func IsAddress(word string) bool { return addressForm().MatchString(word) }

// Defaults of a scenario that is typed.
const (
	typedLoad     = "maintain-client-load"
	typedClients  = "50"
	typedDuration = "1m"
	typedTable    = "dados"
	typedColumn   = "Host"
)

// ErrPaths says that the addresses that were typed differ in more than their hosts.
var ErrPaths = errors.New("they ask for different paths")

// Typed is the scenario of addresses, [NAME=]http://HOST[:PORT][/PATH], each of them a
// target; all of them get the same path. Of the load and the ledger it holds what the
// assignments in set leave open: fifty clients at work for a minute, the table dados
// and its column Host.
func Typed(addresses []string, set []string) (Document, error) {
	d := Document{File: "command line", typed: true, args: map[string]string{}}
	if len(addresses) == 0 {
		return d, errors.New("there is no address")
	}
	load := defaultLoad(set)
	f := File{Load: &load, Ledger: defaultLedger(set)}
	var titles []string
	var path string
	names := map[string]bool{}
	for i, a := range addresses {
		part := addressForm().FindStringSubmatch(a)
		if part == nil {
			return d, fmt.Errorf("%q is no address: write http://HOST:PORT/PATH, or NAME=http://HOST:PORT/PATH", shorten(a))
		}
		base, rest := CutAddress(part[2])
		if i > 0 && rest != path {
			return d, fmt.Errorf("%s and %s: %w: all targets get the same request", shortAddress(addresses[0]), shortAddress(a), ErrPaths)
		}
		path = rest
		name := part[1]
		if name == "" {
			name = unique(TargetName(base), "%s-%d", names)
		}
		names[name] = true
		where, _, _ := strings.Cut(rest, "?")
		titles = append(titles, cmp.Or(strings.TrimSuffix(host(base)+where, "/"), "no host"))
		f.Targets = append(f.Targets, FileTarget{Name: name, URL: base})
		for _, key := range []string{"name", "url"} {
			d.args[fmt.Sprintf("targets.%d.%s", i, key)] = shortAddress(a)
		}
	}
	d.args["request.path"] = shortAddress(addresses[0])
	f.Name, f.Request = strings.Join(titles, " against "), &FileRequest{Path: path}
	d.Source = f.source()
	return d, nil
}

// DefaultLoad is the load of a scenario that says none: fifty clients at work for a minute.
func DefaultLoad() FileLoad { return defaultLoad(nil) }

// defaultLoad has the keys of the load that no assignment sets.
func defaultLoad(set []string) FileLoad {
	given := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return sets(set, "load."+key) })
	}
	var l FileLoad
	if !given("type", "rate", "stages") {
		l.Type = typedLoad
	}
	if !given("clients", "total", "rate", "stages") {
		l.Clients = typedClients
	}
	if !given("duration", "stages") {
		l.Duration = typedDuration
	}
	return l
}

// defaultLedger has the keys of the ledger that no assignment sets; nil where no database is
// named.
func defaultLedger(set []string) *FileLedger {
	if !sets(set, "ledger.dsn") {
		return nil
	}
	if sets(set, "ledger.query") {
		return &FileLedger{}
	}
	return &FileLedger{Table: typedTable, Column: typedColumn}
}

// sets reports that one of the assignments is to a key or to something below it.
func sets(set []string, key string) bool {
	return slices.ContainsFunc(set, func(s string) bool {
		return strings.HasPrefix(s, key+"=") || strings.HasPrefix(s, key+".")
	})
}

// CutAddress cuts an http or https address after its host, for the URL of a target and the path of a
// request; a path begins with / or is "/". It does not check the parts: the reader of the scenario
// does that.
func CutAddress(address string) (base, path string) {
	scheme := strings.Index(address, "://") + len("://")
	i := strings.IndexAny(address[scheme:], "/?#")
	if i < 0 {
		return address, "/"
	}
	base, path = address[:scheme+i], address[scheme+i:]
	if path[0] != '/' {
		path = "/" + path
	}
	return base, path
}

// host is the host and port of a base address.
func host(base string) string { return base[strings.LastIndexAny(base, "/@")+1:] }

// TargetName is the host and port of a base address, as targets can be named.
func TargetName(base string) string {
	name := asTargetName(host(base))
	return cmp.Or(name[:min(len(name), 60)], "target")
}

// shortAddress is an address for a fault: no user, no password, no query.
func shortAddress(a string) string {
	a, _, _ = strings.Cut(a, "?")
	return shorten(userinfoForm().ReplaceAllString(a, "$1"))
}
