package figure

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"

	"github.com/stress-tool/stress/internal/words"
)

// ticks are fixed marks of an axis.
type ticks []plot.Tick

// Ticks implements plot.Ticker.
func (t ticks) Ticks(_, _ float64) []plot.Tick { return t }

// linear sets an axis from 0 to just above top, with about n whole steps of 1, 2 or
// 5 times a power of ten.
func linear(axis *plot.Axis, top float64, n int) {
	if !words.Finite(top) || top <= 0 {
		top = 1
	}
	stepped(axis, top, niceStep(top/float64(n)))
}

// wholes makes a linear axis for whole numbers, which ends a little above the largest.
func wholes(axis *plot.Axis, top float64, n int) {
	if !words.Finite(top) || top < 1 {
		top = 1
	}
	stepped(axis, top*1.03, max(niceStep(top/float64(n)), 1))
}

func stepped(axis *plot.Axis, top, step float64) {
	marks := ticks{}
	for i := 0; ; i++ {
		v := float64(i) * step
		marks = append(marks, plot.Tick{Value: v, Label: tickLabel(v)})
		if v >= top*(1-1e-9) {
			axis.Min, axis.Max, axis.Tick.Marker = 0, v, marks
			return
		}
	}
}

// niceStep is the least of 1, 2, 5 times a power of ten that is not below v.
func niceStep(v float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*base >= v*(1-1e-9) {
			return m * base
		}
	}
	return 10 * base
}

func tickLabel(v float64) string {
	// 12 digits: what rounding of a multiple of the step leaves is noise.
	return label(words.TableDecimal(round12(v)))
}

func round12(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// logarithmic sets an axis from just below low to just above high, marked at 1, 2
// and 5 times the powers of ten; over many decades only at those powers, over less
// than one in finer steps.
func logarithmic(axis *plot.Axis, low, high float64) {
	if !words.Finite(low) || low <= 0 || !words.Finite(high) || high < low {
		low, high = 1, 10
	}
	high *= 1.03 // no line along the upper edge
	ends := []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}
	axis.Scale = plot.LogScale{}
	axis.Min, axis.Max = 0, math.Inf(1)
	for _, v := range decades(ends, low, high) {
		if v <= low {
			axis.Min = v
		}
		if v >= high && v > axis.Min {
			axis.Max = min(axis.Max, v)
		}
	}
	labelled := []float64{1, 2, 5}
	switch span := math.Log10(axis.Max / axis.Min); {
	case span > 4:
		labelled = []float64{1}
	case span < 0.9:
		labelled = ends
	}
	marks := ticks{}
	for _, v := range decades(labelled, low, high) {
		if v >= axis.Min && v <= axis.Max {
			marks = append(marks, plot.Tick{Value: v, Label: tickLabel(v)})
		}
	}
	axis.Tick.Marker = marks
}

// decades are multiples of the powers of ten, in order, from below low to above
// high.
func decades(multiples []float64, low, high float64) []float64 {
	var all []float64
	for e := math.Floor(math.Log10(low)) - 1; e <= math.Floor(math.Log10(high))+1; e++ {
		for _, m := range multiples {
			all = append(all, round12(m*math.Pow(10, e)))
		}
	}
	return all
}

// clock sets a time axis of a leg that lasts so many seconds, in seconds, minutes or
// hours, and returns the unit for its label.
func clock(axis *plot.Axis, lasts float64) (unit string) {
	span, unit := 1.0, "s"
	switch {
	case lasts > 3*3600:
		span, unit = 3600, "h"
	case lasts > 300:
		span, unit = 60, "min"
	}
	axis.Min, axis.Max = 0, max(lasts, 1)
	step := niceStep(axis.Max / span / 8)
	if unit == "s" && step >= 10 {
		step = sexagesimal(axis.Max / 8)
	}
	marks := ticks{}
	for i := 0; float64(i)*step*span <= axis.Max*(1+1e-9); i++ {
		v := float64(i) * step
		marks = append(marks, plot.Tick{Value: v * span, Label: tickLabel(v)})
	}
	axis.Tick.Marker = marks
	return unit
}

// sexagesimal is a step in seconds that divides or fills minutes.
func sexagesimal(v float64) float64 {
	for _, s := range []float64{10, 15, 20, 30} {
		if s >= v {
			return s
		}
	}
	return 60
}

// tail maps a share q of the answers to −log10(1−q): each nine more is one step
// more, so that the slowest have room.
func tail(q float64) float64 { return -math.Log10(1 - q) }

// percentiles sets an axis of [tail] up to just past top.
func percentiles(axis *plot.Axis, top float64) {
	marks := ticks{{Value: 0, Label: "0 %"}}
	for _, m := range []struct {
		q    float64
		text string
	}{{.5, "50 %"}, {.75, "75 %"}, {.9, "90 %"}, {.95, "95 %"}, {.99, "99 %"}, {.999, "99.9 %"}, {.9999, "99.99 %"}, {.99999, "99.999 %"}, {.999999, "99.9999 %"}} {
		if v := tail(m.q); v <= top*1.02 {
			marks = append(marks, plot.Tick{Value: v, Label: m.text})
		}
	}
	axis.Min, axis.Max, axis.Tick.Marker = 0, max(top*1.03, tail(.5)), marks
}

// ranged sets an axis around low and high with about n whole steps; from 0 where low
// is not far from it.
func ranged(axis *plot.Axis, low, high float64, n int) {
	if !words.Finite(low) || !words.Finite(high) || low <= high/3 {
		linear(axis, high, n)
		return
	}
	room := max((high-low)*0.08, math.Abs(high)*0.01)
	step := niceStep((high - low + 2*room) / float64(n))
	marks := ticks{}
	axis.Min, axis.Max = math.Floor((low-room)/step)*step, math.Ceil((high+room)/step)*step
	for i := range int(math.Round((axis.Max-axis.Min)/step)) + 1 {
		v := round12(axis.Min + float64(i)*step)
		marks = append(marks, plot.Tick{Value: v, Label: tickLabel(v)})
	}
	axis.Tick.Marker = marks
}
