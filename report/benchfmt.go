package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// runBenchfmt writes the rounds of a run in Go's benchmark format, a line per leg, so
// that benchstat compares the rounds of two runs, or with -col /target those of two
// targets. Times are in seconds, the unit that benchstat scales.
//
// What must be the same for a comparison to mean anything stands in configuration
// lines: benchstat puts results whose configurations differ into tables of their
// own. A leg that did not come to its end, or that no answer came from, is left out
// and said so; so is a percentile that its sample cannot bound.
//
// Format: https://go.dev/design/14313-benchmark-format, and for units
// https://go.dev/issue/43744.
func runBenchfmt(w io.Writer, a *result.Analysis, _ Options) error {
	b := &benchmarks{}
	r := a.Run
	b.comment("stress " + r.Tool.Version + ", " + r.Engine + ", clock of arrivals: " + clocks(a))
	b.comment(result.Answers(a.Verdict, a.Answer) + ": " + a.Headline)
	b.config("goos", r.Machine.OS)
	b.config("goarch", r.Machine.Arch)
	b.config("cpu", r.Machine.CPU)
	b.config("load", r.Load.Words)
	b.config("success", r.Success)
	b.config("measure", r.Measure)
	if a.Verdict == result.Invalid {
		b.config("verdict", string(result.Invalid)+", not to be compared")
	}
	for _, m := range metric.Kept {
		if m.Bench != "" {
			b.line("Unit " + m.Bench + " better=" + string(m.Better))
		}
	}
	for _, part := range a.Parts() {
		b.a = part
		if len(a.Loads) > 0 {
			b.config("load", part.Run.Load.Name+": "+part.Run.Load.Words)
			b.config("measure", part.Run.Measure)
		}
		for _, l := range baselineFirst(part) {
			b.leg(l)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// clocks are those of all loads.
func clocks(a *result.Analysis) string {
	var all []string
	for _, part := range a.Parts() {
		if !slices.Contains(all, part.Run.Clock) {
			all = append(all, part.Run.Clock)
		}
	}
	return strings.Join(all, "; ")
}

// baselineFirst are the legs of a run by target, those of its baseline first and the
// others by name: benchstat holds every column against the first one that it meets, and
// the order of the turns is drawn by lot.
func baselineFirst(a *result.Analysis) []*result.Leg {
	place := map[string]int{} // 0 for those that are not compared
	if a.OwnBaseline() {
		place[a.Run.Turns.Baseline], place[a.Run.Turns.Candidate] = -2, -1
	}
	var legs []*result.Leg
	for _, target := range slices.SortedFunc(slices.Values(a.Targets()), func(x, y string) int {
		return cmp.Or(cmp.Compare(place[x], place[y]), cmp.Compare(x, y))
	}) {
		legs = append(legs, a.LegsOf(target, func(*result.Leg) bool { return true })...)
	}
	return legs
}

// benchmarks are lines of the benchmark format.
type benchmarks struct {
	bytes.Buffer
	a *result.Analysis // of one load
}

func (b *benchmarks) line(s string) { b.WriteString(s + "\n") }

// comment is a line that readers of the format pass over.
func (b *benchmarks) comment(s string) { b.line("# " + plain.Line(s)) }

// config is a line about all results below it; an empty value would take it back.
func (b *benchmarks) config(key, value string) {
	if value = strings.TrimSpace(plain.Line(value)); value != "" {
		b.line(key + ": " + value)
	}
}

// leg is one result: the answers are its iterations.
func (b *benchmarks) leg(l *result.Leg) {
	m := b.a.Measured(l)
	name := fmt.Sprintf("%s, round %d", l.Target, l.Round)
	switch {
	case !l.Complete || l.Stopped != "":
		b.comment(name + ": left out, it did not come to its end")
		return
	case m.N == 0:
		b.comment(name + ": left out, no answer came")
		return
	}
	// The number at the end is the CPUs, as go test has it: without one, readers
	// would take the 2 of a target "web-2" for it.
	of := "/scenario=" + benchName(b.a.Name)
	if load := b.a.Run.Load.Name; load != "" {
		of += "/load=" + benchName(load)
	}
	fmt.Fprintf(b, "BenchmarkStress%s/target=%s-%d\t%d", of, benchName(l.Target), max(b.a.Run.Machine.CPUs, 1), m.N)
	for _, q := range metric.Percentiles {
		if e, ok := m.Intervals[q.Name]; !ok || e.Hi.Finite() {
			b.value(m.At(q)/1000, q)
		}
	}
	b.value(m.Mean/1000, metric.Mean)
	if l.DurationS > 0 {
		b.value(l.RateRPS, metric.Rate)
		b.value(l.SuccessRPS, metric.Successes)
	}
	if l.ErrorRate.N > 0 {
		b.value(l.ErrorRate.Value, metric.ErrorRate)
	}
	if o := l.Outage; o != nil {
		b.value(o.LongestS, metric.Outage)
	}
	if r := l.Reconcile; r != nil && r.Verdict.Known() {
		if e := r.Range(metric.Lost); e.Lo == e.Hi {
			b.value(e.Value, metric.Lost)
		}
	}
	b.line("")
}

func (b *benchmarks) value(v float64, of metric.Metric) {
	if words.Finite(v) {
		b.WriteString("\t" + strconv.FormatFloat(v, 'g', -1, 64) + " " + of.Bench)
	}
}

// benchName is a name as a part of a benchmark's: without blanks, and without the
// slash that parts them.
func benchName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '/' {
			return '_'
		}
		return r
	}, strings.TrimSpace(plain.Line(s)))
	if s == "" {
		return "unnamed"
	}
	return s
}
