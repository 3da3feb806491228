package main

import (
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
)

// linksFrom makes the references of a page that is written to file. On the standard output,
// where nobody knows where it goes, they are from dir.
func linksFrom(file, dir string) func(path string) string {
	if file != "" && file != stdoutName {
		dir = filepath.Dir(file)
	}
	from, err := filepath.Abs(dir)
	return func(path string) string {
		to, failed := filepath.Abs(path)
		if err != nil || failed != nil {
			return ""
		}
		way, failed := filepath.Rel(from, to)
		if failed != nil {
			return ""
		}
		return filepath.ToSlash(way)
	}
}

// runsFlag names the directory of the runs that a page links to.
func runsFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "runs", Value: resultsDir, Usage: "link the pages of the runs in `DIR`; html only"}
}

// linkPages gives baselines the pages of the runs that they were, where a page shows them.
func linkPages(c *cli.Context, kept []result.Entry) {
	if c.String("format") != "html" {
		return
	}
	pages := pagesBelow(c.String("runs"))
	for i := range kept {
		kept[i].Page = pages[idOf(kept[i].Run.Name, kept[i].Run.Run.Started)]
	}
}

// runID tells a run from every other, whatever directory it is in.
type runID struct {
	scenario string
	started  int64 // nanoseconds since 1970
}

func idOf(scenario string, started time.Time) runID { return runID{scenario, started.UnixNano()} }

// pagesBelow are the pages of the runs below a directory. A run that cannot be read has none.
func pagesBelow(dir string) map[runID]string {
	pages := map[runID]string{}
	for path := range runlog.Runs(dir) {
		page := pageIn(path)
		if page == "" {
			continue
		}
		if m, err := runlog.Open(path); err == nil {
			pages[idOf(m.Name, m.Started)] = page
		}
	}
	return pages
}

// pageIn is the page of the run in a directory; "" where it has none.
func pageIn(run string) string {
	if page := filepath.Join(run, report.PageFile); exists(page) {
		return page
	}
	return ""
}
