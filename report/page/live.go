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
	if l.s.Legs = append(l.s.Legs, leg); !slices.Contains(l.s.Rounds, round) {
		l.s.Rounds = append([]int{round}, l.s.Rounds...) // the newest is the one that is shown
	}
}

// Second adds a whole second to the leg that began last, later than those before it, and returns as
// JSON what that changes in [Live.JSON].
func (l *Live) Second(p *result.Point) (json.RawMessage, error) {
	leg := &l.s.Legs[len(l.s.Legs)-1]
	second := int(p.Begins())
	more := struct {
		Leg    int               `json:"leg"`
		Second int               `json:"second"`
		End    figure            `json:"end"`
		Values map[string]figure `json:"values"`
		Kinds  json.RawMessage   `json:"kinds,omitempty"`
	}{Leg: len(l.s.Legs) - 1, Second: second, End: figure(p.T), Values: map[string]figure{}}
	for name, value := range l.values {
		c, v := leg.Columns[name], shown(value(p))
		c.add(second-leg.Seconds, math.NaN())
		c.add(1, v)
		leg.Columns[name] = c
		l.s.rise(name, v)
		more.Values[name] = figure(v)
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

// JSON is the series of all seconds so far, for the script of [LiveScript].
func (l *Live) JSON() (json.RawMessage, error) { return json.Marshal(l.s) }
