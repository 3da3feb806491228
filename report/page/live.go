package page

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/report/palette"
)

// Live is the charts of a run under way, which grow second by second. Its methods are called one at a
// time.
type Live struct {
	s      series
	values map[string]func(*result.Point) float64
	kinds  []byte // as they were last told
}

// NewLive begins the charts of a run. measure is what its times are, requests are those of a pass.
func NewLive(measure string, targets, requests []string) *Live {
	l := &Live{values: measured(len(requests)), s: series{
		Measure: plain.Line(measure), Targets: []string{}, Rounds: []int{}, Dashes: dashes, Legs: []legSeries{}, Kinds: []kind{}, tops: map[string]float64{},
	}}
	for _, t := range targets {
		l.s.Targets = append(l.s.Targets, plain.Line(t))
	}
	for _, r := range requests[:min(len(requests), result.DrawnRequests)] {
		l.s.Requests = append(l.s.Requests, plain.Line(r))
	}
	return l
}

// Leg begins a leg of a target, by its place among them.
func (l *Live) Leg(target, round int) {
	leg := legSeries{
		Target: target, Color: palette.Of(target).Name, Round: round, Columns: map[string]column{}, Bands: map[string][2]result.Bound{},
		Marks: []mark{}, Curve: [][2]figure{}, Bars: [][2]figure{},
	}
	for name := range l.values {
		leg.Columns[name] = column{}
	}
	for _, code := range l.s.statuses {
		leg.Columns[statusKey(code)] = column{}
	}
	if l.s.Legs = append(l.s.Legs, leg); !slices.Contains(l.s.Rounds, round) {
		l.s.Rounds = append([]int{round}, l.s.Rounds...) // the newest is the one that is shown
	}
}

// Second adds a whole second to the leg that began last, later than those before it, and returns as
// JSON what that changes in [Live.JSON]. answers are those of the second by their codes.
func (l *Live) Second(p *result.Point, answers []result.Status) (json.RawMessage, error) {
	leg := &l.s.Legs[len(l.s.Legs)-1]
	second := int(p.Begins())
	l.follow(answers)
	more := struct {
		Leg    int               `json:"leg"`
		Second int               `json:"second"`
		End    figure            `json:"end"`
		Values map[string]figure `json:"values"`
		Kinds  json.RawMessage   `json:"kinds,omitempty"`
	}{Leg: len(l.s.Legs) - 1, Second: second, End: figure(p.T), Values: map[string]figure{}}
	add := func(name string, v float64) {
		c := leg.Columns[name]
		c.add(second-leg.Seconds, math.NaN())
		c.add(1, v)
		leg.Columns[name] = c
		l.s.rise(name, v)
		more.Values[name] = figure(v)
	}
	for name, value := range l.values {
		add(name, shown(value(p)))
	}
	for _, code := range l.s.statuses {
		var n uint64
		if i := slices.IndexFunc(answers, func(s result.Status) bool { return s.Code == code }); i >= 0 {
			n = answers[i].Answers
		}
		add(statusKey(code), shown(float64(n)/(p.T-p.Begins())))
	}
	leg.Seconds, leg.End = second+1, figure(p.T)
	l.s.Kinds = l.s.kinds()
	kinds, err := json.Marshal(l.s.Kinds)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(kinds, l.kinds) {
		l.kinds, more.Kinds = kinds, kinds
	}
	return json.Marshal(more)
}

// follow adds the codes that were not seen before to those that are drawn, as long as there is room: which are the
// most in the end, nobody knows yet.
func (l *Live) follow(answers []result.Status) {
	for _, of := range answers {
		if slices.Contains(l.s.statuses, of.Code) || len(l.s.statuses) == result.DrawnStatuses {
			continue
		}
		l.s.statuses = append(l.s.statuses, of.Code)
		slices.Sort(l.s.statuses)
		for i := range l.s.Legs {
			var c column
			c.add(l.s.Legs[i].Seconds, math.NaN())
			l.s.Legs[i].Columns[statusKey(of.Code)] = c
		}
	}
}

// Mark notes what happened to the leg that began last, at so many seconds of it, and returns as JSON what that
// changes in [Live.JSON].
func (l *Live) Mark(at float64, text string) (json.RawMessage, error) {
	leg := &l.s.Legs[len(l.s.Legs)-1]
	leg.Marks = append(leg.Marks, mark{figure(at), plain.Line(text)})
	return json.Marshal(struct {
		Leg  int  `json:"leg"`
		Mark mark `json:"mark"`
	}{len(l.s.Legs) - 1, leg.Marks[len(leg.Marks)-1]})
}

// JSON is the series of all seconds so far, for the script of [LiveScript].
func (l *Live) JSON() (json.RawMessage, error) { return json.Marshal(l.s) }
