package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/fleet/lead"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// resultsDir is where runs go that have no directory of their own.
const resultsDir = "results"

// newRunDir is the directory of a run that begins now. Where it exists, the run takes one
// beside it.
func newRunDir(scenario string, now time.Time) string {
	return filepath.Join(resultsDir, cmp.Or(runlog.Slug(scenario), "scenario"), now.UTC().Format("2006-01-02T15-04-05Z"))
}

// measureScenario runs a scenario into o.Dir, "" for a new directory below results, and shows it
// as it goes. It returns what the run means and where it is. Without an analysis the error says why; with one, what
// went wrong in a run that had begun.
func measureScenario(c *cli.Context, w environment, in *interrupts, sc *scenarios.Scenario, o run.Options, quiet bool) (*result.Analysis, string, error) {
	faults, err := clusterFaults(c, w, sc)
	if err != nil {
		return nil, "", err
	}
	tellPending(w.stderr, faults.Index)
	tellChanges(w.stderr, sc, o.Targets)
	o.Faults = faults
	a, dir, err := measureOnce(c, w, in, sc, o, quiet)
	if changesCluster(sc) {
		tellPending(w.stderr, faults.Index)
	}
	return a, dir, err
}

// measureOnce is [measureScenario] without its faults.
func measureOnce(c *cli.Context, w environment, in *interrupts, sc *scenarios.Scenario, o run.Options, quiet bool) (*result.Analysis, string, error) {
	o.Record, o.Guard, o.Tool, o.Command = c.Bool("record"), newGuard(c, w), tool(), commandLine(c, sc.Secrets())
	if c.Command.Name != "demo" { // whose lab sets them
		o.Variables = sc.Variables
	}
	if o.Dir == "" {
		o.Dir, o.Numbered = newRunDir(sc.Name, time.Now()), true
	}
	in.endAtOnce()
	r, err := run.Start(c.Context, sc, o)
	if err != nil {
		return nil, "", err
	}
	if agents, ok := o.Performer.(*lead.Fleet); ok && sc.Generators.NATS != "" {
		if err := agents.Keep(r.Dir); err != nil {
			fmt.Fprintf(w.stderr, "warning: should this program be killed, nobody can collect what agents keep: %v\n", err)
		}
	}
	asked, measured := in.endInOrder(), make(chan struct{})
	go func() {
		select {
		case <-asked:
			r.Drain()
		case <-measured:
		}
	}()
	p := newProgress(w, quiet)
	for e := range r.Events {
		p.show(e)
	}
	p.close()
	close(measured)
	a, err := r.Wait()
	return a, r.Dir, onceBegun(err)
}
