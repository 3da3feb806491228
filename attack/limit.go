package attack

import (
	"time"

	"github.com/stress-tool/stress/runlog"
)

// limit is the longest service time of a success of a request; within is 0 where there is none.
type limit struct {
	within time.Duration
	reason string
}

// limitsOf are those of the requests of a pass, nil where none has any.
func limitsOf(requests []Request) []limit {
	var all []limit
	for i, r := range requests {
		if r.Expect.Within <= 0 {
			continue
		}
		if all == nil {
			all = make([]limit, len(requests))
		}
		all[i] = limit{r.Expect.Within, "took longer than " + r.Expect.Within.String()}
	}
	return all
}

// holdToLimit makes a success that took longer than its request may a failure. It goes by the service time,
// since the wait before a request is sent is the generator's.
func (m *Meter) holdToLimit(o *Outcome) {
	if m.limits == nil || o.Class != runlog.Success {
		return
	}
	if l := &m.limits[o.Request]; l.within > 0 && o.Done-o.Sent > l.within {
		o.Class, o.Reason = runlog.TooSlow, l.reason
	}
}
