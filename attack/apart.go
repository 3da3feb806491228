package attack

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stress-tool/stress/runlog"
)

// Apart holds the seconds of several generators together to what those of one tell apart: of a leg the hosts and the
// status codes, of a second the addresses. What is beyond is counted together, as it is for one. Use [NewApart],
// one for a leg.
type Apart struct {
	hosts    map[string]bool
	statuses statuses
}

// NewApart is for the seconds of a leg from its beginning on.
func NewApart() *Apart { return &Apart{hosts: map[string]bool{}, statuses: statuses{}} }

const (
	// maxStoredName is the longest name of a host as it is stored, in bytes: of one that is no UTF-8 each byte takes four.
	maxStoredName = 4 * maxHostName
	// maxAddress is the longest address with its zone and port, in bytes.
	maxAddress = 128
	// maxStandstills is how many standstills of a second are kept, the longest.
	maxStandstills = 1000
)

// Bound holds a second to it. Every sum over hosts, codes or addresses stays what it was.
func (a *Apart) Bound(s *runlog.Second) {
	s.Served = together(s.Served, runlog.OtherHosts, func(name string) bool {
		if len(name) > maxStoredName || !a.hosts[name] && len(a.hosts) >= maxHosts {
			return false
		}
		a.hosts[name] = true
		return true
	}, func(a, b runlog.Served) runlog.Served { a.Merge(b); return a })
	s.Statuses = a.statuses.stored(s.Statuses)
	s.Addresses, s.Skipped = few(s.Addresses), few(s.Skipped)
	if len(s.Standstills) > maxStandstills {
		slices.SortFunc(s.Standstills, func(a, b runlog.Span) int { return cmp.Compare(b.To-b.From, a.To-a.From) })
		s.Standstills = s.Standstills[:maxStandstills]
		slices.SortFunc(s.Standstills, func(a, b runlog.Span) int { return cmp.Compare(a.From, b.From) })
	}
}

// few are counts by name, of the first [maxAddresses] names; the rest is of "others".
func few(counts map[string]uint64) map[string]uint64 {
	n := 0
	return together(counts, otherAddresses, func(name string) bool {
		n++
		return n <= maxAddresses && len(name) <= maxAddress
	}, func(a, b uint64) uint64 { return a + b })
}

// together are the values of names that are to be told apart, those of all others under one name. Names are
// asked for in their order.
func together[V any](of map[string]V, others string, apart func(string) bool, sum func(a, b V) V) map[string]V {
	if len(of) == 0 {
		return nil
	}
	out := make(map[string]V, len(of))
	for _, name := range slices.Sorted(maps.Keys(of)) {
		v := of[name]
		if name == others || !apart(name) {
			name = others
			if had, ok := out[name]; ok {
				v = sum(had, v)
			}
		}
		out[name] = v
	}
	return out
}
