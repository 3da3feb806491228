package capacity

import (
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/internal/words"
)

// littleTolerance is how far n and throughput × mean time may lie apart, as a share of n: figures
// that others print are rounded, and a window has two ends.
const littleTolerance = 0.05

// inFlight is the mean number of requests in flight, L = λW.
//
// Source: J. D. C. Little, Operations Research 9 (1961) 383.
func inFlight(p Measured) float64 { return p.Throughput * p.MeanMS / 1000 }

// apart reports that n is not the number of requests in flight.
func apart(p Measured) bool { return math.Abs(p.N-inFlight(p)) > littleTolerance*p.N }

// thinkTime is the pause in milliseconds between the requests of each of n clients by which n
// agrees with Little's law: N = X·(W + Z).
func thinkTime(p Measured) float64 { return 1000*p.N/p.Throughput - p.MeanMS }

// little holds points with a mean time against Little's law, where n would be clients.
func little(points []Measured) (warnings []string) {
	var known, fewer, more []Measured
	for _, p := range points {
		switch {
		case p.MeanMS == 0:
			continue
		case apart(p) && p.N > inFlight(p):
			fewer = append(fewer, p)
		case apart(p):
			more = append(more, p)
		}
		known = append(known, p)
	}
	if len(fewer) > 0 {
		p := fewer[len(fewer)-1]
		warnings = append(warnings, fmt.Sprintf("Little's law: at %s fewer requests are in flight than n, at n = %s only %s; "+
			"clients that pause for %s between their requests would explain it, and without such a pause n counts no clients or a figure is wrong",
			ofPoints(len(fewer), len(known)), number(p.N), words.Significant(inFlight(p), 3), words.Millis(thinkTime(p))))
	}
	if len(more) > 0 {
		p := more[0]
		warnings = append(warnings, fmt.Sprintf("Little's law: at %s more requests are in flight than n, at n = %s about %s: n counts no clients, or a figure is wrong",
			ofPoints(len(more), len(known)), number(p.N), words.Significant(inFlight(p), 3)))
	}
	if L := steadyInFlight(known); L > 0 && len(fewer)+len(more) > 0 {
		warnings = append(warnings, fmt.Sprintf("about %s requests were in flight at every size: with as many clients for every size the larger ones may have had too few to show what they do; measure them with more",
			words.Significant(L, 2)))
	}
	return warnings
}

func ofPoints(some, all int) string {
	if some == all {
		return "all points"
	}
	return fmt.Sprintf("%s of %s", words.Number(some), words.Counted(all, "point"))
}

// steadyInFlight is the mean number of requests in flight where it is the same at every size; 0
// where it is not, or where sizes hardly differ.
func steadyInFlight(points []Measured) float64 {
	if len(points) < 2 {
		return 0
	}
	var sum float64
	var all []float64
	for _, p := range points {
		sum += inFlight(p)
		all = append(all, inFlight(p))
	}
	mean := sum / float64(len(points))
	if slices.Max(all) > (1+littleTolerance)*mean || slices.Min(all) < (1-littleTolerance)*mean || points[len(points)-1].N < 2*points[0].N {
		return 0
	}
	return mean
}
