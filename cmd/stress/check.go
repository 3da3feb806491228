package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/run"
)

// checkTimeout bounds all that a check does.
const checkTimeout = 2 * time.Minute

func checkCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "look whether a scenario could run: targets, ownership, database, replicas, agents",
		ArgsUsage: "SCENARIO | URL...",
		Description: "Sends no load: each target gets two requests for every replica, one after the other.\n" +
			"On a page that writes, each of them writes a row. It takes the flags of \"stress run\" that\n" +
			"change what runs. Agents, where the load comes from some, look at the targets as they do before a\n" +
			"run, and send no request.\n\n" +
			"Exit codes: 0 it could run, 1 it could, and an answer or its rows are not what the\n" +
			"scenario expects, 2 usage or scenario error, 5 it could not run.",
		Flags: slices.Concat(scenarioFlags(), choiceFlags(), []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print what was found as JSON"},
		}),
		Action: func(c *cli.Context) error {
			asked, err := newScenarioArgs(c, w, c.Args().Slice())
			if err != nil {
				return err
			}
			sc, err := asked.scenario(w.lookup)
			if err != nil {
				return err
			}
			guard := newGuard(c, w)
			ctx, cancel := context.WithTimeout(c.Context, checkTimeout)
			defer cancel()
			fleet, agents := checkFleet(c, w, asked)
			defer fleet.close()
			found, err := run.Check(ctx, sc, run.Options{Guard: guard, Targets: c.StringSlice("target"), Tool: tool(), Performer: fleet.performer()})
			if err != nil {
				return err
			}
			return showFindings(c, w, sc.Name, append(agents, found...))
		},
	}
}

// checkFleet is the fleet of a scenario, nil where there is none or where it could not be assembled, and what was found.
func checkFleet(c *cli.Context, w environment, asked scenarioArgs) (*fleet, []run.Finding) {
	f, err := newFleet(c, w, asked, w.lookup)
	switch {
	case err == nil && f == nil:
		return nil, nil
	case err == nil:
		f.lead.Say = func(string) {} // the lines say it
		return f, f.lead.Findings()
	}
	all := []error{err}
	if several, ok := errors.Unwrap(err).(interface{ Unwrap() []error }); ok { // of each that refuses
		all = several.Unwrap()
	}
	found := make([]run.Finding, len(all))
	for i, err := range all {
		found[i] = run.Finding{What: "agents", Err: &run.UnreachableError{What: "agents", Err: err}}
	}
	return nil, found
}

// checkSchema is the version of what `stress check --json` prints.
const checkSchema = 1

// checked is what `stress check --json` prints. Fields may be added, none is renamed.
type checked struct {
	Schema   int            `json:"schema"` // [checkSchema]
	Scenario string         `json:"scenario"`
	ExitCode int            `json:"exit_code"`
	Findings []checkFinding `json:"findings"`
}

// checkFinding is one line of a check.
type checkFinding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// showFindings prints what was found. What keeps a run from beginning has the exit code
// that the run would have, anything else that is wrong is 1.
func showFindings(c *cli.Context, w environment, scenario string, found []run.Finding) error {
	all := checked{Schema: checkSchema, Scenario: scenario}
	for _, f := range found {
		line := checkFinding{What: f.What, OK: f.Err == nil, Text: f.Text}
		if f.Err != nil {
			line.Text = strings.TrimPrefix(explained(f.Err), f.What+": ")
			all.ExitCode = max(all.ExitCode, findingCode(f.Err))
		}
		all.Findings = append(all.Findings, line)
	}
	if err := printFindings(c, w, all); err != nil {
		return err
	}
	if all.ExitCode != exitPass {
		return &exitError{all.ExitCode, nil}
	}
	return nil
}

func printFindings(c *cli.Context, w environment, all checked) error {
	if c.Bool("json") {
		e := json.NewEncoder(w.stdout)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	for _, f := range all.Findings {
		mark := "ok"
		if !f.OK {
			mark = "NO"
		}
		if _, err := fmt.Fprintf(w.stdout, "%-3s %s: %s\n", mark, f.What, plain.Line(f.Text)); err != nil {
			return err
		}
	}
	return nil
}

func findingCode(err error) int {
	if away := (*run.UnreachableError)(nil); errors.As(err, &away) {
		return exitCode(err)
	}
	return exitFail
}
