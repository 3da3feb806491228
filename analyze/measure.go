package analyze

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// measured is every stored distribution of one leg, or of the same target's legs
// in several rounds. Its size does not depend on how long they lasted.
//
// It is a map by tag; see [runlog.TagResponse] and others.
type measured map[string]*timing

// timing is one tag's times.
type timing struct {
	whole *hist.Histogram
	bars  bars // of whole
	// stretches are the times again by stretch of time, for tags that [dividedTag] names:
	// counts by the bar's edge, which is far smaller than a histogram each.
	stretches []map[time.Duration]int64
}

// measure reads the records' distributions. visit, when not nil, sees every
// second of the tags that are judged.
//
// A second whose distributions reached the disk but whose timeline line did not
// is left out, so that counts and times speak of the same requests.
func measure(ctx context.Context, records []*runlog.Record, visit func(tag string, second int, b bars)) (measured, error) {
	m := measured{}
	division := divide(records)
	err := eachInterval(ctx, records, func(record, second int, iv hist.Interval) {
		t := m[iv.Tag]
		if t == nil {
			t = &timing{whole: hist.New()}
			m[iv.Tag] = t
			if dividedTag(iv.Tag) {
				t.stretches = division.counts()
			}
		}
		t.whole.Merge(iv.Hist)
		if !dividedTag(iv.Tag) {
			return
		}
		b := barsOf(iv.Hist)
		counts := t.stretches[division.index(record, second)]
		for _, bar := range b {
			counts[bar.edge] += bar.n
		}
		if visit != nil && judgedTag(iv.Tag) {
			visit(iv.Tag, second, b)
		}
	})
	for _, t := range m {
		t.bars = barsOf(t.whole)
	}
	return m, err
}

// add puts another's times of a tag to these, its stretches after those already here.
func (m measured) add(tag string, from measured) {
	t := m[tag]
	if t == nil {
		t = &timing{whole: hist.New()}
		m[tag] = t
	}
	other := from.timing(tag)
	t.whole.Merge(other.whole)
	t.stretches = append(t.stretches, other.stretches...)
	t.bars = barsOf(t.whole)
}

// below counts, per stretch, all times and those up to the limit.
func (t *timing) below(limit time.Duration) stats.Clusters {
	return t.clusters(func(edge time.Duration) float64 {
		if edge <= limit {
			return 1
		}
		return 0
	})
}

// sums adds up, per stretch, the times in milliseconds.
func (t *timing) sums() stats.Clusters { return t.clusters(milliseconds) }

func (t *timing) clusters(value func(edge time.Duration) float64) stats.Clusters {
	var c stats.Clusters
	for _, counts := range t.stretches {
		var size, sum float64
		// In order, so that the same run gives the same last digit every time.
		for _, edge := range slices.Sorted(maps.Keys(counts)) {
			n := float64(counts[edge])
			size += n
			sum += n * value(edge)
		}
		c.Size, c.Sum = append(c.Size, size), append(c.Sum, sum)
	}
	return c
}

// timing is the tag's times; never nil.
func (m measured) timing(tag string) *timing {
	if t := m[tag]; t != nil {
		return t
	}
	return &timing{whole: hist.New()}
}

// judgedTag reports whether a tag's quantiles get intervals. Lag and connect times
// describe the generator and the connections: they are shown, not judged.
func judgedTag(tag string) bool {
	return tag == runlog.TagResponse || tag == runlog.TagService || strings.HasPrefix(tag, runlog.TagRequest)
}

// dividedTag reports whether a tag's times are kept by stretch: those that are
// judged, and the generator's own, of which it matters whether they came all at once.
func dividedTag(tag string) bool {
	return judgedTag(tag) || tag == runlog.TagLag || tag == runlog.TagQueue
}

// eachInterval calls visit for every stored interval of a second that the
// timeline knows.
func eachInterval(ctx context.Context, records []*runlog.Record, visit func(record, second int, iv hist.Interval)) error {
	for r, rec := range records {
		seconds := lastSecond(rec) + 1
		for iv, err := range rec.Intervals() {
			if err = cmp.Or(err, ctx.Err()); err != nil {
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

// division cuts each record's seconds evenly into at most [stats.MaxBatches]
// stretches.
type division struct {
	seconds []int // per record
	first   []int // number of the record's first stretch
	total   int
}

func divide(records []*runlog.Record) division {
	var d division
	for _, rec := range records {
		n := lastSecond(rec) + 1
		d.seconds, d.first = append(d.seconds, n), append(d.first, d.total)
		d.total += min(n, stats.MaxBatches)
	}
	return d
}

func (d division) index(record, second int) int {
	n := d.seconds[record]
	return d.first[record] + second*min(n, stats.MaxBatches)/n
}

func (d division) counts() []map[time.Duration]int64 {
	out := make([]map[time.Duration]int64, d.total)
	for i := range out {
		out[i] = map[time.Duration]int64{}
	}
	return out
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
