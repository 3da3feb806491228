package agent

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/words"
)

// Limits are what an agent puts on at most, whatever a lead asks. The zero value of each is no limit.
type Limits struct {
	// MaxRate is in requests per second; a request and its redirects are one. A plan with a rate asks for no more than
	// that, on average where its starts are drawn at random. A load without one sends no more than twice as many at once.
	MaxRate    float64
	MaxClients int // at work at one time
	// Targets are the networks whose addresses it may load.
	Targets []netip.Prefix
}

// keep has a meter end a part that goes beyond what could not be known beforehand: in a closed load the answers say
// how much is sent, in an open one how many clients are at work, and in a closed one how many of those that were to
// end still are. What an open load sends is as planned, however late.
func (l Limits) keep(p plan.Plan, cfg *attack.MeterConfig) {
	if l.MaxRate > 0 && !p.Open() {
		b := &bucket{rate: l.MaxRate, most: 2*l.MaxRate + 1, filled: time.Now()}
		b.left = b.most
		cfg.OnSent = func() string {
			if b.take(time.Now()) {
				return ""
			}
			return fmt.Sprintf("it sends more than %s requests/s, and was started with --max-rate %[1]s", words.Significant(l.MaxRate, 3))
		}
	}
	if l.MaxClients > 0 {
		cfg.OnJoin = func(active int64) string {
			if active <= int64(l.MaxClients) {
				return ""
			}
			return fmt.Sprintf("%s are at work at one time, and it was started with --max-clients %d", words.Counted(active, "client"), l.MaxClients)
		}
	}
}

// bucket holds tokens, which come at a rate, up to a number.
type bucket struct {
	rate, most float64

	mu     sync.Mutex
	left   float64
	filled time.Time
}

// take takes a token, if there is one.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.After(b.filled) { // goroutines come in any order
		b.left, b.filled = min(b.most, b.left+b.rate*now.Sub(b.filled).Seconds()), now
	}
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
