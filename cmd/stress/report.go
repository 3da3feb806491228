package main

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
)

func reportCommand(w environment) *cli.Command {
	formats := strings.Join(slices.Sorted(maps.Keys(report.Formats)), "|")
	return &cli.Command{
		Name:      "report",
		Usage:     "show a run again, from its directory",
		ArgsUsage: "[RUN]",
		Description: "RUN is a run directory, or one that holds runs: then it is the newest of them, and without\n" +
			"an argument the newest of results.\n\n" +
			"Without --format and -o it also writes every report and plot into the run directory\n" +
			"anew. A run that was killed is shown up to its last second, and said to be partial.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "print it as `" + formats + "`"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` instead of the standard output"},
			&cli.StringFlag{Name: "report", Value: "all", Usage: "how much of it: `all|summary`"},
		},
		Action: func(c *cli.Context) error {
			dir, err := reportedRun(c, w)
			if err != nil {
				return err
			}
			full, err := reportChoice(c)
			if err != nil {
				return err
			}
			format, writes := c.String("format"), false
			if format == "" {
				format, writes = "text", !c.IsSet("output")
			}
			show, ok := report.Formats[format]
			if !ok {
				return usage("--format: %q is none of %s", format, formats)
			}
			a, err := run.Read(c.Context, dir)
			if err != nil {
				return err
			}
			err = output(w, c.String("output"), func(out io.Writer, toTerminal bool) error {
				return show(out, a, report.Options{Color: toTerminal && w.color(), Width: w.terminal.width, Full: full})
			})
			if writes { // last: what cannot be written can be read all the same
				err = errors.Join(err, report.WriteAll(c.Context, dir, a))
			}
			return err
		},
	}
}

// reportedRun is the run that the command line names, else the newest one.
func reportedRun(c *cli.Context, w environment) (string, error) {
	if c.NArg() == 0 {
		return lastRun(w)
	}
	path, err := oneArg(c, "run directory")
	if err != nil {
		return "", err
	}
	return findRun(w, path)
}
