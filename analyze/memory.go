package analyze

import (
	"math"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// memory is how long the level of a tag's times lasts, by what shows it best: their mean,
// or the share of them up to their median, which a few long ones do not move.
func (m measured) memory(tag string) stats.Memory {
	t := m.timing(tag)
	if t.n < 2 {
		return stats.ShortMemory
	}
	median := t.below(t.bars.at(quantileRanks([]float64{0.5}, t.n))[0])
	return max(t.sums.Memory(t.independentError()), shareMemory(median))
}

// shareMemory is how long the level of a share lasts.
func shareMemory(c stats.Clusters) stats.Memory {
	size, sum := c.Total()
	share := sum / size
	return c.Memory(math.Sqrt(share * (1 - share) / size))
}

// Why an interval of a leg may be too narrow, for people.
const (
	lastingWords = "neighbouring stretches of this leg resemble each other: its level lasts, so the interval is widened, and may still be too narrow; measure longer, or in rounds"
	briefWords   = "the stretches of this leg differ by more than chance, and are too few to show for how long a level lasts: the interval may be too narrow; measure 20 s or longer, or in rounds"
)

// doubt says beside figures that their intervals may be too narrow, where the leg's level
// lasts or could last.
func doubt(estimates map[string]result.Estimate, memory stats.Memory) {
	for name, e := range estimates {
		estimates[name] = doubted(e, memory)
	}
}

func doubted(e result.Estimate, memory stats.Memory) result.Estimate {
	switch {
	case e.Confidence == 0:
		return e
	case memory == stats.LastingMemory:
		e.Doubt, e.Warnings = result.CodeLevelLasts, append(e.Warnings, lastingWords)
	case memory == stats.UnknownMemory:
		e.Doubt, e.Warnings = result.CodeLegTooShort, append(e.Warnings, briefWords)
	}
	return e
}
