package attack

import (
	"regexp"
	"sync"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

// HostFrom says where an answer names the host that gave it. The zero value is nowhere.
type HostFrom struct {
	// Header is the header that holds the name, in canonical form; "" is none. Several of
	// it are one name, joined by ", ".
	Header string
	// Body finds the name in the body, of which the first MatchLimit bytes are looked at,
	// decoded: it is the first group of the first match, or all of the match without a group.
	// Nil is none.
	Body *regexp.Regexp
}

// Host numbers a host that answers of a leg name, in the order of their first answers. The
// zero value is none.
type Host uint32

// Bounds on what a target may call its hosts: it may give a new name with every answer. What is
// beyond them is counted as [runlog.OtherHosts].
const (
	maxHosts    = 200 // told apart in a leg
	maxHostName = 255 // bytes
)

// hosts are the hosts of a leg. They are safe for concurrent use.
type hosts struct {
	secrets *secret.Set
	mu      sync.RWMutex
	numbers map[string]Host
	names   []string // as stored; that of number 1 comes first
}

// number is the host of a name, compared byte by byte.
func (h *hosts) number(name []byte) Host {
	if len(name) == 0 {
		return 0
	}
	if len(name) > maxHostName {
		name = []byte(runlog.OtherHosts)
	}
	h.mu.RLock()
	n, known := h.numbers[string(name)]
	h.mu.RUnlock()
	if known {
		return n
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n, known = h.numbers[string(name)]; known {
		return n
	}
	if len(h.names) >= maxHosts {
		name = []byte(runlog.OtherHosts)
		if n, known = h.numbers[string(name)]; known {
			return n
		}
	}
	if h.numbers == nil {
		h.numbers = make(map[string]Host)
	}
	h.names = append(h.names, runlog.HostName(h.secrets.Blot(string(name))))
	n = Host(len(h.names))
	h.numbers[string(name)] = n
	return n
}

// name is how a host is stored.
func (h *hosts) name(n Host) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.names[n-1]
}

// servedBy counts answers by host, that of number 1 first.
type servedBy []runlog.Served

func (s *servedBy) at(n Host) *runlog.Served {
	for len(*s) < int(n) {
		*s = append(*s, runlog.Served{})
	}
	return &(*s)[n-1]
}

func (s *servedBy) add(o *Outcome) {
	if o.Nth.OfHost == 0 {
		return
	}
	served := runlog.Served{Answers: 1, Squares: square(o.Nth.OfHost)}
	if o.Class == runlog.Success {
		served.Success = 1
	}
	s.at(o.Host).Merge(served)
}

func (s *servedBy) merge(o servedBy) {
	for i, served := range o {
		s.at(Host(i + 1)).Merge(served)
	}
}

// stored is what a second stores; nil for none. Two names may be one as they are stored.
func (s servedBy) stored(h *hosts) map[string]runlog.Served {
	var out map[string]runlog.Served
	for i, served := range s {
		if served.Answers == 0 {
			continue
		}
		if out == nil {
			out = make(map[string]runlog.Served, len(s))
		}
		name := h.name(Host(i + 1))
		served.Merge(out[name])
		out[name] = served
	}
	return out
}
