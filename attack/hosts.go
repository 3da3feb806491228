package attack

import (
	"regexp"
	"sync"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

// HostFrom says where an answer names the host that gave it. With the zero value no answer does.
type HostFrom struct {
	// Header is the header that holds the name, in canonical form; "" is none. If an answer
	// has the header several times, its name is their values, joined by ", ".
	Header string
	// Body finds the name in the first MatchLimit bytes of the decoded body. The name is the
	// first group of the first match, or the whole match if the expression has no group. nil
	// is none.
	Body *regexp.Regexp
}

// Host is the number of a host, from 1, in the order in which the answers of a leg first
// name the hosts. 0 is none.
type Host uint32

// Bounds on the names of hosts, because a target can give a new name with every answer. Hosts
// beyond the bounds are counted together, as [runlog.OtherHosts].
const (
	maxHosts    = 200 // counted apart in a leg
	maxHostName = 255 // bytes
)

// hosts are the hosts of a leg. The methods are safe for concurrent use.
type hosts struct {
	secrets *secret.Set
	mu      sync.RWMutex
	numbers map[string]Host
	names   []string // as stored; names[0] is that of host 1
}

// number returns the host with a name, 0 for an empty one. Names are compared byte by byte.
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

// name returns the name under which a host is stored.
func (h *hosts) name(n Host) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.names[n-1]
}

// servedBy counts answers by host; servedBy[0] is host 1.
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

// stored returns the counts by the stored names of hosts, nil if there are none. Two names that
// differ may be the same as stored.
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
