package usl

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

const (
	// fewestPoints is how many points a model stands on: three coefficients, and as many again
	// to say how wrong they are. R's package usl asks for the same.
	fewestPoints = 6
	// fewestSizes is one more than the largest model has coefficients.
	fewestSizes = parameters + 1
	// worstResidual is the largest standard deviation of the residuals, as a share of the mean
	// throughput, of a model that is said to fit. It is a choice: throughputs of one system
	// repeat to a few per cent.
	worstResidual = 0.1
	// significance is that of the tests between models.
	significance = 1 - Confidence
	// superlinear is by how much a unit must do more than one of the smallest size before that
	// is no longer taken for noise.
	superlinear = 1.05
)

// ErrNoModel says that the points are as they should be, and that none of the models fits them.
var ErrNoModel = errors.New("no model fits")

// FewPointsError refuses points that are too few for any model.
type FewPointsError struct {
	Points, Sizes int
	Missing       []int // sizes to measure, ascending
}

func (e *FewPointsError) Error() string {
	var names []string
	for _, n := range e.Missing {
		names = append(names, words.Number(n))
	}
	return fmt.Sprintf("%s at %s: a model needs %d points at %d sizes or more, measure also at n = %s",
		words.Counted(e.Points, "point"), words.Counted(e.Sizes, "size"), fewestPoints, fewestSizes, words.List(names, fewestPoints))
}

// Choice is the model that the points support.
type Choice struct {
	Fit
	// Rivals are the larger models that the points do not tell apart from the chosen one.
	// Predictions enclose theirs.
	Rivals []Fit
	Others []Fit // the models that the points speak against
}

// Choose fits all models to positive sizes and throughputs, and takes the one that the residuals
// speak for. Of the nested models it is the simplest that the next does not improve on
// significantly, by the test of the extra sum of squares. The ceiling is taken in its place where
// the variance of its residuals is smaller, significantly by Fisher's F; where neither is
// significantly smaller they are rivals.
//
// It returns a [FewPointsError] for points that are too few, and [ErrNoModel] with the nearest
// model where none fits.
func Choose(points []Point) (*Choice, error) {
	if err := enough(points); err != nil {
		return nil, err
	}
	var fits []Fit
	for _, m := range []Model{Linear, Amdahl, USL, Ceiling} {
		fits = append(fits, fit(m, points))
	}
	c := &Choice{Fit: fits[chosen(fits)]}
	for _, f := range fits {
		switch {
		case f.Model == c.Model:
		case f.Model > c.Model && !steadier(c.Fit, f):
			c.Rivals = append(c.Rivals, f)
		default:
			c.Others = append(c.Others, f)
		}
	}
	if !c.fits() {
		return c, fmt.Errorf("%w: the nearest is %s, with residuals of %s of the mean throughput, more than the %s that a model may miss by",
			ErrNoModel, c.Model, words.Percent(c.ResidualShare()), words.Percent(worstResidual))
	}
	return c, nil
}

// chosen is the model to take, of the fits by their models.
func chosen(fits []Fit) Model {
	m := Linear
	switch {
	case improves(fits[Amdahl], fits[USL]):
		m = USL
	case improves(fits[Linear], fits[Amdahl]):
		m = Amdahl
	}
	if steadier(fits[Ceiling], fits[m]) || !fits[m].fits() && fits[Ceiling].Residual < fits[m].Residual {
		return Ceiling
	}
	return m
}

// ResidualShare is the standard deviation of the residuals as a share of the mean throughput.
func (f Fit) ResidualShare() float64 {
	var sum float64
	for _, p := range f.points {
		sum += p.X
	}
	return f.Residual * float64(len(f.points)) / sum
}

func (f Fit) fits() bool { return f.ResidualShare() <= worstResidual }

// improves reports that the one coefficient more of the larger model leaves significantly less.
func improves(smaller, larger Fit) bool {
	less := smaller.SSE - larger.SSE
	if larger.SSE <= 1e-18*smaller.SSE {
		return less > 0
	}
	return less > 0 && stats.FSurvival(less/(larger.SSE/float64(larger.DF)), 1, float64(larger.DF)) < significance
}

// steadier reports that the variance of a's residuals is significantly smaller than that of b's.
// The two are of the same points and so not independent: the test is a yardstick.
func steadier(a, b Fit) bool {
	if a.Residual == 0 {
		return b.Residual > 0
	}
	ratio := b.Residual * b.Residual / (a.Residual * a.Residual)
	return ratio > 1 && stats.FSurvival(ratio, float64(b.DF), float64(a.DF)) < significance
}

func enough(points []Point) error {
	sizes := sizesOf(points)
	if len(points) >= fewestPoints && len(sizes) >= fewestSizes {
		return nil
	}
	return &FewPointsError{Points: len(points), Sizes: len(sizes), Missing: missingSizes(sizes, max(fewestPoints-len(points), fewestSizes-len(sizes)))}
}

func sizesOf(points []Point) []float64 {
	var sizes []float64
	for _, p := range points {
		sizes = append(sizes, p.N)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// missingSizes are count whole sizes that would tell the models apart: 1, then the middle of the
// widest gap, by ratio, and twice the largest where no gap has a middle.
func missingSizes(sizes []float64, count int) []int {
	var missing []int
	for range count {
		n := 1.0
		if len(sizes) > 0 && sizes[0] <= 1 {
			n = middleOfWidestGap(sizes)
		}
		missing = append(missing, int(n))
		sizes = append(sizes, n)
		slices.Sort(sizes)
	}
	slices.Sort(missing)
	return missing
}

func middleOfWidestGap(sizes []float64) float64 {
	n, widest := math.Round(2*sizes[len(sizes)-1]), 1.0
	for i := 1; i < len(sizes); i++ {
		middle := math.Round(math.Sqrt(sizes[i-1] * sizes[i]))
		if ratio := sizes[i] / sizes[i-1]; ratio >= widest && middle > sizes[i-1] && middle < sizes[i] {
			n, widest = middle, ratio
		}
	}
	return n
}

// Superlinear are the points at which a unit does more than at the smallest size, by more than
// noise: what none of the models can say, and mostly a smallest size that was measured badly.
func Superlinear(points []Point) []Point {
	if len(points) == 0 {
		return nil
	}
	first := slices.MinFunc(points, func(a, b Point) int { return int(math.Copysign(1, a.N-b.N)) })
	var above []Point
	for _, p := range points {
		if p.X/p.N > superlinear*first.X/first.N {
			above = append(above, p)
		}
	}
	return above
}
