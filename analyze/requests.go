package analyze

import (
	"context"
	"slices"
	"strconv"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
)

// requestTags are the tags of the response and of the service times of a request, by its index.
func requestTags(i int) (response, service string) {
	n := strconv.Itoa(i)
	return runlog.TagRequest + n, runlog.TagRequestService + n
}

// countRequests fills in the figures of each request, if a pass has several. tag is the run's measure.
func (l *judgedLeg) countRequests(run *runlog.Run, tag string) {
	if len(run.Requests) < 2 {
		return
	}
	l.Requests, l.flows = make([]result.RequestStats, len(run.Requests)), make([]flow, len(run.Requests))
	undisturbed := measured{}
	if len(l.disturbed) > 0 {
		undisturbed = l.undisturbedTimes()
	}
	for i, name := range run.Requests {
		response, service := requestTags(i)
		of := l.record.Request(name)
		r := &l.Requests[i]
		*r = result.RequestStats{Name: name, Outcomes: of.Outcomes, Skipped: of.Skipped, Response: l.times.latency(response), Service: l.times.latency(service)}
		l.countRequest(i, &runlog.Record{Leg: l.record.Leg, Seconds: l.record.SecondsOf(name)})
		measure := response
		if tag == runlog.TagService && r.Service.N > 0 {
			measure = service
		}
		doubt(r.Rates, l.times.memory(measure))
		if len(l.disturbed) > 0 {
			left := undisturbed.latency(service)
			r.Undisturbed = &left
		}
	}
	mix(run.Weights, l.Requests)
}

// countRequest fills in what follows from the counts of a request by second.
func (l *judgedLeg) countRequest(i int, of *runlog.Record) {
	r := &l.Requests[i]
	r.ErrorRate = shareEstimate(errorClusters(of.Seconds, l.planned))
	l.flows[i] = flowOf(of, l.LoadS, l.planned)
	r.Rates = rates(l.flows[i])
}

// ofRequest is the leg as it would be if it had sent one of its requests alone, by its name, for the
// figures of thresholds; of a pass of one request it is the leg itself.
func (l *judgedLeg) ofRequest(name string) *judgedLeg {
	i := slices.IndexFunc(l.Requests, func(r result.RequestStats) bool { return r.Name == name })
	if i < 0 {
		return l
	}
	out := *l
	out.Leg = l.Leg.OfRequest(i)
	out.flow = l.flows[i]
	response, service := requestTags(i)
	if l.Requests[i].Service.N == 0 {
		service = response // from before service times were kept by request
	}
	out.stored = map[string]string{runlog.TagResponse: response, runlog.TagService: service}
	if l.times != nil {
		out.times = measured{runlog.TagResponse: l.times.timing(response), runlog.TagService: l.times.timing(service)}
	}
	return &out
}

// ofRequests are the legs of a threshold: as they are, or of the request that it names.
func ofRequests(legs []*judgedLeg, name string) []*judgedLeg {
	if name == "" {
		return legs
	}
	out := make([]*judgedLeg, len(legs))
	for i, l := range legs {
		out[i] = l.ofRequest(name)
	}
	return out
}

// requestsWithin counts the requests anew in the seconds that are left. The leg shares its requests with
// the one that it was made of.
func (l *judgedLeg) requestsWithin(left []runlog.Second) {
	l.Requests, l.flows = slices.Clone(l.Requests), slices.Clone(l.flows)
	kept := map[int]bool{}
	for _, s := range left {
		kept[s.T] = true
	}
	for i := range l.Requests {
		of := slices.DeleteFunc(l.record.SecondsOf(l.Requests[i].Name), func(s runlog.Second) bool { return !kept[s.T] })
		l.Requests[i].Outcomes, l.Requests[i].Skipped = runlog.Outcomes{}, 0
		for _, s := range of {
			l.Requests[i].Outcomes.Merge(s.Outcomes)
		}
		l.countRequest(i, &runlog.Record{Seconds: of})
	}
}

// poolRequests takes the requests of legs together, one by one.
func poolRequests(ctx context.Context, legs []*judgedLeg, tag string, stood bool) ([]result.Pool, error) {
	out := make([]result.Pool, len(legs[0].Requests))
	responses, services := make([]string, len(out)), make([]string, len(out))
	for i, r := range legs[0].Requests {
		responses[i], services[i] = requestTags(i)
		if r.Service.N == 0 {
			services[i] = responses[i] // from before service times were kept by request
		}
	}
	measure := responses
	if tag == runlog.TagService {
		measure = services
	}
	times, err := pooledTimes(ctx, legs, measure)
	if err != nil {
		return nil, err
	}
	var undelayed measured
	if stood || tag == runlog.TagResponse {
		if undelayed, err = pooledTimes(ctx, undisturbedLegs(legs), services); err != nil {
			return nil, err
		}
	}
	for i := range out {
		flows := make([]flow, len(legs))
		for n, l := range legs {
			flows[n] = l.flows[i]
		}
		out[i] = result.Pool{Target: legs[0].Target, Rounds: len(legs), Rates: rates(flows...), Times: times.latency(measure[i])}
		if undelayed != nil {
			left := undelayed.latency(services[i])
			out[i].Undelayed = &left
		}
	}
	return out, nil
}

// mix holds the shares of requests that are chosen by weight against those that the weights ask for.
func mix(weights []int, requests []result.RequestStats) {
	var asked float64
	var ended uint64
	for i, w := range weights {
		asked += float64(w)
		ended += requests[i].Outcomes.Ended()
	}
	shares := make([]float64, len(weights))
	for i, w := range weights {
		requests[i].Asked = float64(w) / asked
		shares[i] = float64(requests[i].Outcomes.Ended()) / float64(max(1, ended))
	}
	for i, iv := range stats.WilsonShares(shares, float64(ended), result.Confidence) {
		if ended > 0 {
			requests[i].Share = &result.Estimate{Value: iv.Value, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: result.Confidence, N: ended}
		}
	}
}
