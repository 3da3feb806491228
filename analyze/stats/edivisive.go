package stats

import (
	"fmt"
	"math"
	"slices"
)

// ChangePoint is a lasting change of a series.
type ChangePoint struct {
	// Index is the first value of the new level, in [1, length of the series).
	Index int
	// Before and After are the means of the two stretches that meet here: each
	// reaches to the next change point, or to the end of the series.
	Before, After float64
	// P is Welch's two-sided p that the two stretches have the same mean; 0 where
	// neither varies and they differ. The place was sought before it was tested, so P
	// is smaller than the chance of a false alarm: see [ChangeOptions].
	P float64
}

// ChangeOptions bound what counts as a change. The zero value is usable.
type ChangeOptions struct {
	// MaxP is the largest P of a change; 0 is 0.001. At that a series without a change
	// shows one with a chance of 0.5 % among 10 values, 3 % among 20, 5 % among 50 and
	// 7 % among 100, 22 % among 500 and 57 % among 2 000.
	MaxP float64
	// MinMagnitude is the least relative change of the mean, |after − before| over the
	// smaller of the two amounts; 0 takes any.
	MinMagnitude float64
	// Window is how many neighbouring values are looked at together, 2 or more; 0 is 50.
	// Change points more than a window apart do not influence each other.
	Window int
	// MinLevel is how many values make a level; 0 is 3. With fewer it may be an outlier.
	MinLevel int

	// test is the p of two stretches; nil is welch.
	test func(before, after []float64) float64
}

// ChangePoints finds where the mean of a series changed and stayed changed, in
// order. A value that is NaN or infinite takes no part; Index counts it all the same.
//
// The method is E-divisive: a window is cut where the two sides differ most,
// the parts again, as long as a test of the two sides agrees. Windows overlap by
// half and are searched with a laxer p; of all cuts together the weakest is then
// dropped until those left hold over the whole series. The test is Welch's in place
// of the original's permutations: it does not depend on a seed, and sees small p.
//
// Source: Matteson and James, JASA 109 (2014) 334; Fleming, Kołaczkowski and
// others, Hunter, ICPE 2023.
func ChangePoints(series []float64, o ChangeOptions) []ChangePoint {
	o = o.filled()
	x, at := finite(series)
	points := o.strong(x, o.weak(x))
	for i := range points {
		points[i].Index = at[points[i].Index]
	}
	return points
}

func (o ChangeOptions) filled() ChangeOptions {
	if o.MaxP == 0 {
		o.MaxP = 0.001
	}
	mustBeShare("p", o.MaxP)
	if o.Window == 0 {
		o.Window = 50
	}
	if o.Window < 2 {
		panic(fmt.Sprintf("stats: window of %d", o.Window))
	}
	if o.MinLevel == 0 {
		o.MinLevel = 3
	}
	if o.MinLevel < 0 {
		panic(fmt.Sprintf("stats: level of %d", o.MinLevel))
	}
	if o.test == nil {
		o.test = welch
	}
	return o
}

// finite are the values that are numbers, and where each stood.
func finite(series []float64) (x []float64, at []int) {
	for i, v := range series {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			x, at = append(x, v), append(at, i)
		}
	}
	return x, at
}

// weak are the cuts of all windows. The next window begins at the last cut of this
// one, so that a level is seen whole, but half a window on at least.
func (o ChangeOptions) weak(x []float64) []int {
	var found []int
	for start := 0; start < len(x); {
		cuts := o.divide(x[start:min(start+o.Window, len(x))])
		next := start + o.Window/2
		for _, c := range cuts {
			found = append(found, start+c)
			next = max(next, start+c)
		}
		start = next
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// laxer is the p of the first pass: what a window cannot show, the series may.
func (o ChangeOptions) laxer() float64 {
	switch {
	case o.MaxP < 0.05:
		return 10 * o.MaxP
	case o.MaxP < 0.5:
		return 2 * o.MaxP
	default:
		return o.MaxP
	}
}

// divide cuts x where two neighbouring parts diverge most, and again, until the
// best cut left is not significant.
func (o ChangeOptions) divide(x []float64) (cuts []int) {
	type divided struct {
		at int
		q  float64
	}
	known := map[segment]divided{}
	for {
		var best segment
		cut, q := 0, 0.0
		for _, s := range segments(cuts, len(x)) {
			d, ok := known[s]
			if !ok {
				d.at, d.q = divergence(x[s.from:s.to], o.MinLevel)
				known[s] = d
			}
			if d.q > q {
				best, cut, q = s, s.from+d.at, d.q
			}
		}
		if q == 0 || !(o.test(x[best.from:cut], x[cut:best.to]) <= o.laxer()) {
			return cuts
		}
		cuts = append(cuts, cut)
		slices.Sort(cuts)
	}
}

// segment is a stretch of a series, to not in it.
type segment struct{ from, to int }

// segments are the stretches between cuts.
func segments(cuts []int, n int) []segment {
	var out []segment
	from := 0
	for _, c := range cuts {
		out = append(out, segment{from, c})
		from = c
	}
	return append(out, segment{from, n})
}

// divergence is the largest energy distance q between x[:at] and x[at:end], over
// all at and end that leave both at least that many values, scaled by the sizes:
//
//	q = 2/(l+r) · (Σ|x−y| − r/(l−1) · Σ|x−x′| − l/(r−1) · Σ|y−y′|)
//
// for l values x left and r values y right, pairs within a side counted once. An
// end before the last value keeps a second change from hiding the first. q is 0
// where nothing varies.
//
// The sums grow by one value at a time, so that all cuts and ends together take n² steps.
func divergence(x []float64, least int) (at int, q float64) {
	before := make([]float64, len(x)) // of each value, its distances from all before it
	for i, v := range x {
		before[i] = distances(x[:i], v)
	}
	left := make([]float64, len(x)) // of each value, its distances from the left side
	var within float64
	for l := 1; l+least <= len(x); l++ {
		within += before[l-1]
		var across, right float64
		for i := l; i < len(x); i++ {
			left[i] += math.Abs(x[i] - x[l-1])
			across += left[i]
			right += before[i] - left[i]
			r := i - l + 1
			if min(l, r) < least {
				continue
			}
			fl, fr := float64(l), float64(r)
			// A side of one value has no pairs, and no sum of them.
			v := 2 / (fl + fr) * (across - fr*within/max(1, fl-1) - fl*right/max(1, fr-1))
			if v > q {
				at, q = l, v
			}
		}
	}
	return at, q
}

// distances is Σ|v − from|.
func distances(values []float64, from float64) (sum float64) {
	for _, v := range values {
		sum += math.Abs(v - from)
	}
	return sum
}

// strong measures the cuts over the whole series and drops the weakest, one at a
// time since its neighbours then change, until all that are left hold.
func (o ChangeOptions) strong(x []float64, cuts []int) []ChangePoint {
	for {
		parts := segments(cuts, len(x))
		points := make([]ChangePoint, len(cuts))
		for i := range points {
			points[i] = o.measure(x, parts, i)
		}
		i := o.weakest(points)
		if i < 0 {
			return points
		}
		cuts = slices.Delete(cuts, i, i+1)
	}
}

// measure is the change point between the i-th stretch and the next. Cuts of two
// windows may lie closer together than those of one: what is left is no level.
func (o ChangeOptions) measure(x []float64, parts []segment, i int) ChangePoint {
	before, after := x[parts[i].from:parts[i].to], x[parts[i+1].from:parts[i+1].to]
	p := 1.0
	if min(len(before), len(after)) >= o.MinLevel {
		p = o.test(before, after)
	}
	return ChangePoint{parts[i].to, mean(before), mean(after), p}
}

// weakest is the point of the largest p above the bound; else of the least change
// below its bound; else −1.
func (o ChangeOptions) weakest(points []ChangePoint) int {
	doubtful, small := -1, -1
	for i, p := range points {
		if !(p.P <= o.MaxP) && (doubtful < 0 || p.P > points[doubtful].P) {
			doubtful = i
		}
		if p.magnitude() < o.MinMagnitude && (small < 0 || p.magnitude() < points[small].magnitude()) {
			small = i
		}
	}
	if doubtful >= 0 {
		return doubtful
	}
	return small
}

func (p ChangePoint) magnitude() float64 {
	return math.Abs(p.After-p.Before) / min(math.Abs(p.Before), math.Abs(p.After))
}

// welch is the two-sided p that two samples have the same mean, by Welch's t with
// the degrees of freedom of Satterthwaite. A sample of one says nothing of its
// spread: p is 1.
func welch(a, b []float64) float64 {
	if len(a) < 2 || len(b) < 2 {
		return 1
	}
	na, nb := float64(len(a)), float64(len(b))
	ma, va := meanVariance(a)
	mb, vb := meanVariance(b)
	va, vb = va/na, vb/nb
	switch {
	case ma == mb:
		return 1
	case va+vb == 0:
		return 0
	}
	share := va / (va + vb)
	df := 1 / (square(share)/(na-1) + square(1-share)/(nb-1))
	t := math.Abs(ma-mb) / math.Sqrt(va+vb)
	return 2 * studentSurvival(t, df)
}
