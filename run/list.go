package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
)

const (
	// mostListed is how many runs an index has: with more, the oldest are left out.
	mostListed = 10_000
	// listedRunes is how much of a text of a run stands in an index, and listedTargets of how
	// many targets: directories come from anyone.
	listedRunes   = 200
	listedTargets = 8
)

// List is an index of the runs and the studies in and below dir, of which page is the name of their page. It
// reads summaries and judges nothing, one run after the other, so that memory holds a few
// lines of each. A run that cannot be read is in the index as that. The error is
// [runlog.ErrNoRun] where there is no run at all.
func List(ctx context.Context, dir, page string) (*result.Index, error) {
	x := &result.Index{Schema: result.IndexSchema, Dir: dir}
	for path := range runlog.Runs(dir) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := listed(dir, path, page)
		if err != nil {
			return nil, err
		}
		x.Runs = append(x.Runs, r)
		if len(x.Runs) == 2*mostListed {
			x.LeftOut += newestFirst(x)
		}
	}
	for path := range runlog.Studies(dir) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := listedStudy(dir, path, page)
		if err != nil {
			return nil, err
		}
		if x.Runs = append(x.Runs, r); len(x.Runs) == 2*mostListed {
			x.LeftOut += newestFirst(x)
		}
	}
	if len(x.Runs) == 0 {
		return nil, fmt.Errorf("%s: %w, nor does any directory below it", dir, runlog.ErrNoRun)
	}
	x.LeftOut += newestFirst(x)
	return x, nil
}

// newestFirst sorts the runs, leaves out the oldest of too many, and says how many these were.
func newestFirst(x *result.Index) int {
	slices.SortStableFunc(x.Runs, func(a, b result.IndexRun) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.Path, a.Path))
	})
	all := len(x.Runs)
	x.Runs = slices.Clip(x.Runs[:min(all, mostListed)])
	return all - len(x.Runs)
}

// pageOf is the place of a run or a study in an index, with its page.
func pageOf(dir, path, page string) (r result.IndexRun, err error) {
	below, err := filepath.Rel(dir, path)
	if err != nil {
		return r, err
	}
	r.Path = filepath.ToSlash(below)
	if info, err := os.Lstat(filepath.Join(path, page)); err == nil && info.Mode().IsRegular() {
		r.Page = filepath.ToSlash(filepath.Join(below, page))
	}
	return r, nil
}

// listed is what an index has of the run at path.
func listed(dir, path, page string) (result.IndexRun, error) {
	r, err := pageOf(dir, path, page)
	if err != nil {
		return r, err
	}
	if h, err := readHead(path); err == nil {
		r.Name, r.Label, r.Started, r.Verdict, r.Answer = h.Name, h.Label, h.Run.Started, h.Verdict, h.Answer
		r.Key = shortKeys(answeringKeys(h))
	} else {
		unjudged(&r, path, err)
	}
	r.Name, r.Label, r.Unread = short(r.Name), short(r.Label), short(r.Unread)
	if r.Answer != nil {
		r.Answer = &result.Answer{Verdict: r.Answer.Verdict, Words: short(r.Answer.Words)}
	}
	return r, nil
}

// listedStudy is what an index has of the study at path.
func listedStudy(dir, path, page string) (result.IndexRun, error) {
	r, err := pageOf(dir, path, page)
	if err != nil {
		return r, err
	}
	s, err := result.ReadStudy(path)
	if err != nil {
		r.Unread = short(err.Error())
		return r, nil
	}
	r.Name, r.Started, r.Study = short(s.Name), s.Started, short(s.Headline)
	if s.Headline == "" {
		r.Study = short(s.Configurations[0].Sentence)
	}
	return r, nil
}

// answeringKeys are the key figures of a run; of several loads, of the one that answers.
func answeringKeys(h *result.Head) []result.KeyFigures {
	for _, l := range h.Loads {
		if h.Answer != nil && l.Run.Load.Name == h.Answer.Load {
			return l.Key
		}
	}
	if len(h.Loads) > 0 {
		return h.Loads[0].Key
	}
	return h.Key
}

// shortKeys are the key figures of the first targets, and of the last, which of a comparison is the candidate.
func shortKeys(all []result.KeyFigures) []result.KeyFigures {
	if len(all) > listedTargets {
		all = append(slices.Clone(all[:listedTargets-1]), all[len(all)-1])
	}
	var keys []result.KeyFigures
	for _, k := range all {
		short := result.KeyFigures{Target: short(k.Target), Rounds: k.Rounds}
		for _, m := range []metric.Metric{metric.Successes, metric.P95, metric.ErrorRate, metric.Lost} {
			if f, ok := k.Of(m); ok {
				f.Observed.Warnings = nil
				short.Figures = append(short.Figures, f)
			}
		}
		keys = append(keys, short)
	}
	return keys
}

func readHead(dir string) (*result.Head, error) {
	f, err := untrusted.OpenIn(dir, result.SummaryFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return result.ReadHead(f)
}

// unjudged fills in what the manifest says of a run that has no summary, and why it has none.
func unjudged(r *result.IndexRun, path string, err error) {
	m, broken := runlog.Open(path)
	switch {
	case broken != nil:
		r.Unread = broken.Error()
		return
	case !errors.Is(err, fs.ErrNotExist):
		r.Unread = err.Error()
	case m.Sealed:
		r.Unread = "nobody has judged it yet"
	default:
		r.Unread = "it goes on, or was killed, and nobody has judged it yet"
	}
	r.Name, r.Started = m.Name, m.Started
}

func short(s string) string { return plain.Clip(plain.Line(s), listedRunes) }
