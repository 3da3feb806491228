package capacity

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// simulate is how many searches [TestFoundIsWhatIsCarried] makes of each target.
var simulate = flag.Int("simulate", 0, "searches of each target")

// likeTheLab are replicas of the embedded lab: four workers each, and times around 25 ms.
func likeTheLab(n int) replicas {
	return replicas{n: n, workers: 4, service: func(r *rand.Rand) time.Duration {
		return time.Duration(math.Exp(r.NormFloat64()*0.25) * 25e6 / math.Exp(0.25*0.25/2))
	}}
}

// carried is the largest rate at which the p95 of the replicas stays below a bound: by a
// simulation that shares nothing with the search, of so many requests at each rate.
func (q replicas) carried(requests int, bound time.Duration, poisson bool) float64 {
	p95 := func(rate float64) time.Duration {
		rng := rand.New(rand.NewPCG(1, 2))
		free := make([]float64, q.n*q.workers)
		took := make([]float64, 0, requests)
		now := 0.0
		for i := range requests {
			if poisson {
				now += rng.ExpFloat64() / rate
			} else {
				now += 1 / rate
			}
			mine := free[i%q.n*q.workers:][:q.workers]
			w := slices.Index(mine, slices.Min(mine))
			mine[w] = max(mine[w], now) + q.service(rng).Seconds()
			took = append(took, mine[w]-now)
		}
		slices.Sort(took)
		return time.Duration(took[len(took)*95/100] * 1e9)
	}
	low, high := 0.01, 1e5
	for high/low > 1.0005 {
		if middle := math.Sqrt(low * high); p95(middle) < bound {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// What is found holds what is carried. In the tests one target is searched, and not so closely; with -simulate as
// many as it says of each, for the table of docs/statistics.md.
func TestFoundIsWhatIsCarried(t *testing.T) {
	for _, c := range []struct {
		n        int
		bound    time.Duration
		arrivals string
	}{
		{3, 250 * time.Millisecond, "even"},
		{1, 50 * time.Millisecond, "poisson"}, {1, 250 * time.Millisecond, "poisson"}, {2, 250 * time.Millisecond, "poisson"},
		{3, 50 * time.Millisecond, "poisson"}, {3, 250 * time.Millisecond, "poisson"}, {4, 250 * time.Millisecond, "poisson"},
		{6, 50 * time.Millisecond, "poisson"}, {8, 250 * time.Millisecond, "poisson"}, {1, 50 * time.Millisecond, "even"},
	} {
		q := likeTheLab(c.n)
		truth := q.carried(400_000, c.bound, c.arrivals == "poisson")
		within, near, seconds := 0, 0, 0.0
		searches, quick := *simulate, ""
		if searches == 0 {
			searches, quick = 1, ", precision: 10%, probe: 5s, longest_probe: 20s"
		}
		for seed := range searches {
			study, err := searched(t, q, uint64(seed), fmt.Sprintf("slo: [p95 < %v, error_rate < 1%%], arrivals: %s%s", c.bound, c.arrivals, quick), nil)
			if err != nil {
				t.Fatal(err)
			}
			found := study.Configurations[0]
			if found.Verdict != result.CapacityFound {
				t.Errorf("%s: %s", found.Verdict, found.Sentence)
				continue
			}
			if found.HeldRPS <= truth && truth <= found.BrokenRPS {
				within++
			}
			if math.Abs(math.Sqrt(found.HeldRPS*found.BrokenRPS)/truth-1) < 0.05 {
				near++
			}
			seconds += study.Ended.Sub(study.Started).Seconds()
			t.Logf("%v: %s; %d probes; notes %q", truth, found.Sentence, len(found.Probes), found.Notes)
		}
		t.Logf("%d replicas, p95 < %v, %s: %.1f/s carried; %d of %d intervals hold it, %d middles within 5 %%, %.0f s a search",
			c.n, c.bound, c.arrivals, truth, within, searches, near, seconds/float64(searches))
		if *simulate == 0 {
			if near == 0 {
				t.Error("found something else")
			}
			return
		}
	}
}

// asStored is the study that a directory holds.
func asStored(t *testing.T, dir string) *result.Study {
	t.Helper()
	s, err := result.ReadStudy(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A search that ends early keeps its probes and says why it ended. It goes on from there, and
// finds as much as one that was never interrupted.
func TestASearchGoesOnWhereItEnded(t *testing.T) {
	const slo = "slo: [p95 < 250ms], precision: 20%, probe: 5s, longest_probe: 10s"
	dir := filepath.Join(t.TempDir(), "study")
	study, err := searched(t, likeTheLab(1), 1, slo, func(o *Options) {
		drain, measured, measure := make(chan struct{}), 0, o.Measure
		o.Dir, o.Drain = dir, drain
		o.Measure = func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
			if measured++; measured == 4 {
				close(drain)
			}
			return measure(ctx, sc, dir)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c := study.Configurations[0]
	if len(c.Probes) != 3 || study.Stopped != interrupted || len(c.Notes) == 0 {
		t.Fatalf("%d probes, stopped %q, notes %q", len(c.Probes), study.Stopped, c.Notes)
	}
	if stored := asStored(t, dir); len(stored.Configurations[0].Probes) != 3 || stored.Stopped != interrupted {
		t.Errorf("stored %+v", stored)
	}
	_, err = searched(t, likeTheLab(1), 2, "slo: [p95 < 100ms]", func(o *Options) { o.Dir, o.Resume = dir, true })
	if !errors.Is(err, ErrOther) {
		t.Errorf("another slo: %v", err)
	}
	study, err = searched(t, likeTheLab(1), 2, slo, func(o *Options) { o.Dir, o.Resume = dir, true })
	if err != nil {
		t.Fatal(err)
	}
	whole := study.Configurations[0]
	if whole.Verdict != result.CapacityFound || study.Stopped != "" || whole.BrokenRPS < 159 || whole.HeldRPS > 161 {
		t.Errorf("%s, stopped %q: %s", whole.Verdict, study.Stopped, whole.Sentence)
	}
	for i, p := range c.Probes {
		if kept := whole.Probes[i]; kept.Dir != p.Dir || kept.Verdict != p.Verdict || kept.N != p.N {
			t.Errorf("probe %d was %+v, is %+v", i, p, kept)
		}
	}
	dirs, err := os.ReadDir(filepath.Join(dir, probesDir))
	if err != nil || len(dirs) != len(whole.Probes)+1 {
		t.Errorf("%d directories of %d probes and one that was cut short, %v", len(dirs), len(whole.Probes), err)
	}
	for _, p := range whole.Probes {
		if _, err := runlog.Open(filepath.Join(dir, p.Dir)); err != nil {
			t.Error(err)
		}
	}
}

// A study's directory is taken by one search, and a budget ends one in time.
func TestASearchKeepsToItsDirectoryAndBudget(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	study, err := searched(t, likeTheLab(1), 1, "slo: [p95 < 250ms], budget: 1m", func(o *Options) { o.Dir = dir })
	if err != nil {
		t.Fatal(err)
	}
	c := study.Configurations[0]
	if took := study.Ended.Sub(study.Started); took > time.Minute+15*time.Second || study.Stopped == "" || len(c.Notes) == 0 {
		t.Errorf("took %v, stopped %q, notes %q", took, study.Stopped, c.Notes)
	}
	if _, err = searched(t, likeTheLab(1), 1, "slo: [p95 < 250ms]", func(o *Options) { o.Dir = dir }); !errors.Is(err, runlog.ErrExists) {
		t.Errorf("the same directory again: %v", err)
	}
}

// An SLO of failures finds where they begin.
func TestFailuresBreakAnSLO(t *testing.T) {
	q := likeTheLab(1)
	q.fails = func(busy int) bool { return busy > 30 }
	study, err := searched(t, q, 1, "slo: [error_rate < 1%], precision: 20%, probe: 5s, longest_probe: 20s", nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := study.Configurations[0]; c.Verdict != result.CapacityFound || c.HeldRPS > 170 || c.HeldRPS < 80 {
		t.Errorf("%s: %s", c.Verdict, c.Sentence)
	}
}

// What is stored while a search goes on, and left where it is killed, says that it was cut off,
// and is no answer that only its end can give.
func TestAStudyThatIsKilledSaysSo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	study, err := searched(t, likeTheLab(1), 1, "slo: [p95 < 250ms], precision: 50%, probe: 2s, longest_probe: 4s, first_rate: 400", func(o *Options) {
		measured, measure := 0, o.Measure
		o.Dir = dir
		o.Measure = func(ctx context.Context, sc *scenarios.Scenario, probe string) (*result.Analysis, error) {
			if measured++; measured > 1 {
				left := asStored(t, dir)
				if c := left.Configurations[0]; left.Stopped != cutOff || c.Verdict == result.CapacityDoomed || strings.Contains(c.Sentence, "generator was the limit") {
					t.Errorf("after %d probes: %q, %s: %s", measured-1, left.Stopped, c.Verdict, c.Sentence)
				}
			}
			return measure(ctx, sc, probe)
		}
	})
	if err != nil || study.Stopped != "" || asStored(t, dir).Stopped != "" {
		t.Errorf("at its end: %v, %q", err, study.Stopped)
	}
}

// A probe that could not be kept ends the search, which says why.
func TestAProbeThatCannotBeKeptEndsTheSearch(t *testing.T) {
	full := errors.New("no space left on device")
	study, err := searched(t, likeTheLab(1), 1, "slo: [p95 < 250ms], probe: 2s", func(o *Options) {
		measure := o.Measure
		o.Measure = func(ctx context.Context, sc *scenarios.Scenario, dir string) (*result.Analysis, error) {
			a, err := measure(ctx, sc, dir)
			return a, errors.Join(err, full)
		}
	})
	if !errors.Is(err, full) || study == nil || !strings.Contains(study.Stopped, full.Error()) || len(study.Configurations[0].Probes) > 0 {
		t.Errorf("%v, %+v", err, study)
	}
}
