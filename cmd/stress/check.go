package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
)

// checkTimeout bounds all that a check does.
const checkTimeout = 2 * time.Minute

func checkCommand(w world) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "look whether a scenario could run: targets, ownership, database, replicas",
		ArgsUsage: "SCENARIO | URL...",
		Description: "Sends no load: each target gets two requests for every replica, one after the other.\n" +
			"On a page that writes, each of them writes a row.",
		Flags: runFlags(),
		Action: func(c *cli.Context) error {
			sc, err := loadScenario(c, w, c.Args().Slice()...)
			if err != nil {
				return err
			}
			guard, err := newGuard(c, w)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context, checkTimeout)
			defer cancel()
			found, err := run.Check(ctx, sc, run.Options{Guard: guard, Targets: c.StringSlice("target"), Tool: tool()})
			if err != nil {
				return err
			}
			return printFindings(w, found)
		},
	}
}

// printFindings lists what was found. What keeps a run from beginning is exit code
// 5, anything else that is wrong is 1.
func printFindings(w world, found []run.Finding) error {
	code := exitPass
	for _, f := range found {
		mark, text := "ok", f.Text
		if f.Err != nil {
			mark, text = "NO", cmp.Or(text, f.Err.Error())
			code = max(code, findingCode(f.Err))
		}
		fmt.Fprintf(w.stdout, "%-3s %s: %s\n", mark, f.What, report.Plain(text))
	}
	if code != exitPass {
		return &coded{code, nil}
	}
	return nil
}

func findingCode(err error) int {
	var away *run.UnreachableError
	if errors.As(err, &away) {
		return exitCode(err)
	}
	return exitFail
}
