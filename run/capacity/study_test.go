package capacity

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

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
