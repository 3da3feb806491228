package attack

import "github.com/stress-tool/stress/runlog"

// Connection counts the whole answers that one connection has carried, and how many of them
// each host gave. An engine keeps one for every connection. The zero value is a new
// connection. It is not safe for concurrent use.
type Connection struct {
	answers, named uint64
	hosts          []uint64 // answers by host; hosts[0] is host 1
}

// Count counts the answer of an outcome that came on this connection, and sets its Nth. It
// counts whole answers only.
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

// Reset makes c a new connection and keeps its memory.
func (c *Connection) Reset() { *c = Connection{hosts: c.hosts[:0]} }

// Nth is the number of an answer on its connection, from 1; 0 is none.
type Nth struct {
	Answer uint64 // among all whole answers
	Named  uint64 // among those that name their host
	OfHost uint64 // among those that name the same host
}

// square returns n² − (n−1)²: these add up to n² over the numbers 1 to n.
func square(n uint64) uint64 {
	if n == 0 {
		return 0
	}
	return 2*n - 1
}

// carriedBy returns what an outcome adds to the sums over the connections.
func carriedBy(o *Outcome) runlog.Carried {
	c := runlog.Carried{Squares: square(o.Nth.Answer), NamedSquares: square(o.Nth.Named)}
	if o.Nth.Answer == 1 {
		c.Connections = 1
	}
	return c
}

// answered reports whether a whole answer came.
func answered(c runlog.Class) bool { return c.Completed() }
