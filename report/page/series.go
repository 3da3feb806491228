package page

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/palette"
)

// series is what the charts of a page draw: the seconds of every leg, by columns.
type series struct {
	Measure  string      `json:"-"`
	Targets  []string    `json:"targets"`
	Requests []string    `json:"-"` // of a pass, as far as they are drawn
	Rounds   []int       `json:"rounds"`
	Overlaid bool        `json:"overlaid"` // there are two runs, the baseline and the candidate
	Legs     []legSeries `json:"legs"`
	Dashes   [][]int     `json:"dashes"` // null is none
	Kinds    []kind      `json:"kinds"`
	Times    scale       `json:"times"` // of all answers together
	agents   []string    // of the legs, as far as they are drawn
	statuses []int       // codes of the answers, as far as they are drawn; 0 is others
	// tops are the greatest values of the columns of all legs, by their names.
	tops map[string]float64
}

// legSeries is one leg, second by second.
type legSeries struct {
	Run     int    `json:"run"`    // 1 is the candidate of two runs
	Target  int    `json:"target"` // its place among the targets
	Color   string `json:"color"`  // of the style sheet
	Round   int    `json:"round"`
	Seconds int    `json:"seconds"` // whole ones, which the columns have
	End     figure `json:"end"`     // of the leg, in seconds since it began
	// Columns are by the names that the scripts have for them.
	Columns map[string]column `json:"columns"`
	// Bands are the 95 % intervals of the leg's percentiles, in milliseconds; an end that is
	// not bounded is null.
	Bands map[string][2]result.Bound `json:"bands"`
	Marks []mark                     `json:"marks"`
	// Curve holds pairs: of the answers all but 1 in 10^x took at most so many milliseconds. Bars
	// hold pairs: from so many milliseconds on, up to the next bar, so many answers took.
	Curve [][2]figure `json:"curve"`
	Bars  [][2]figure `json:"bars"`
}

// mark is an event of a leg.
type mark struct {
	At   figure `json:"at"` // seconds since the leg began
	Text string `json:"text"`
}

// seriesOf takes from runs of one load what their charts need. Two are a baseline and its candidate.
func seriesOf(runs []*result.Analysis) series {
	s := series{Targets: []string{}, Rounds: []int{}, Overlaid: len(runs) > 1, Dashes: dashes, Legs: []legSeries{}, tops: map[string]float64{}}
	var targets []string
	s.agents, _ = result.DrawnAgents(runs...)
	for n, a := range runs {
		s.Measure = plain.Line(a.Run.Measure)
		for _, t := range a.Targets() {
			if !slices.Contains(targets, t) {
				targets, s.Targets = append(targets, t), append(s.Targets, plain.Line(t))
			}
		}
		for _, r := range a.Run.Requests[min(len(s.Requests), len(a.Run.Requests)):min(result.DrawnRequests, len(a.Run.Requests))] {
			s.Requests = append(s.Requests, plain.Line(r))
		}
		for i := range a.Legs {
			l := &a.Legs[i]
			if !charted(l) {
				continue
			}
			if !slices.Contains(s.Rounds, l.Round) {
				s.Rounds = append(s.Rounds, l.Round)
			}
			for _, of := range l.Statuses[:min(len(l.Statuses), result.DrawnStatuses)] {
				if !slices.Contains(s.statuses, of.Code) {
					s.statuses = append(s.statuses, of.Code)
				}
			}
			leg := legSeriesOf(a, l)
			s.drawAgents(&leg, l)
			leg.Run, leg.Target = n, slices.Index(targets, l.Target)
			leg.Color = palette.Of(leg.Target).Name
			if s.Overlaid && n == 0 {
				leg.Color = palette.Quiet.Name // what the other is held against
			}
			s.Legs = append(s.Legs, leg)
			for name, c := range leg.Columns {
				for _, stretch := range c {
					s.rise(name, stretch.value)
				}
			}
		}
	}
	slices.Sort(s.Rounds)
	slices.Sort(s.statuses)
	slices.SortStableFunc(s.Legs, func(x, y legSeries) int { return x.Target - y.Target })
	s.Kinds, s.Times = s.kinds(), timeScale(s.longest())
	return s
}

// charted reports that a leg has seconds to draw. Of one that lacks most of them, the browser
// would have more to hold than what was stored.
func charted(l *result.Leg) bool {
	n := len(l.Series)
	return n > 0 && l.Series[n-1].T <= float64(2*n+60)
}

func legSeriesOf(a *result.Analysis, l *result.Leg) legSeries {
	seconds := l.WholeSeconds()
	s := legSeries{
		Round: l.Round, Seconds: int(math.Ceil(seconds[len(seconds)-1].T)), End: figure(l.Series[len(l.Series)-1].T),
		Columns: map[string]column{}, Bands: map[string][2]result.Bound{},
		Marks: []mark{}, Curve: [][2]figure{}, Bars: [][2]figure{},
	}
	for name, value := range measured(len(a.Run.Requests)) {
		s.Columns[name] = columnOf(seconds, value)
	}
	times := a.Measured(l)
	for _, m := range drawnTimes {
		if e, ok := times.Intervals[m.Name]; ok && (e.Lo.Finite() || e.Hi.Finite()) {
			s.Bands[m.Name] = [2]result.Bound{e.Lo, e.Hi}
		}
	}
	for i, of := range l.Statuses[:min(len(l.Statuses), result.DrawnStatuses)] {
		s.Columns[statusKey(of.Code)] = columnOf(seconds, func(p *result.Point) float64 {
			if i >= len(p.Statuses) {
				return math.NaN()
			}
			return float64(p.Statuses[i]) / (p.T - p.Begins())
		})
	}
	for _, p := range l.Curve {
		if nines := max(0, -math.Log10(1-p.Q)); p.MS > 0 && !math.IsInf(nines, 0) {
			s.Curve = append(s.Curve, [2]figure{figure(nines), figure(p.MS)})
		}
	}
	for _, b := range l.Bars {
		s.Bars = append(s.Bars, [2]figure{figure(b.From), figure(b.N)})
	}
	for _, e := range l.Events {
		if l.Cluster == nil || !result.OfCluster(e.Kind) {
			s.Marks = append(s.Marks, mark{figure(e.At), plain.Line(e.Text)})
		}
	}
	s.Marks = append(s.Marks, clusterMarks(l.Cluster)...)
	if l.DrainS >= 1 {
		s.Marks = append(s.Marks, mark{figure(l.LoadS), "the load ended; what is answered later is in no rate"})
	}
	return s
}

// clusterMarks are what happened to the cluster, and when who took whose place.
func clusterMarks(c *result.Cluster) []mark {
	if c == nil {
		return nil
	}
	var marks []mark
	for _, h := range c.Happenings {
		name := plain.Name(h.Task)
		text := plain.Line(h.What)
		if h.Task != "" {
			text = name + ": " + text
		}
		marks = append(marks, mark{figure(h.AtS), text})
		if h.ReplacedS != nil {
			marks = append(marks, mark{figure(h.AtS + *h.ReplacedS), name + ": " + plain.Name(h.NewHost) + " took its place"})
		}
		if h.FirstRow != nil {
			marks = append(marks, mark{figure(h.FirstRow.ToS), name + ": first row of " + plain.Name(cmp.Or(h.NewHost, h.Host))})
		}
	}
	return marks
}

// measured are the columns of a leg, by their names, but for those of its status codes: what each has
// of a second. A pass has so many requests.
func measured(requests int) map[string]func(*result.Point) float64 {
	all := maps.Clone(columns)
	for name, n := range counts {
		all[name] = func(p *result.Point) float64 { return float64(n(p)) / (p.T - p.Begins()) }
	}
	for _, m := range drawnTimes {
		all[m.Name] = func(p *result.Point) float64 { return known(m.value(p), p.N >= m.least) }
	}
	for i := range min(requests, result.DrawnRequests) {
		ofRequest(all, i)
	}
	return all
}

// ofRequest adds the times and the failures of request i of a pass.
func ofRequest(all map[string]func(*result.Point) float64, i int) {
	of := func(m metric.Metric, value func(result.RequestPoint) float64) func(*result.Point) float64 {
		return func(p *result.Point) float64 {
			if i >= len(p.Requests) || p.Requests[i].N < m.Fewest() {
				return math.NaN()
			}
			return value(p.Requests[i])
		}
	}
	all[requestKey(i, metric.P50.Name)] = of(metric.P50, func(p result.RequestPoint) float64 { return p.P50 })
	all[requestKey(i, metric.P95.Name)] = of(metric.P95, func(p result.RequestPoint) float64 { return p.P95 })
	all[requestKey(i, "failed")] = func(p *result.Point) float64 {
		if i >= len(p.Requests) {
			return math.NaN()
		}
		return float64(p.Requests[i].Failed) / (p.T - p.Begins())
	}
}

// requestKey and statusKey name the columns of a request of a pass and of a status code.
func requestKey(i int, figure string) string { return "request " + strconv.Itoa(i) + " " + figure }
func statusKey(code int) string              { return "status " + strconv.Itoa(code) }

// counts are counted in a second, and drawn per second.
var counts = map[string]func(*result.Point) uint64{
	"due":        func(p *result.Point) uint64 { return p.Due },
	"sent":       func(p *result.Point) uint64 { return p.Sent },
	"success":    func(p *result.Point) uint64 { return p.Outcomes.Success },
	"http_4xx":   func(p *result.Point) uint64 { return p.Outcomes.HTTP4xx },
	"http_5xx":   func(p *result.Point) uint64 { return p.Outcomes.HTTP5xx },
	"unexpected": func(p *result.Point) uint64 { return p.Outcomes.Unexpected },
	"too_slow":   func(p *result.Point) uint64 { return p.Outcomes.TooSlow },
	"timeout":    func(p *result.Point) uint64 { return p.Outcomes.Timeout },
	"network":    func(p *result.Point) uint64 { return p.Outcomes.Network },
}

// columns are what else is known of a second: numbers, milliseconds of lag, percents.
var columns = map[string]func(*result.Point) float64{
	"active":     func(p *result.Point) float64 { return float64(p.Active) },
	"in_flight":  func(p *result.Point) float64 { return float64(p.InFlight) },
	"first_byte": func(p *result.Point) float64 { return known(p.Phases.FirstByte, p.Phases.FirstByte > 0) },
	"connect":    func(p *result.Point) float64 { return known(p.Phases.Connect, p.Phases.Connect > 0) },
	"handshake":  func(p *result.Point) float64 { return known(p.Phases.Handshake, p.Phases.Handshake > 0) },
	"lag":        func(p *result.Point) float64 { return known(p.LagP99, p.LagP99 >= 0) },
	"cpu":        func(p *result.Point) float64 { return known(100*p.CPU, p.CPU >= 0) },
	"steal":      func(p *result.Point) float64 { return known(100*p.Steal, p.Steal >= 0) },
}

// drawnTimes are the times of a second: the least number of answers that bear one, and its
// value in milliseconds.
var drawnTimes = []struct {
	metric.Metric
	least uint64
	value func(*result.Point) float64
}{
	{metric.P50, 1, func(p *result.Point) float64 { return p.P50 }},
	{metric.P95, metric.P95.Fewest(), func(p *result.Point) float64 { return p.P95 }},
	{metric.P99, metric.P99.Fewest(), func(p *result.Point) float64 { return p.P99 }},
	{metric.Max, 1, func(p *result.Point) float64 { return p.Max }},
}

// known is a value that there is, NaN otherwise.
func known(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}
