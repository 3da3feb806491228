package attack

import "github.com/stress-tool/stress/runlog"

// Connection counts the whole answers that one connection has carried, and how many of them
// each host gave. An engine keeps one for every connection. The zero value has carried
// nothing. It is not safe for concurrent use.
type Connection struct {
	answers, named uint64
	hosts          []uint64 // answers by host, that of number 1 first
}

// Count counts the answer of an outcome, which came on the connection, and numbers it: see
// [Outcome.Nth]. What is no whole answer is not counted.
func (c *Connection) Count(o *Outcome) {
	if !answered(o.Class) {
		return
	}
	c.answers++
	o.Nth.Answer = c.answers
	if o.Host == 0 {
		return
	}
	for len(c.hosts) < int(o.Host) {
		c.hosts = append(c.hosts, 0)
	}
	c.named++
	c.hosts[o.Host-1]++
	o.Nth.Named, o.Nth.OfHost = c.named, c.hosts[o.Host-1]
}

// Reset makes it that of a new connection and keeps the memory.
func (c *Connection) Reset() { *c = Connection{hosts: c.hosts[:0]} }

// Nth numbers an answer among those of its connection, from 1; 0 is none.
type Nth struct {
	Answer uint64 // among all whole ones
	Named  uint64 // among those that name their host
	OfHost uint64 // among those that name the same one
}

// square is what the n-th of something adds to the square of their number.
func square(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	return 2*n - 1
}

// carriedBy is what an outcome adds to the sums over the connections.
func carriedBy(o *Outcome) runlog.Carried {
	c := runlog.Carried{Squares: square(o.Nth.Answer), NamedSquares: square(o.Nth.Named)}
	if o.Nth.Answer == 1 {
		c.Connections = 1
	}
	return c
}

// answered reports whether a whole answer came.
func answered(c runlog.Class) bool { return c <= runlog.Unexpected }
