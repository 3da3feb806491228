package runlog

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// Merge makes s the second of two generators together, its own and the same second of another. Counts add
// up, times at which something happened span both. CPU, Steal, Busy, Runnable, GCPauseMS and WallS are the
// worse of the two, for each generator is judged by itself. Active adds up and so may be more than were at
// work at one time. Retransmits of two generators on one machine are counted twice. The order of merging does
// not matter, and s shares nothing with o afterwards. To begin with, s is the second of one generator.
func (s *Second) Merge(o Second) {
	s.WallS = max(s.WallS, o.WallS)
	s.Due += o.Due
	s.Sent += o.Sent
	s.Done += o.Done
	s.Outcomes.Merge(o.Outcomes)
	s.Drained = mergedPointer(s.Drained, o.Drained, func(a, b Outcomes) Outcomes { a.Merge(b); return a })
	s.Succeeded = mergedPointer(s.Succeeded, o.Succeeded, Span.cover)
	s.Standstills = union(s.Standstills, o.Standstills)
	s.Requests = merged(s.Requests, unshared(o.Requests), RequestCounts.with)
	s.BytesSent += o.BytesSent
	s.BytesReceived += o.BytesReceived
	s.Addresses = merged(s.Addresses, o.Addresses, sum)
	s.Statuses = merged(s.Statuses, o.Statuses, sum)
	s.Served = merged(s.Served, o.Served, func(a, b Served) Served { a.Merge(b); return a })
	s.Carried.Merge(o.Carried)
	s.Connects += o.Connects
	s.Redirects += o.Redirects
	s.Stamped += o.Stamped
	s.Waited += o.Waited
	s.Own += o.Own
	s.BusyS = within(s.BusyS, o.BusyS)
	s.ThoughtS = within(s.ThoughtS, o.ThoughtS)
	s.Overdue += o.Overdue
	s.Skipped = merged(s.Skipped, o.Skipped, sum)
	s.Active = within(s.Active, o.Active)
	s.InFlight = within(s.InFlight, o.InFlight)
	s.CPU = max(s.CPU, o.CPU)
	s.GCPauseMS = max(s.GCPauseMS, o.GCPauseMS)
	s.Steal = mergedPointer(s.Steal, o.Steal, greater)
	s.Busy = mergedPointer(s.Busy, o.Busy, greater)
	s.Runnable = mergedPointer(s.Runnable, o.Runnable, greater)
	s.Retransmits = mergedPointer(s.Retransmits, o.Retransmits, sum)
}

// with are the counts of both.
func (c RequestCounts) with(o RequestCounts) RequestCounts {
	c.Outcomes.Merge(o.Outcomes)
	c.Drained = mergedPointer(c.Drained, o.Drained, func(a, b Outcomes) Outcomes { a.Merge(b); return a })
	c.Skipped += o.Skipped
	return c
}

// unshared are the counts with what they point at copied.
func unshared(all map[string]RequestCounts) map[string]RequestCounts {
	out := make(map[string]RequestCounts, len(all))
	for name, c := range all {
		out[name] = RequestCounts{}.with(c)
	}
	return out
}

func sum(a, b uint64) uint64 { return a + b }

// within is the sum of two numbers that are not below 0, or the most that a run directory takes.
func within[T float64 | int64](a, b T) T { return min(a+b, untrusted.MaxNumber) }

func greater[T cmp.Ordered](a, b T) T { return max(a, b) }

// cover is the time from the beginning of the first of two spans to the end of the last.
func (s Span) cover(o Span) Span { return Span{min(s.From, o.From), max(s.To, o.To)} }

// union are the spans of both lists in order, those that touch as one; nil for none.
func union(a, b []Span) []Span {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(a, b Span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var out []Span
	for _, s := range all {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1] = out[n-1].cover(s)
			continue
		}
		out = append(out, s)
	}
	return out
}

// mergedPointer is what two values make together, where nil is none.
func mergedPointer[T any](a, b *T, of func(a, b T) T) *T {
	if b == nil {
		return a
	}
	v := *b
	if a != nil {
		v = of(*a, v)
	}
	return &v
}

// merged are the entries of both maps, those of one key together; nil for none.
func merged[M ~map[K]V, K comparable, V any](a, b M, of func(a, b V) V) M {
	if len(b) == 0 {
		return a
	}
	out := maps.Clone(a)
	if out == nil {
		out = make(M, len(b))
	}
	for key, v := range b {
		if had, ok := out[key]; ok {
			v = of(had, v)
		}
		out[key] = v
	}
	return out
}
