package agent

import (
	"fmt"
	"net/netip"

	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// Limits are what an agent puts on at most, whatever a lead asks. The zero value of each is no limit.
type Limits struct {
	MaxRate    float64 // requests per second
	MaxClients int     // at work at one time
	// Targets are the networks whose addresses it may load.
	Targets []netip.Prefix
}

// exceeded is how a second went beyond the limits, "" if it did not. Of two seconds in a row the sum counts:
// what was late in the first comes in the second.
func (l Limits) exceeded(before, s runlog.Second) string {
	switch {
	case l.MaxRate > 0 && float64(before.Sent+s.Sent) > 2*l.MaxRate+1:
		return fmt.Sprintf("it sent %s in 2 s, and was started with --max-rate %s", words.Counted(before.Sent+s.Sent, "request"), words.Significant(l.MaxRate, 3))
	case l.MaxClients > 0 && s.Active > int64(l.MaxClients):
		return fmt.Sprintf("%s were at work at one time, and it was started with --max-clients %d", words.Counted(s.Active, "client"), l.MaxClients)
	}
	return ""
}
