package analyze

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// series is the leg second by second. The quantiles are filled in by [draw] while the
// distributions stream by. Requests are the names of those of a pass.
func series(rec *runlog.Record, requests []string) []result.Point {
	points := make([]result.Point, len(rec.Seconds))
	drawn := 0
	if len(requests) > 1 {
		drawn = min(len(requests), result.DrawnRequests)
	}
	all := make([]result.RequestPoint, drawn*len(points))
	for i, s := range rec.Seconds {
		points[i] = result.Point{
			T: float64(s.T + 1), Due: s.Due, Sent: s.Sent, Done: s.Done, Outcomes: s.Outcomes,
			BytesSent: s.BytesSent, BytesReceived: s.BytesReceived,
			Active: s.Active, InFlight: s.InFlight, CPU: s.CPU, Steal: -1, LagP99: -1, Requests: all[i*drawn : (i+1)*drawn],
		}
		if s.Steal != nil {
			points[i].Steal = *s.Steal
		}
		if rec.DurationS > float64(s.T) {
			points[i].T = min(points[i].T, rec.DurationS) // the last second is shorter
		}
	}
	for r, name := range requests[:drawn] {
		of := rec.Request(name).Seconds
		for i, s := range rec.Seconds {
			if len(of) > 0 && of[0].T == s.T {
				points[i].Requests[r].Failed, of = uint64(of[0].Failed), of[1:]
			}
		}
	}
	return points
}

var seriesQuantiles = []float64{0.5, 0.9, 0.95, 0.99}

// draw puts an interval's times into the points of the seconds that it covers, from the one
// in which it begins; of several, those in which something ended. Tag is that of the run's
// own measure.
func draw(points []result.Point, second int, iv hist.Stored, tag string) {
	put := drawnAs(iv, tag)
	if put == nil {
		return
	}
	at, _ := slices.BinarySearchFunc(points, second, func(p result.Point, s int) int { return cmp.Compare(int(math.Ceil(p.T))-1, s) })
	until := second + max(1, int(iv.Length.Round(time.Second)/time.Second))
	for i := at; i < len(points) && int(math.Ceil(points[i].T)) <= until; i++ {
		if i == at || points[i].Done > 0 {
			put(&points[i])
			points[i].Spans = until - second
		}
	}
}

// drawnAs is how an interval's times become part of a point; nil where they do not.
func drawnAs(iv hist.Stored, tag string) func(*result.Point) {
	b := bars(iv.Bars)
	n := b.total()
	request, ofRequest := strings.CutPrefix(iv.Tag, runlog.TagRequest)
	switch {
	case n == 0:
	case iv.Tag == tag:
		return func(p *result.Point) { addQuantiles(p, b) }
	case iv.Tag == runlog.TagLag:
		p99 := milliseconds(b.at(quantileRanks([]float64{metric.P99.Quantile}, n))[0])
		return func(p *result.Point) { p.LagP99 = p99 }
	case phase(&result.Phases{}, iv.Tag) != nil:
		p50 := milliseconds(b.at(quantileRanks([]float64{metric.P50.Quantile}, n))[0])
		return func(p *result.Point) { *phase(&p.Phases, iv.Tag) = p50 }
	case ofRequest:
		i, err := strconv.Atoi(request)
		if err != nil || i < 0 || i >= result.DrawnRequests {
			return nil
		}
		at := b.at(quantileRanks([]float64{metric.P50.Quantile, metric.P95.Quantile}, n))
		return func(p *result.Point) {
			if i < len(p.Requests) {
				r := &p.Requests[i]
				r.N, r.P50, r.P95 = uint64(n), milliseconds(at[0]), milliseconds(at[1])
			}
		}
	}
	return nil
}

// phase is the one that a tag is about; nil for none.
func phase(of *result.Phases, tag string) *float64 {
	switch tag {
	case runlog.TagConnect:
		return &of.Connect
	case runlog.TagHandshake:
		return &of.Handshake
	case runlog.TagFirstByte:
		return &of.FirstByte
	}
	return nil
}

// addQuantiles puts the times of an interval into a point.
func addQuantiles(p *result.Point, b bars) {
	n := b.total()
	at := b.at(append(quantileRanks(seriesQuantiles, n), n))
	p.N, p.Mean = uint64(n), b.sum()/float64(n)
	p.P50, p.P90, p.P95, p.P99, p.Max = milliseconds(at[0]), milliseconds(at[1]), milliseconds(at[2]), milliseconds(at[3]), milliseconds(at[4])
}

// perDecade is how many points of the curve lie in each tenth of the tail.
const perDecade = 24

// curve is the distribution by percentile: points spaced evenly on the axis
// log(1/(1−q)), from the shortest time (q 0) to q = 1 − 1/n, the last quantile
// that n times can tell from their maximum.
func curve(b bars) []result.CurvePoint {
	n := b.total()
	if n == 0 {
		return nil
	}
	qs, ranks := []float64{0}, []int64{1}
	for i := 1; ; i++ {
		tail := math.Pow(10, -float64(i)/perDecade)
		if tail*float64(n) <= 1 {
			break
		}
		qs = append(qs, 1-tail)
		ranks = append(ranks, quantileRanks([]float64{1 - tail}, n)[0])
	}
	if n > 1 {
		qs, ranks = append(qs, 1-1/float64(n)), append(ranks, n)
	}
	points := make([]result.CurvePoint, len(qs))
	for i, edge := range b.at(ranks) {
		points[i] = result.CurvePoint{Q: qs[i], MS: milliseconds(edge)}
	}
	return points
}

// histogramBars is how many bars a histogram has at most.
const histogramBars = 48

// histogram is the distribution in bars of equal width on a logarithmic axis, from the
// shortest time to the longest; a bar without times is there too, so that bars join.
func histogram(b bars) []result.Bar {
	if b.total() == 0 {
		return nil
	}
	low, high := max(b[0].Edge, time.Microsecond), max(b[len(b)-1].Edge, time.Microsecond)
	width := math.Pow(float64(high)/float64(low), 1.0/histogramBars)
	if width < 1.001 { // all times are as good as one
		return []result.Bar{{From: milliseconds(low) / 1.001, To: milliseconds(high), N: uint64(b.total())}}
	}
	out := make([]result.Bar, histogramBars)
	for i := range out {
		out[i].From, out[i].To = milliseconds(low)*math.Pow(width, float64(i)), milliseconds(low)*math.Pow(width, float64(i+1))
	}
	for _, bar := range b {
		i := int(math.Ceil(math.Log(float64(bar.Edge)/float64(low))/math.Log(width))) - 1
		out[min(max(i, 0), histogramBars-1)].N += uint64(bar.N)
	}
	return out
}
