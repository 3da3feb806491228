package analyze

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// measured is every stored distribution of one leg. Its size does not depend on how long
// the leg lasted, and it is dropped when the leg has been judged.
//
// It is a map by tag; see [runlog.TagResponse] and others.
type measured map[string]*timing

// timing is one tag's times.
type timing struct {
	bars                      bars // of all times
	n                         int64
	mean, deviation, min, max time.Duration
	// stretches are the times again by stretch of time, and sums their sums in
	// milliseconds; of a tag that [dividedTag] does not name there is one stretch.
	stretches []bars
	sums      stats.Clusters

	shape

	now hist.Sum // what is being added to stretch at
	at  int
}

// shape is what the load of a leg says of its stretches of time: see [stats.Clusters].
type shape struct{ planned, bounded bool }

func shapeOf(load runlog.Load) shape { return shape{planned: load.Varies(), bounded: !load.Open} }

// measure reads a record's distributions; with tags named, only theirs. visit, when not
// nil, sees every interval and the second it begins in.
//
// A second whose distributions reached the disk but whose timeline line did not
// is left out, so that counts and times speak of the same requests.
func measure(ctx context.Context, rec *runlog.Record, seconds int, load shape, visit func(second int, iv hist.Stored), tags ...string) (measured, error) {
	m := measured{}
	for iv, err := range rec.Intervals(tags...) {
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, fmt.Errorf("leg %s: %w", rec.Dir, err)
		}
		// The log keeps whole milliseconds; half of one is far from any boundary.
		second := int((iv.Start + time.Millisecond/2) / time.Second)
		if second < 0 || second >= seconds {
			continue
		}
		stretches, at := 1, 0
		if dividedTag(iv.Tag) {
			stretches = min(seconds, stats.MaxBatches)
			at = stretchOf(second, stretches, seconds)
		}
		t := m[iv.Tag]
		if t == nil {
			t = &timing{stretches: make([]bars, stretches), shape: load}
			m[iv.Tag] = t
		}
		t.add(at, iv.Bars)
		if visit != nil {
			visit(second, iv)
		}
	}
	whole := hist.NewSparse()
	for _, t := range m {
		t.settle(whole)
	}
	return m, nil
}

// stretchOf is the stretch that a second lies in, of a leg of so many seconds.
func stretchOf(second, stretches, seconds int) int { return second * stretches / seconds }

// add adds the times of an interval to a stretch. Stretches come one after the other.
func (t *timing) add(stretch int, b hist.Bars) {
	if stretch != t.at {
		t.close()
		t.at = stretch
	}
	t.now.Add(b)
}

// close puts what was added up where it belongs.
func (t *timing) close() {
	t.stretches[t.at] = bars(hist.Bars(t.stretches[t.at]).Merge(t.now.Take()))
}

// settle makes of the stretches what is known of all times together. whole is a
// histogram to do it with.
func (t *timing) settle(whole *hist.Histogram) {
	t.close()
	t.now = hist.Sum{}
	whole.Reset()
	for _, s := range t.stretches {
		whole.Add(hist.Bars(s))
	}
	t.describe(whole)
	t.sums = t.clusters(milliseconds)
}

// describe fills in what is known of all times.
func (t *timing) describe(whole *hist.Histogram) {
	t.bars, t.n = barsOf(whole), whole.N()
	t.mean, t.deviation, t.min, t.max = whole.Mean(), whole.StdDev(), whole.Min(), whole.Max()
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

func (t *timing) clusters(value func(edge time.Duration) float64) stats.Clusters {
	c := stats.Clusters{Planned: t.planned, Bounded: t.bounded}
	for _, b := range t.stretches {
		var size, sum float64
		for _, bar := range b {
			n := float64(bar.N)
			size += n
			sum += n * value(bar.Edge)
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
	return &timing{}
}

// judgedTag reports whether a tag's quantiles get intervals. Lag and connect times
// describe the generator and the connections: they are shown, not judged.
func judgedTag(tag string) bool {
	return tag == runlog.TagResponse || tag == runlog.TagService || tag == runlog.TagFirstByte || strings.HasPrefix(tag, runlog.TagRequest) || strings.HasPrefix(tag, runlog.TagRequestService)
}

// dividedTag reports whether a tag's times are kept by stretch: those that are
// judged, and the generator's own, of which it matters whether they came all at once, of all
// agents together and of each.
func dividedTag(tag string) bool {
	tag = runlog.PlainTag(tag)
	return judgedTag(tag) || tag == runlog.TagLag || tag == runlog.TagQueue
}

// secondClusters are the seconds as clusters of whatever pick takes from them.
func secondClusters(seconds []runlog.Second, planned bool, pick func(runlog.Second) (size, sum float64)) stats.Clusters {
	c := stats.Clusters{Planned: planned}
	for _, s := range seconds {
		size, sum := pick(s)
		c.Size, c.Sum = append(c.Size, size), append(c.Sum, sum)
	}
	return c
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
