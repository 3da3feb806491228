package lead

import (
	"fmt"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/runlog/untrusted"
)

const (
	// mostOfASecond is more requests, connections or answers than any machine has in a second, and mostBytes more
	// bytes: with them every sum of a leg fits its number.
	mostOfASecond = 100_000_000
	mostBytes     = 1 << 40
	// early is how much before its time a second may come: the clocks of lead and agent are known within a bound.
	early = 3 * time.Second
)

// plausible returns why a second cannot be one of a part. Whoever may write to the broker may have made it up: it is
// then that agent's account that is lost, and not the leg's.
func (m *merger) plausible(p *part, s *runlog.Second) error {
	if time.Duration(s.T)*time.Second-early > time.Since(m.leg.Start) {
		return fmt.Errorf("%w second %d, which has not begun", untrusted.ErrBounds, s.T)
	}
	for _, n := range countsOf(s) {
		if n > mostOfASecond {
			return fmt.Errorf("%w %d in a second", untrusted.ErrBounds, n)
		}
	}
	sent, ended, skipped := p.sent+s.Sent, p.outcomes.Ended()+s.Ended(), p.skipped+s.AllSkipped()
	switch {
	case s.BytesSent > mostBytes || s.BytesReceived > mostBytes:
		return fmt.Errorf("%w %d bytes sent and %d received in a second", untrusted.ErrBounds, s.BytesSent, s.BytesReceived)
	case s.Done != s.Ended() || ended > sent:
		return fmt.Errorf("%w: %d requests are done in a second and %d ended, in all %d were sent and %d ended", attack.ErrAccounting, s.Done, s.Ended(), sent, ended)
	case m.leg.Job.Plan.Open() && sent+skipped > p.planned:
		return fmt.Errorf("%w: %d requests were sent and %d skipped of %d planned", attack.ErrAccounting, sent, skipped, p.planned)
	}
	if len(m.leg.Meter.Requests) > 1 {
		var all runlog.Outcomes
		for _, c := range s.Requests {
			all.Merge(c.Outcomes)
		}
		if all != s.Outcomes {
			return fmt.Errorf("%w: the requests of a pass have other outcomes than their second", attack.ErrAccounting)
		}
	}
	return nil
}

// countsOf are the counts of a second but for its bytes.
func countsOf(s *runlog.Second) []uint64 {
	counts := []uint64{s.Due, s.Sent, s.Done, s.Connects, s.Redirects, s.Stamped, s.Waited, s.Own, s.Overdue}
	outcomes := func(o runlog.Outcomes) {
		for c := runlog.Success; c <= runlog.Cut; c++ {
			counts = append(counts, o.Of(c))
		}
	}
	outcomes(s.Outcomes)
	for _, c := range s.Requests {
		outcomes(c.Outcomes)
	}
	for _, n := range s.Skipped {
		counts = append(counts, n)
	}
	for _, n := range s.Addresses {
		counts = append(counts, n)
	}
	for _, n := range s.Statuses {
		counts = append(counts, n)
	}
	return counts
}

// plausibleTimes returns why a second cannot have a distribution: no more times are taken than requests were sent
// and ended, connections opened and redirects followed.
func plausibleTimes(s *runlog.Second, tag string, bars hist.Bars) error {
	if n := bars.N(); uint64(n) > s.Sent+s.Done+s.Connects+s.Redirects {
		return fmt.Errorf("%w %d times of %s in a second in which %d requests ended", untrusted.ErrBounds, n, tag, s.Done)
	}
	return nil
}

// plausibleEnd returns why a part cannot have an end beside its seconds.
func (p *part) plausibleEnd(e *wire.End) error {
	if e.Outcomes.Ended() != e.Sent {
		return fmt.Errorf("%w: %d requests were sent and %d ended", attack.ErrAccounting, e.Sent, e.Outcomes.Ended())
	}
	// A part that sent nothing more because it must not is as long as its plan, and has fewer seconds.
	if e.Duration > max(p.plan.Duration(), time.Duration(p.next+1)*time.Second) {
		return fmt.Errorf("%w %v long: its seconds are %d", untrusted.ErrBounds, e.Duration, p.next)
	}
	return nil
}
