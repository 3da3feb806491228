package page

import (
	"math"
	"slices"
	"strconv"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/report/palette"
)

// kind is a kind of charts over time. Each target, or all together, has one of each kind.
type kind struct {
	Title string `json:"title"`
	// Unit is what values are: "time" in milliseconds, "rate" per second, "count", or "share"
	// in percents.
	Unit string `json:"unit"`
	Tall bool   `json:"tall,omitempty"`
	// Wide says that small values matter beside great ones: each power of ten has the same room.
	Wide  bool       `json:"wide,omitempty"`
	Scale scale      `json:"scale"`
	Lines []lineKind `json:"lines"`
}

// lineKind is a line of a chart: a column of a leg.
type lineKind struct {
	Key   string  `json:"key"` // of the column
	Title string  `json:"title"`
	Width float64 `json:"width"`
	Dash  []int   `json:"dash,omitempty"`
	// Color is one of the style sheet, where legs do not share a chart; "" is the leg's own.
	Color string `json:"color,omitempty"`
	Fill  bool   `json:"fill,omitempty"`
}

// scale is how values are written: so many times as much, with a sign behind.
type scale struct {
	Sign   string  `json:"sign"`
	Factor float64 `json:"factor"`
}

// dashes tell lines of one colour apart.
var dashes = [][]int{nil, {9, 4}, {2, 3}, {12, 4, 2, 4}, {5, 3}, {16, 4}, {3, 6}, {8, 3, 2, 3, 2, 3}}

// kinds are the charts over time, from the first to the last: those that have anything to show.
func (s *series) kinds() []kind {
	all := []kind{
		{Title: s.Measure, Unit: "time", Tall: true, Lines: []lineKind{
			{Key: metric.P50.Name, Title: metric.P50.Title, Width: 2.6}, {Key: metric.P95.Name, Title: metric.P95.Title, Width: 1.3},
			{Key: metric.P99.Name, Title: metric.P99.Title, Width: 1.3, Dash: []int{6, 3}}, {Key: metric.Max.Name, Title: metric.Max.Title, Width: 1, Dash: []int{2, 2}},
		}},
		{Title: "requests per second", Unit: "rate", Lines: []lineKind{
			{Key: "due", Title: "due", Width: 1.2, Dash: []int{2, 3}, Color: "ink"}, {Key: "sent", Title: "sent", Width: 1.2, Dash: []int{7, 3}, Color: palette.Quiet.Name},
			{Key: "success", Title: "successes", Width: 1.8, Fill: true},
		}},
		{Title: "failures per second", Unit: "rate", Lines: apart([][2]string{
			{"http_4xx", "HTTP 4xx"}, {"http_5xx", "HTTP 5xx"}, {"unexpected", "unexpected answer"}, {"too_slow", "too slow"}, {"timeout", "timeout"}, {"network", "network error"},
		})},
		{Title: "answers per second by status code", Unit: "rate", Wide: true, Lines: s.ofStatuses()},
		{Title: "failures per second of each request", Unit: "rate", Lines: s.ofRequests("failed")},
		{Title: "median of each request", Unit: "time", Lines: s.ofRequests(metric.P50.Name)},
		{Title: "p95 of each request", Unit: "time", Lines: s.ofRequests(metric.P95.Name)},
		{Title: "clients and requests in flight", Unit: "count", Lines: []lineKind{
			{Key: "active", Title: "active clients", Width: 1.6, Fill: true}, {Key: "in_flight", Title: "in flight", Width: 1.3, Dash: []int{6, 3}, Color: "ink"},
		}},
		{Title: "median of each second until the first byte, and of connections", Unit: "time", Lines: apart([][2]string{
			{"first_byte", "time to first byte"}, {"connect", "opening a connection"}, {"handshake", "TLS handshake of that"},
		})},
		{Title: "lag of the generator", Unit: "time", Lines: []lineKind{{Key: "lag", Title: "lag, p99", Width: 1.3}}},
		{Title: "processors of the generator", Unit: "share", Lines: []lineKind{
			{Key: "cpu", Title: "own use", Width: 1.6}, {Key: "steal", Title: "steal, taken by others", Width: 1.3, Dash: []int{6, 3}, Color: "ink"},
		}},
		{Title: "requests per second of each generator", Unit: "rate", Lines: s.ofAgents("sent")},
		{Title: "lag of each generator, p99 of its worst second", Unit: "time", Lines: s.ofAgents("lag")},
		{Title: "processors of each generator", Unit: "share", Lines: s.ofAgents("cpu")},
	}
	for i := range all {
		all[i].Lines = slices.DeleteFunc(all[i].Lines, func(l lineKind) bool { return s.most(l.Key) == 0 })
		all[i].Scale = s.scaleOf(&all[i])
	}
	return slices.DeleteFunc(all, func(k kind) bool { return len(k.Lines) == 0 })
}

// apart are lines that colours and dashes tell apart: pairs of a key and a title.
func apart(named [][2]string) []lineKind {
	var lines []lineKind
	for i, n := range named {
		lines = append(lines, lineKind{Key: n[0], Title: n[1], Width: 1.6, Color: palette.Of(i).Name, Dash: dashes[i%len(dashes)]})
	}
	return lines
}

func (s *series) ofRequests(figure string) []lineKind {
	var named [][2]string
	for i, name := range s.Requests {
		named = append(named, [2]string{requestKey(i, figure), name})
	}
	return apart(named)
}

// ofStatuses are the lines of the status codes. One code alone is in other charts.
func (s *series) ofStatuses() []lineKind {
	var named [][2]string
	for _, code := range s.statuses {
		title := strconv.Itoa(code)
		if code == 0 {
			title = "others"
		}
		named = append(named, [2]string{statusKey(code), title})
	}
	if len(named) == 1 {
		return nil
	}
	return apart(named)
}

// scaleOf is one for all legs. What is longest of all is no reason for another unit.
func (s *series) scaleOf(k *kind) scale {
	switch k.Unit {
	case "rate":
		return scale{"/s", 1}
	case "share":
		return scale{"%", 1}
	case "time":
		var most float64
		for _, l := range k.Lines {
			if l.Key != metric.Max.Name {
				most = max(most, s.most(l.Key))
			}
		}
		return timeScale(most)
	}
	return scale{"", 1}
}

// timeScale is how times up to so many milliseconds are written.
func timeScale(most float64) scale {
	switch {
	case most >= 2000:
		return scale{"s", 1e-3}
	case most >= 2:
		return scale{"ms", 1}
	}
	return scale{"µs", 1e3}
}

// most is the greatest value of a column in any leg; 0 where nothing is known of it.
func (s *series) most(key string) float64 { return s.tops[key] }

// rise notes a value of a column.
func (s *series) rise(key string, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) && v > s.tops[key] {
		s.tops[key] = v
	}
}

// longest is the longest time of the curves.
func (s *series) longest() float64 {
	var most float64
	for i := range s.Legs {
		for _, point := range s.Legs[i].Curve {
			most = max(most, float64(point[1]))
		}
	}
	return most
}
