package attack

import (
	"math"
	"time"

	"github.com/stress-tool/stress/attack/plan"
)

// After returns when the next request of a client is due, if a request of one of its passes ended at done;
// begun is when the first request of that pass was due. overdue says that the pass has ended and took
// longer than Every, its pauses included: then the next begins without a wait. An engine asks once for
// every request that ended, also if none follows.
func (j *Job) After(client, pass uint64, request int, begun, done time.Duration) (due time.Duration, overdue bool) {
	last := Mixed(j.Requests) || request == len(j.Requests)-1
	if last && j.Plan.Open() {
		return done, false
	}
	due = done + j.pause(client, pass, request)
	if !last || j.Every == 0 {
		return due, false
	}
	next := begun + j.Every
	return max(due, next), due > next
}

// pause is the length of the pause after a request of a pass. It follows from the job's seed.
func (j *Job) pause(client, pass uint64, request int) time.Duration {
	p := j.Pause
	if own := j.Requests[request].Pause; own != nil {
		p = *own
	}
	if j.NoPauses || p == (plan.Pause{}) {
		return 0
	}
	// Places are numbered from 0 for values in requests, and from the other end for pauses.
	return p.Length(j.Turn(client, pass).Random(math.MaxUint64-uint64(request), 0))
}
