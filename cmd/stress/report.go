package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/run/capacity"
	"github.com/stress-tool/stress/runlog"
)

// indexFile is the page of an index, beside the runs that it lists. index.html may be another
// program's.
const indexFile = "runs.html"

func reportCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "show a run or a study again, from its directory, or a list of them",
		ArgsUsage: "[RUN | STUDY]",
		Description: "RUN is a run directory, STUDY that of a search for a capacity; without an argument it is\n" +
			"the newest of results. Of a directory that holds runs the report is an index: what each\n" +
			"found, newest first, with links to their pages.\n\n" +
			"Without --format and -o it also writes every report and plot into the run directory\n" +
			"anew. A run that was killed is shown up to its last second, and said to be partial.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "print it as `" + formatsOf(report.Formats) + "`, an index as " + formatsOf(report.IndexFormats)},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` instead of the standard output"},
			&cli.StringFlag{Name: "report", Value: "all", Usage: "how much of it: `all|summary`"},
			&cli.BoolFlag{Name: "open", Usage: "show the page in the browser; that of an index is " + indexFile + " in its directory"},
		},
		Action: func(c *cli.Context) error {
			r := reporting{c: c, w: w, output: c.String("output")}
			return r.show()
		},
	}
}

func formatsOf[F any](formats map[string]F) string {
	return strings.Join(slices.Sorted(maps.Keys(formats)), "|")
}

// reporting is one call of `stress report`.
type reporting struct {
	c      *cli.Context
	w      environment
	full   bool
	format string // "" where none is named
	output string // the file; "" is the standard output
}

func (r *reporting) show() (err error) {
	if r.full, err = reportChoice(r.c); err != nil {
		return err
	}
	if r.format = r.c.String("format"); r.c.Bool("open") {
		toFile := r.output != "" && r.output != stdoutName
		if toFile && r.format == "" {
			r.format = "html"
		}
		if r.format != "" && !(toFile && r.format == "html") {
			return usage("--open shows a page: leave out --format, or name its file with -o")
		}
	}
	dir, err := r.named()
	if err != nil {
		return err
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() && !run.Holds(dir) {
		if exists(filepath.Join(dir, result.StudyFile)) {
			return r.study(dir)
		}
		return r.index(dir)
	}
	return r.run(dir)
}

// named is what the command line names, else the newest run.
func (r *reporting) named() (string, error) {
	if r.c.NArg() == 0 {
		return lastReported(r.w)
	}
	path, err := oneArg(r.c, "run directory")
	switch {
	case err != nil:
		return "", err
	case namesScenario(path):
		return findRun(r.w, path)
	case filepath.Base(path) == runlog.ManifestFile, filepath.Base(path) == result.StudyFile:
		return filepath.Dir(path), nil
	}
	return path, nil
}

// run shows a run.
func (r *reporting) run(dir string) error {
	writes := r.format == "" && r.output == ""
	show, ok := report.Formats[cmp.Or(r.format, "text")]
	if !ok {
		return usage("--format: %q is none of %s", r.format, formatsOf(report.Formats))
	}
	a, err := run.Read(r.c.Context, dir)
	if err != nil {
		return err
	}
	err = output(r.w, r.output, func(out io.Writer, toTerminal bool) error {
		return show(out, a, r.options(toTerminal))
	})
	if a.Run.Partial && a.Run.Stopped == "" { // killed
		if _, missing := lead.ReadKept(dir); missing == nil {
			fmt.Fprintf(r.w.stderr, "note: what its agents measured besides may still be at their broker: collect it with `%s`, and the --nkey and --tls-ca that the run had\n",
				report.ShellCommand([]string{"stress", "run", "--resume", dir}))
		}
	}
	page := r.output
	if writes { // last: what cannot be written can be read all the same
		page, err = filepath.Join(dir, report.PageFile), errors.Join(err, report.WriteAll(r.c.Context, dir, a))
	}
	return r.opened(page, err)
}

// study shows what a search for a capacity found.
func (r *reporting) study(dir string) error {
	writes := r.format == "" && r.output == ""
	show, ok := report.StudyFormats[cmp.Or(r.format, "text")]
	if !ok {
		return usage("--format: %s is a study of a capacity, and %q is none of %s", dir, r.format, formatsOf(report.StudyFormats))
	}
	s, err := capacity.Read(dir, report.PageFile)
	if err != nil {
		return err
	}
	err = output(r.w, r.output, func(out io.Writer, toTerminal bool) error {
		o := r.options(toTerminal)
		links := linksFrom(r.output, dir)
		o.Link = func(path string) string { return links(filepath.Join(dir, path)) }
		return show(out, s, o)
	})
	page := r.output
	if writes {
		page, err = filepath.Join(dir, report.PageFile), errors.Join(err, report.WriteStudy(r.c.Context, dir, s))
	}
	return r.opened(page, err)
}

// index shows what runs there are in a directory.
func (r *reporting) index(dir string) error {
	format := cmp.Or(r.format, "text")
	show, ok := report.IndexFormats[format]
	if !ok {
		return usage("--format: %s holds runs and is none, and an index is none of %q but of %s: name a run of it", dir, format, formatsOf(report.IndexFormats))
	}
	x, err := run.List(r.c.Context, dir, report.PageFile)
	if err != nil {
		return err
	}
	err = output(r.w, r.output, func(out io.Writer, toTerminal bool) error {
		o := r.options(toTerminal)
		o.Link = linksFrom(r.output, dir)
		return show(out, x, o)
	})
	page := r.output
	if r.c.Bool("open") && format == "text" {
		page = filepath.Join(dir, indexFile)
		err = errors.Join(err, writeFile(r.w, page, func(out io.Writer) error {
			return report.IndexFormats["html"](out, x, report.Options{Link: linksFrom(page, dir)})
		}))
	}
	return r.opened(page, err)
}

func (r *reporting) options(toTerminal bool) report.Options {
	return report.Options{Color: toTerminal && r.w.color(), Width: r.w.terminal.width, Full: r.full}
}

// opened shows the page that was written, where that is asked for and went well.
func (r *reporting) opened(page string, err error) error {
	if err == nil && r.c.Bool("open") {
		openPage(r.w, page)
	}
	return err
}
