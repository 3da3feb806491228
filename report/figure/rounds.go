package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// roundsFigure draws median and p95 of every round, a line per target: the figures
// that a comparison by rounds uses.
func roundsFigure(a *result.Analysis) drawing {
	caption := "Median and p95 of every round, targets side by side. Rounds that lie together show a machine at rest; a slope " +
		"in both targets is drift, which pairs of rounds cancel. The axes need not begin at 0."
	if last := a.LastRound(); last > result.DrawnRounds {
		caption += fmt.Sprintf(" Of the %s rounds the first %d have figures of their own.", words.TableCount(last), result.DrawnRounds)
	}
	var legend []entry
	for i, t := range a.Targets() {
		style := targetStroke(i)
		legend = append(legend, entry{text: plain.ClipMiddle(label(t), hostRunes), line: &style})
	}
	rows := [][]panel{
		{roundsPanel(a, metric.P50, "")},
		{roundsPanel(a, metric.P95, "round")},
	}
	return drawing{
		title: "Rounds", subtitle: words.Join(" · ", a.Name, a.Run.Load.Words), caption: caption, legend: legend,
		body: func(c draw.Canvas) { grid(c, []float64{1, 1}, rows) },
	}
}

// roundsPanel draws one quantile over the rounds.
func roundsPanel(a *result.Analysis, of metric.Metric, xLabel string) panel {
	lines := make([][]xy, len(a.Targets()))
	low, high := math.Inf(1), math.Inf(-1)
	for i, target := range a.Targets() {
		for round := 1; round <= a.LastRound(); round++ {
			at := xy{x: float64(round)}
			for _, l := range legsOf(a, round) {
				if l.Target == target && a.Measured(l).N > 0 {
					at.y, at.ok = a.Measured(l).At(of), true
					low, high = min(low, at.y), max(high, at.y)
				}
			}
			lines[i] = append(lines[i], at)
		}
	}
	p := newPanel(xLabel)
	wholes(&p.X, float64(a.LastRound()), 12)
	p.X.Min, p.X.Max = 0.5, float64(a.LastRound())+0.5
	pn := panel{plot: p, message: "no answers in this run"}
	if low <= high {
		s := words.ScaleOf(low, high)
		ranged(&p.Y, low*s.Factor, high*s.Factor, 4)
		pn.message, pn.yLabel = "", of.Title+" of the "+a.Run.Measure+" ("+s.Unit+")"
		p.Add(rules{})
		for i, points := range lines {
			for k := range points {
				points[k].y *= s.Factor
			}
			p.Add(polyline{points: points, style: targetStroke(i), dots: true})
		}
	}
	return pn
}
