package analyze

import (
	"fmt"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// measured is every stored distribution of one leg, or of the same target's legs
// in several rounds. Its size does not depend on how long they lasted.
type measured struct {
	quantiles []float64
	timings   map[string]*timing // by tag; see [runlog.TagResponse] and others
}

// timing is one tag's times.
type timing struct {
	whole *hist.Histogram
	bars  bars // of whole
	// limits are the upper edges of the bars that hold the quantiles. below counts,
	// per stretch of time, all times and those up to the limit, sums adds up
	// milliseconds; both only for tags that are judged.
	limits []time.Duration
	below  []stats.Clusters
	sums   stats.Clusters
}

// measure reads the records' distributions twice: once for the whole, and once to
// count, stretch by stretch, the times up to each quantile, which is what the
// quantile's error is read from. visit, when not nil, sees every interval of the
// first reading with the second it belongs to.
//
// A second whose distributions reached the disk but whose timeline line did not
// is left out, so that counts and times speak of the same requests.
func measure(records []*runlog.Record, quantiles []float64, visit func(tag string, second int, b bars)) (*measured, error) {
	m := &measured{quantiles: quantiles, timings: map[string]*timing{}}
	stretches := newStretches(records)
	err := eachInterval(records, func(record, second int, iv hist.Interval) {
		t := m.timings[iv.Tag]
		if t == nil {
			t = &timing{whole: hist.New()}
			m.timings[iv.Tag] = t
			if judgedTag(iv.Tag) {
				t.sums = stretches.clusters()
				for range quantiles {
					t.below = append(t.below, stretches.clusters())
				}
			}
		}
		b := barsOf(iv.Hist)
		for _, bar := range b {
			t.whole.RecordN(bar.edge, bar.n)
		}
		if judgedTag(iv.Tag) {
			i := stretches.index(record, second)
			t.sums.Size[i] += float64(b.total())
			t.sums.Sum[i] += b.sum()
		}
		if visit != nil {
			visit(iv.Tag, second, b)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, t := range m.timings {
		t.bars = barsOf(t.whole)
		t.limits = t.bars.at(quantileRanks(quantiles, t.whole.N()))
	}
	return m, eachInterval(records, func(record, second int, iv hist.Interval) {
		if judgedTag(iv.Tag) {
			m.timings[iv.Tag].countBelow(stretches.index(record, second), iv.Hist)
		}
	})
}

// countBelow adds one second's times to stretch i.
func (t *timing) countBelow(i int, h *hist.Histogram) {
	for edge, n := range h.Bars() {
		for q, limit := range t.limits {
			t.below[q].Size[i] += float64(n)
			if edge <= limit {
				t.below[q].Sum[i] += float64(n)
			}
		}
	}
}

// timing is the tag's times; never nil.
func (m *measured) timing(tag string) *timing {
	if t := m.timings[tag]; t != nil {
		return t
	}
	return &timing{whole: hist.New()}
}

// judgedTag reports whether a tag's quantiles get intervals. Lag and connect times
// describe the generator and the connections: they are shown, not judged.
func judgedTag(tag string) bool {
	return tag == runlog.TagResponse || tag == runlog.TagService || strings.HasPrefix(tag, runlog.TagRequest)
}

// eachInterval calls visit for every stored interval of a second that the
// timeline knows.
func eachInterval(records []*runlog.Record, visit func(record, second int, iv hist.Interval)) error {
	for r, rec := range records {
		seconds := lastSecond(rec) + 1
		for iv, err := range rec.Intervals() {
			if err != nil {
				return fmt.Errorf("leg %s: %w", rec.Dir, err)
			}
			// The log keeps whole milliseconds; half of one is far from any boundary.
			if second := int((iv.Start + time.Millisecond/2) / time.Second); second >= 0 && second < seconds {
				visit(r, second, iv)
			}
		}
	}
	return nil
}

// lastSecond is the highest T of the timeline, -1 for none.
func lastSecond(rec *runlog.Record) int {
	if len(rec.Seconds) == 0 {
		return -1
	}
	return rec.Seconds[len(rec.Seconds)-1].T
}

// stretches divide each record's seconds evenly into at most [stats.MaxBatches].
type stretches struct {
	seconds []int // per record
	first   []int // number of the record's first stretch
	total   int
}

func newStretches(records []*runlog.Record) stretches {
	var s stretches
	for _, rec := range records {
		n := lastSecond(rec) + 1
		s.seconds, s.first = append(s.seconds, n), append(s.first, s.total)
		s.total += min(n, stats.MaxBatches)
	}
	return s
}

func (s stretches) index(record, second int) int {
	n := s.seconds[record]
	return s.first[record] + second*min(n, stats.MaxBatches)/n
}

func (s stretches) clusters() stats.Clusters {
	return stats.Clusters{Size: make([]float64, s.total), Sum: make([]float64, s.total)}
}

// secondClusters are the records' seconds as clusters of whatever pick takes from
// them.
func secondClusters(records []*runlog.Record, pick func(runlog.Second) (size, sum float64)) stats.Clusters {
	var c stats.Clusters
	for _, rec := range records {
		for _, s := range rec.Seconds {
			size, sum := pick(s)
			c.Size, c.Sum = append(c.Size, size), append(c.Sum, sum)
		}
	}
	return c
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
