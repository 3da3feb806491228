package run

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/stress-tool/stress/run/fault"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Faults say whether the cluster of a scenario may be changed: by its faults, and by targets of
// several replicas.
type Faults struct {
	// Confirmed says that whoever starts the run wants that.
	Confirmed bool
	// Index names the runs that have something to undo. It must be given for a scenario that
	// changes its cluster.
	Index fault.Index
	// Shared are the changes of several runs, which scale the service by them and leave it so; nil
	// has the run restore it at its end.
	Shared *Changes
}

// FaultsRefusedError says that a scenario changes its cluster, and that it may not. Nothing was
// done.
type FaultsRefusedError struct {
	What      string // "has faults"
	Allowed   bool   // by the scenario
	Confirmed bool   // by whoever started the run
}

func (e *FaultsRefusedError) Error() string {
	text := "the scenario " + e.What
	switch {
	case !e.Allowed && !e.Confirmed:
		return text + ", which neither it allows nor anybody confirmed"
	case !e.Allowed:
		return text + " and does not allow that"
	}
	return text + ", which nobody confirmed"
}

// Changes are what is made of a cluster on purpose, with their journal.
type Changes struct {
	cluster *fault.Cluster
	journal *fault.Journal
	scaler  *fault.Scaler // nil where no target asks for replicas
}

// OpenChanges prepares to change the cluster of a scenario for some of its targets, once it is sure
// that this is allowed and wanted and, for replicas, possible. Nothing is done yet. It returns nil
// where nothing is to be changed. Whoever opened them closes them.
func OpenChanges(ctx context.Context, sc *scenarios.Scenario, targets []scenarios.Target, f Faults) (*Changes, error) {
	scales := slices.ContainsFunc(targets, func(t scenarios.Target) bool { return t.Of != "" })
	what := ""
	switch faults := len(sc.Injections) > 0; {
	case faults && scales:
		what = "has faults and scales its cluster"
	case faults:
		what = "has faults"
	case scales:
		what = "scales its cluster"
	default:
		return nil, nil
	}
	if !sc.AllowFaults || !f.Confirmed {
		return nil, &FaultsRefusedError{what, sc.AllowFaults, f.Confirmed}
	}
	if f.Index.Dir == "" {
		return nil, errors.New("changing a cluster needs a directory that names the runs which have something to undo")
	}
	cluster, err := fault.Open(ClusterConfig(sc.Cluster), sc.Cluster.Lab)
	if err != nil {
		return nil, err
	}
	c := &Changes{cluster: cluster, journal: fault.NewJournal(cluster, f.Index)}
	if scales {
		c.scaler = fault.NewScaler(cluster, c.journal)
		if err := c.scaler.Check(ctx); err != nil {
			cluster.Close()
			return nil, planned(err)
		}
	}
	return c, nil
}

// planned is the error of a look at what is to be changed.
func planned(err error) error {
	if errors.As(err, new(*fault.PlanError)) {
		return err
	}
	return &UnreachableError{What: "cluster", Err: err}
}

// Into says which directory the journal goes to: that of a run, or of a study.
func (c *Changes) Into(dir string) error {
	if c == nil {
		return nil
	}
	dir, err := filepath.Abs(dir)
	c.journal.Into(dir)
	return err
}

// Close gives the service the replicas that it had, and ends the connections. What could not be
// undone stays in the index.
func (c *Changes) Close(ctx context.Context) ([]fault.Undone, error) {
	if c == nil {
		return nil, nil
	}
	var undone []fault.Undone
	if c.scaler != nil {
		undone = c.scaler.Restore(context.WithoutCancel(ctx))
	}
	c.cluster.Close()
	return undone, c.journal.Close()
}

// openChanges makes the faults of the scenario an observer of the run, once it is sure that they
// may and can be put in. Nothing is done yet.
func (r *runner) openChanges(ctx context.Context) (err error) {
	if r.changes, err = OpenChanges(ctx, r.sc, r.targets, r.o.Faults); err != nil || r.changes == nil {
		return err
	}
	r.scaler = r.changes.scaler
	if shared := r.o.Faults.Shared; shared != nil {
		r.scaler = shared.scaler
	}
	if r.scaler != nil {
		r.scaler.Waits = func(most time.Duration) { r.told.tell(Waiting{ForReplicas, most}) }
	}
	if len(r.sc.Injections) == 0 {
		return nil
	}
	faults := fault.New(r.changes.cluster, r.sc.Injections, r.changes.journal)
	faults.Waits = func(most time.Duration) { r.told.tell(Waiting{ForCluster, most}) }
	if err := faults.Check(ctx); err != nil {
		return planned(err)
	}
	r.observers = append(r.observers[:len(r.observers):len(r.observers)], faults)
	return nil
}

// endChanges ends them and stores what became of the replicas.
func (r *runner) endChanges(ctx context.Context, w *runlog.Writer) error {
	undone, err := r.changes.Close(ctx)
	errs := []error{err}
	for _, u := range undone {
		errs = append(errs, w.Event(blotted(r.sc.Secrets(), runlog.Event{At: time.Since(r.begun).Seconds(), Kind: runlog.EventScale, Text: u.Text})))
	}
	return errors.Join(errs...)
}
