package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// queryTimeout bounds a command that only asks the database.
const queryTimeout = 30 * time.Second

func spreadCommand(w environment) *cli.Command {
	return &cli.Command{
		Name:      "spread",
		Usage:     "how many rows each host has written, now",
		ArgsUsage: "[SCENARIO]",
		Description: "Asks the database of a scenario, or of --dsn: SELECT Host, COUNT(*) … GROUP BY Host.\n" +
			"It sends no load.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dsn", Usage: "`DSN` of the database: user:password@tcp(host:port)/database, or postgres://user:password@host/database"},
			&cli.StringFlag{Name: "table", Value: "dados", Usage: "`TABLE` the service writes"},
			&cli.StringFlag{Name: "column", Value: "Host", Usage: "`COLUMN` that names the host"},
			&cli.StringSliceFlag{Name: "set", Usage: "override any key of the scenario: `KEY=VALUE`"},
		},
		Action: func(c *cli.Context) error {
			sc, err := spreadScenario(c, w)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context, queryTimeout)
			defer cancel()
			return printSpread(ctx, w, sc)
		},
	}
}

// spreadScenario is where to ask: a file's ledger or the flags'.
func spreadScenario(c *cli.Context, w environment) (*scenarios.Scenario, error) {
	if c.IsSet("dsn") == (c.NArg() > 0) {
		return nil, usage("spread takes a SCENARIO or --dsn, one of the two")
	}
	if c.IsSet("dsn") { // beside a target that nobody asks for anything
		return loadScenario(c, w, "http://localhost")
	}
	name, err := oneArg(c, "scenario")
	if err != nil {
		return nil, err
	}
	sc, err := loadScenario(c, w, name)
	if err != nil {
		return nil, err
	}
	if sc.Ledger == nil {
		return nil, usage("%s: has no ledger: there is no database to ask", name)
	}
	return sc, nil
}

func printSpread(ctx context.Context, w environment, sc *scenarios.Scenario) error {
	rows, address, err := run.Rows(ctx, sc)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s by %s", sc.Ledger.Table, sc.Ledger.Column)
	if sc.Ledger.Query != "" {
		what = sc.Ledger.What()
	}
	title := fmt.Sprintf("Rows of %s, at %s", what, address)
	return report.Rows(w.stdout, title, analyze.CountedHosts(rows), report.Options{Color: w.color(), Width: w.terminal.width})
}
