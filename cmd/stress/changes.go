package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/scenarios"
)

// changesCluster reports that a scenario asks for changes of its cluster.
func changesCluster(sc *scenarios.Scenario) bool {
	return len(sc.Injections) > 0 || slices.ContainsFunc(sc.Targets, func(t scenarios.Target) bool { return t.Of != "" })
}

// clusterFaults say whether the user wants the cluster changed, and where that is noted.
func clusterFaults(c *cli.Context, w environment, sc *scenarios.Scenario) (run.Faults, error) {
	index, err := faultIndex(w)
	if err != nil && changesCluster(sc) {
		return run.Faults{}, err
	}
	return run.Faults{Confirmed: c.Bool("yes"), Index: index}, nil
}

// tellChanges says what will be done to the cluster for the targets named, none for all.
func tellChanges(to io.Writer, sc *scenarios.Scenario, targets []string) {
	var sizes []string
	for _, t := range sc.Targets {
		if t.Of != "" && (len(targets) == 0 || slices.Contains(targets, t.Name)) {
			sizes = append(sizes, fmt.Sprintf("%d for %s", t.Replicas, t.Name))
		}
	}
	if len(sizes) > 0 {
		fmt.Fprintf(to, "replicas of service %s, and at the end as many as before: %s\n", plain.Line(sc.Cluster.Service), strings.Join(sizes, ", "))
	}
	if len(sc.Injections) == 0 {
		return
	}
	fmt.Fprintf(to, "faults in service %s, undone at the end of each leg:\n", plain.Line(sc.Cluster.Service))
	for _, i := range sc.Injections {
		fmt.Fprintf(to, "  at %v of each leg of %s: %s\n", i.At, cmp.Or(i.Target, "every target"), plain.Line(i.Words()))
	}
}

// shareChanges prepares what several runs below a directory change of the cluster, says so, and
// restores it at their end.
func shareChanges(c *cli.Context, w environment, sc *scenarios.Scenario, dir string) (faults run.Faults, restore func() error, err error) {
	if faults, err = clusterFaults(c, w, sc); err != nil {
		return faults, nil, err
	}
	tellPending(w.stderr, faults.Index)
	tellChanges(w.stderr, sc, nil)
	if faults.Shared, err = run.OpenChanges(c.Context, sc, sc.Targets, faults); err != nil {
		return faults, nil, err
	}
	return faults, func() error {
		undone, err := faults.Shared.Close(c.Context)
		for _, u := range undone {
			fmt.Fprintln(w.stderr, plain.Line(u.Text))
		}
		if changesCluster(sc) {
			tellPending(w.stderr, faults.Index)
		}
		return err
	}, faults.Shared.Into(dir)
}
