package result

import (
	"encoding/json"
	"math"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
)

// Confidence is that of every interval, and Power how probable it is that a difference said
// to be detectable is shown.
const (
	Confidence = 0.95
	Power      = 0.8
)

// Estimate is a figure from a sample. Lo and Hi enclose it with the confidence
// given; infinite where the sample is too small to bound that side.
type Estimate struct {
	Value      float64 `json:"value"`
	Lo         Bound   `json:"lo"`
	Hi         Bound   `json:"hi"`
	Confidence float64 `json:"confidence"` // 0 when there is no interval
	N          uint64  `json:"n"`
	// OneSided are bounds on one side, as limits need them; zero if there are none.
	OneSided Bounds `json:"one_sided,omitzero"`
	// Doubt is why the interval may be too narrow, "" where nothing speaks for that. The
	// warnings say it too.
	Doubt    Code     `json:"doubt,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// Known reports that there is a figure: one of some requests, or a rate, which may be one of none.
func (e Estimate) Known() bool { return e.N > 0 || e.Confidence > 0 || !e.Lo.Finite() }

// Bounds are one-sided: with the confidence of their estimate the figure is at least
// Lower, and with the same confidence it is at most Upper. A limit asks for one of the
// two, which takes fewer requests than an interval does: 299 for a p99 and not 368.
type Bounds struct {
	Lower Bound `json:"lower"`
	Upper Bound `json:"upper"`
}

// AtLeast returns the one-sided lower bound of the figure. If there is none it returns the lower
// end of the interval, which lies lower and so holds as well.
func (e Estimate) AtLeast() Bound {
	if e.OneSided != (Bounds{}) {
		return e.OneSided.Lower
	}
	return e.Lo
}

// AtMost is the one-sided upper bound of the figure, or the upper end of its interval.
func (e Estimate) AtMost() Bound {
	if e.OneSided != (Bounds{}) {
		return e.OneSided.Upper
	}
	return e.Hi
}

// OneSidedConfidence is the confidence of the interval whose ends are one-sided bounds at
// [Confidence]: each leaves out 5 % on its side.
const OneSidedConfidence = 2*Confidence - 1

// Bound is one end of an interval; an infinite or undefined one is null in JSON.
type Bound float64

// MarshalJSON implements json.Marshaler.
func (b Bound) MarshalJSON() ([]byte, error) {
	if !b.Finite() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(b))
}

// UnmarshalJSON implements json.Unmarshaler. Of null it makes NaN: which end was open
// says the bound's name.
func (b *Bound) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*b = Bound(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(b))
}

// Finite reports that the bound is a number.
func (b Bound) Finite() bool { return !math.IsInf(float64(b), 0) && !math.IsNaN(float64(b)) }

// Interval is the estimate as the statistics have it, its unbounded ends infinite.
func (e Estimate) Interval() stats.Interval {
	iv := stats.Interval{Value: e.Value, Lo: float64(e.Lo), Hi: float64(e.Hi)}
	if !e.Lo.Finite() {
		iv.Lo = math.Inf(-1)
	}
	if !e.Hi.Finite() {
		iv.Hi = math.Inf(1)
	}
	return iv
}

// Unbounded is a figure without an interval.
func Unbounded(value float64, n uint64) Estimate {
	return Estimate{Value: value, Lo: Bound(math.NaN()), Hi: Bound(math.NaN()), N: n}
}

// NoBound is a bound that is not there.
var NoBound = Bound(math.NaN())

// Span writes an interval, each end by write.
func Span(lo, hi Bound, write func(float64) string) string {
	return words.Span(float64(lo), float64(hi), write)
}
