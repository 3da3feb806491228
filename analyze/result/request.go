package result

import (
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog"
)

// Several are the names of the requests of a pass, where it has more than one.
func (a *Analysis) Several() []string {
	if len(a.Run.Requests) < 2 {
		return nil
	}
	return a.Run.Requests
}

// OfRequest is the run of one load as it would be if it had sent one of its requests alone: with the
// times, rates and errors of that request, and without what is known of all of them together. It
// is nil where the run has no such request. missing says why a run that has it cannot tell.
func (a *Analysis) OfRequest(name string) (of *Analysis, missing Gap) {
	i := slices.Index(a.Run.Requests, name)
	if i < 0 {
		return nil, Gap{CodeNoBaseline, "has no request " + name}
	}
	out := *a
	out.Comparison, out.Replicas, out.Resilience, out.Key, out.Thresholds = nil, nil, nil, nil, nil
	out.Run.Requests, out.Run.Weights = []string{name}, nil
	out.Legs, out.Pools = slices.Clone(a.Legs), nil
	for n := range out.Legs {
		l := &out.Legs[n]
		if len(a.Run.Requests) == 1 {
			l.shareNothing()
			continue
		}
		if i >= len(a.Legs[n].Requests) || Ended(a.Legs[n].Requests[i].Outcomes) > 0 && a.Legs[n].Requests[i].Rates == nil {
			return nil, Gap{CodeNoBaseline, "was kept before the figures of single requests were"}
		}
		*l = a.Legs[n].OfRequest(i)
	}
	for _, p := range a.Pools {
		if len(a.Run.Requests) > 1 {
			if i >= len(p.Requests) {
				continue
			}
			p = p.Requests[i]
		}
		p.Hosts, p.Spread = nil, nil
		out.Pools = append(out.Pools, p)
	}
	return &out, Gap{}
}

// OfRequest is the leg as it would be if it had sent one of its requests alone, by its index.
func (l Leg) OfRequest(i int) Leg {
	r := &l.Requests[i]
	l.Part = l.Answered()
	l.shareNothing()
	l.Outcomes, l.ErrorRate, l.Rates, l.Skipped = r.Outcomes, r.ErrorRate, r.Rates, r.Skipped
	l.RateRPS, l.SuccessRPS = r.Rates[metric.Rate.Name].Value, r.Rates[metric.Successes.Name].Value
	l.Sent, l.Completed = r.Outcomes.Ended(), r.Outcomes.Completed()
	l.Response, l.Service, l.Undisturbed = r.Response, r.Service, r.Undisturbed
	if l.Service.N == 0 {
		l.Service = l.Response // from before service times were kept by request
	}
	l.Failures = slices.DeleteFunc(slices.Clone(l.Failures), func(f runlog.Failure) bool { return f.Request != r.Name })
	return l
}

// shareNothing takes from the leg what is known of all its requests together.
func (l *Leg) shareNothing() {
	l.Reconcile, l.Hosts, l.Spread, l.Outage, l.Requests = nil, nil, nil, nil, nil
	l.SkippedFor, l.ClientTime, l.FirstByte = nil, nil, Latency{}
}
