package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run/gate"
)

// forms are how a gate is shown.
type forms struct {
	print        string // on the standard output
	write        []form
	github       bool
	summary      string // GitHub's file for the step's summary; "" outside of Actions
	inconclusive int    // the exit code of INCONCLUSIVE
}

// form is a format and the file it goes to.
type form struct{ format, file string }

func newForms(c *cli.Context, w environment) (forms, error) {
	fs := forms{print: c.String("format"), github: c.Bool("github")}
	if c.Bool("json") {
		fs.print = "json"
	}
	if _, ok := report.GateFormats[fs.print]; !ok {
		return fs, usage("--format: %q is none of %s", fs.print, gateFormats())
	}
	for _, s := range c.StringSlice("write") {
		format, file, _ := strings.Cut(s, "=")
		if _, ok := report.GateFormats[format]; !ok || file == "" {
			return fs, usage("--write: %q is not FORMAT=FILE with one of %s", s, gateFormats())
		}
		for _, other := range fs.write {
			if err := differentFiles("--write "+s, file, "--write "+other.format+"="+other.file, other.file); err != nil {
				return fs, err
			}
		}
		fs.write = append(fs.write, form{format, file})
	}
	if fs.github {
		if fs.print != "text" {
			return fs, usage("--github prints annotations after the text: leave out --format, or name a file with --write %s=FILE", fs.print)
		}
		fs.summary, _ = w.lookup("GITHUB_STEP_SUMMARY")
	}
	switch v := c.String("inconclusive"); v {
	case "exit":
		fs.inconclusive = exitInconclusive
	case "pass":
		fs.inconclusive = exitPass
	case "fail":
		fs.inconclusive = exitFail
	default:
		return fs, usage("--inconclusive: %q is none of exit, pass and fail", v)
	}
	return fs, nil
}

// answer shows a gate, stores it with its run, and makes its verdict the exit code. err is
// what went wrong before, with the gate judged all the same.
func (j *gateRun) answer(a *gate.Result, err error) error {
	if a.Noise != "" && !j.c.Bool("quiet") {
		fmt.Fprintf(j.w.stderr, "\nnoise kept in %s\n", a.Noise)
	}
	err = errors.Join(err, j.show(a.Gate, a.Dir), j.keep(a.Gate, a.Dir))
	if hint := gateHint(a.Gate); hint != "" && !j.quiet() {
		fmt.Fprintf(j.w.stderr, "\n%s\n", hint)
	}
	if j.in.interrupted() {
		return &exitError{exitInterrupted, err}
	}
	code := verdictCodes[a.Gate.Verdict]
	if a.Gate.Verdict == result.Inconclusive {
		code = j.forms.inconclusive
	}
	switch {
	case err != nil:
		return &exitError{exitUnable, err}
	case code != exitPass:
		return &exitError{code, nil}
	}
	return nil
}

// show prints the gate of the run in dir and writes every form that was asked for.
func (j *gateRun) show(g *result.Gate, dir string) error {
	g = j.linked(g, dir)
	o := options(j.w)
	o.Link = linksFrom("", ".")
	err := report.GateFormats[j.forms.print](j.w.stdout, g, o)
	for _, f := range j.forms.write {
		err = errors.Join(err, writeFile(j.w, f.file, func(out io.Writer) error {
			return report.GateFormats[f.format](out, g, report.Options{Full: true, Link: linksFrom(f.file, ".")})
		}))
	}
	if j.forms.github {
		err = errors.Join(err, report.GateFormats["github"](j.w.stdout, g, report.Options{}), j.summarize(g))
	}
	return err
}

// linked is the gate with the pages of its runs, where a page of it is asked for.
func (j *gateRun) linked(g *result.Gate, dir string) *result.Gate {
	if j.forms.print != "html" && !slices.ContainsFunc(j.forms.write, func(f form) bool { return f.format == "html" }) {
		return g
	}
	out := *g
	out.Candidate.Page = pageIn(dir)
	if g.Baseline != nil {
		side := *g.Baseline
		side.Page = cmp.Or(pageIn(side.Label), pagesBelow(resultsDir)[idOf(g.Name, side.Started)])
		out.Baseline = &side
	}
	return &out
}

// summarize adds the gate to the step's summary: other programs of the step write
// there too.
func (j *gateRun) summarize(g *result.Gate) error {
	if j.forms.summary == "" {
		return nil
	}
	var b bytes.Buffer
	if err := report.GateFormats["md"](&b, g, report.Options{}); err != nil {
		return err
	}
	f, err := os.OpenFile(j.forms.summary, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.Write(b.Bytes())
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("writing the step's summary: %w", err)
	}
	return nil
}

// keep stores the gate in the run's directory; a summary.json alone has none.
func (j *gateRun) keep(g *result.Gate, dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil
	}
	if err := report.WriteGate(dir, g); err != nil {
		return err
	}
	if !j.c.Bool("quiet") && j.forms.print == "text" {
		fmt.Fprintf(j.w.stderr, "\n%s, gate: %s\n", g.Verdict, filepath.Join(dir, report.GateFile))
	}
	return nil
}
