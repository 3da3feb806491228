package embedded

import "time"

// failTimeout is how long a failed peer is left alone: nginx's default, together
// with max_fails=1.
const failTimeout = 10 * time.Second

// balancer says which peer gets the next attempt, round robin, as nginx does for
// servers of equal weight. nginx spreads unequal weights with a running balance
// per peer; with equal ones that is a cursor, and the cursor provably stays even
// within one. It is not safe for concurrent use and knows no clock.
//
// A peer that failed is skipped for [failTimeout]; then one request tries it, and
// only if that one is answered does the peer get its share again. A lone peer is
// never skipped, there being nowhere else to go.
type balancer struct {
	peers []peer
	next  int
}

// peer is what the balancer remembers of one server. The zero value is a peer
// that never failed.
type peer struct {
	failing bool
	failed  time.Time // the last failure
	checked time.Time // the last failure, or the last trial after it
}

func newBalancer(n int) *balancer { return &balancer{peers: make([]peer, n)} }

// pick returns the peer for the next attempt of a request that has been at the
// tried ones, and false if none is left for it.
func (b *balancer) pick(now time.Time, tried []bool) (int, bool) {
	for range b.peers {
		i := b.next
		b.next = (b.next + 1) % len(b.peers)
		if !tried[i] && b.eligible(i, now) {
			b.peers[i].checked = now
			return i, true
		}
	}
	return 0, false
}

func (b *balancer) eligible(i int, now time.Time) bool {
	p := b.peers[i]
	return !p.failing || now.Sub(p.checked) > failTimeout || len(b.peers) == 1
}

// failed books an attempt that got no answer.
func (b *balancer) failed(i int, now time.Time) {
	b.peers[i] = peer{failing: true, failed: now, checked: now}
}

// answered books an attempt that got one. The answer to a request that was sent
// before the peer failed does not bring it back.
func (b *balancer) answered(i int) {
	p := &b.peers[i]
	if p.failing && p.checked.After(p.failed) {
		p.failing = false
	}
}
