// Package capacity answers how much a system carries, how much more it would carry if it were
// larger, and what that costs. It computes from measured figures alone and measures nothing.
package capacity

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/usl"
	"github.com/stress-tool/stress/internal/words"
)

const growthMethod = "Linear growth, Amdahl's law, the Universal Scalability Law and a hard ceiling are fitted by least squares. " +
	"A larger model is taken where it leaves significantly less (extra sum of squares, 5 %), the ceiling where its residuals vary significantly less (Fisher's F, 5 %). " +
	"Coefficients have Student's t intervals at 95 %. A prediction encloses one more measurement at 95 %, by every model that the points do not tell apart."

// Question is what is asked of points; the zero value asks for the defaults.
type Question struct {
	Need float64   // a throughput per second that is needed; 0 for none
	At   []float64 // sizes to predict; half as large again and twice as large as the largest point where it is empty
}

// Growth fits the models to measured points. It is an error ([usl.FewPointsError]) to give too
// few of them.
func Growth(source string, points []Measured, ask Question) (*result.Growth, error) {
	points = slices.SortedStableFunc(slices.Values(points), func(a, b Measured) int { return cmp.Compare(a.N, b.N) })
	var plain []usl.Point
	for _, p := range points {
		plain = append(plain, usl.Point{N: p.N, X: p.Throughput})
	}
	choice, err := usl.Choose(plain)
	if choice == nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	s := &growing{choice: choice, Growth: result.Growth{Schema: result.GrowthSchema, Source: source, Fits: err == nil, Method: growthMethod,
		PeakN: result.NoBound, PeakRPS: result.NoBound}}
	s.points(points)
	s.models()
	s.Warnings = append(superlinear(plain), little(points)...)
	if errors.Is(err, usl.ErrNoModel) {
		s.Headline = err.Error() + "; measure each size again, several times"
		return &s.Growth, nil
	}
	s.peak()
	s.predict(ask.At)
	if ask.Need > 0 {
		s.need(ask.Need)
	}
	s.Headline = s.headline()
	return &s.Growth, nil
}

// growing is a result while it is filled.
type growing struct {
	result.Growth
	choice *usl.Choice
}

func (s *growing) points(points []Measured) {
	perUnit := points[0].Throughput / points[0].N
	for _, p := range points {
		out := result.GrowthPoint{N: p.N, Throughput: p.Throughput, Model: s.choice.At(p.N), Efficiency: p.Throughput / p.N / perUnit, MeanMS: p.MeanMS}
		out.Off = p.Throughput/out.Model - 1
		if p.MeanMS > 0 {
			out.InFlight = inFlight(p)
			if apart(p) && p.N > out.InFlight {
				out.ThinkMS = thinkTime(p)
			}
		}
		s.Points = append(s.Points, out)
	}
}

var formulas = map[usl.Model]string{
	usl.Linear: "γN", usl.Amdahl: "γN / (1 + α(N−1))", usl.USL: "γN / (1 + α(N−1) + βN(N−1))", usl.Ceiling: "min(γN, C)",
}

func (s *growing) models() {
	add := func(f usl.Fit, support result.Support) {
		m := result.GrowthModel{Name: f.Model.String(), Formula: formulas[f.Model], Support: support, Residual: f.Residual, ResidualShare: f.ResidualShare()}
		for _, c := range f.Coefficients {
			m.Coefficients = append(m.Coefficients, result.Coefficient{Name: c.Name, Value: c.Value,
				SE: result.Bound(c.SE), Lo: result.Bound(c.Lo), Hi: result.Bound(c.Hi), AtBound: c.AtBound})
		}
		s.Models = append(s.Models, m)
	}
	add(s.choice.Fit, result.Chosen)
	for _, f := range s.choice.Rivals {
		add(f, result.NotApart)
	}
	for _, f := range s.choice.Others {
		add(f, result.NotLikely)
	}
}

func (s *growing) peak() {
	n, x := s.choice.Peak()
	s.PeakN, s.PeakRPS = result.Bound(n), result.Bound(x)
}

func (s *growing) largest() float64 { return s.Points[len(s.Points)-1].N }

func (s *growing) predict(at []float64) {
	if len(at) == 0 {
		at = slices.Compact([]float64{math.Ceil(1.5 * s.largest()), math.Floor(2 * s.largest())})
	}
	for _, n := range at {
		p, err := s.choice.Predict(n)
		out := result.GrowthPrediction{N: n, Throughput: p.X, Lo: result.Bound(p.Lo), Hi: result.Bound(p.Hi), Beyond: p.Beyond}
		if err != nil {
			out = result.GrowthPrediction{N: n, Lo: result.NoBound, Hi: result.NoBound, Refused: err.Error()}
		}
		s.Predictions = append(s.Predictions, out)
	}
}

// need says how many whole units a throughput needs.
func (s *growing) need(rate float64) {
	out := &result.GrowthNeed{Throughput: rate, N: result.NoBound, Lo: result.NoBound, Hi: result.NoBound}
	s.Needed = out
	sizes, ok := s.choice.Needed(rate)
	switch units := math.Ceil(sizes.N - 1e-9); {
	case !ok:
		out.Words = fmt.Sprintf("%s are out of reach: by %s no size does more than %s", perSecond(rate), s.choice.Model, perSecond(float64(s.PeakRPS)))
	case units > usl.Farthest*s.largest():
		out.Words = fmt.Sprintf("%s would need about %s, far beyond the largest size that was measured, %s: measure nearer to it",
			perSecond(rate), words.Significant(units, 2), number(s.largest()))
	default:
		out.N, out.Lo, out.Hi = result.Bound(units), result.Bound(sizes.Lo), result.Bound(sizes.Hi)
		out.Words = fmt.Sprintf("%s need n = %s", perSecond(rate), number(units))
		if out.Hi.Finite() {
			out.Words += fmt.Sprintf("; they are possible from %s on, and nearly sure from %s on", number(sizes.Lo), number(sizes.Hi))
		} else {
			out.Words += fmt.Sprintf("; they are possible from %s on, and sure at no size up to %s", number(sizes.Lo), number(usl.Farthest*s.largest()))
		}
	}
}

// headline says the most important of it in one sentence.
func (s *growing) headline() string {
	say := ""
	n, x := s.choice.Peak()
	switch {
	case s.choice.Model == usl.Ceiling && n < s.largest():
		say = fmt.Sprintf("a hard ceiling at %s is reached at n = %s, and more than that adds nothing", perSecond(x), words.Significant(n, 3))
	case !math.IsInf(n, 1) && n <= s.largest():
		say = fmt.Sprintf("the throughput peaks at n = %s with %s, and falls beyond", words.Significant(n, 3), perSecond(x))
	case !math.IsInf(n, 1):
		say = fmt.Sprintf("the throughput would peak at n = %s with %s, which is beyond the largest size that was measured, %s", words.Significant(n, 3), perSecond(x), number(s.largest()))
	case !math.IsInf(x, 1):
		say = fmt.Sprintf("the throughput grows ever more slowly, towards %s, because %s of the work is done by one unit at a time", perSecond(x), words.Percent(s.choice.Alpha))
	default:
		say = fmt.Sprintf("every unit adds %s, and no limit shows up to n = %s", perSecond(s.choice.Gamma), number(s.largest()))
	}
	if s.Needed != nil {
		return s.Needed.Words + "; " + say
	}
	return say
}

func superlinear(points []usl.Point) []string {
	above := usl.Superlinear(points)
	if len(above) == 0 {
		return nil
	}
	first := points[0]
	most := slices.MaxFunc(above, func(a, b usl.Point) int { return cmp.Compare(a.X/a.N, b.X/b.N) })
	return []string{fmt.Sprintf("superlinear: at n = %s each unit does %s more than at n = %s; no model can say that, and mostly the smallest size was measured badly: measure it again",
		number(most.N), words.Percent(most.X/most.N/(first.X/first.N)-1), number(first.N))}
}

func perSecond(x float64) string { return words.Significant(x, 4) + "/s" }

func number(n float64) string { return words.Decimal(n) }
