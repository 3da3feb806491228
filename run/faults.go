package run

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/stress-tool/stress/run/fault"
	"github.com/stress-tool/stress/runlog"
)

// Faults say whether a scenario's faults may be put into its cluster.
type Faults struct {
	// Confirmed says that whoever starts the run wants them.
	Confirmed bool
	// Index names the runs that have something to undo. It must be given for a scenario with
	// faults.
	Index fault.Index
}

// FaultsRefusedError says that a scenario has faults, and that they may not be put in. Nothing
// was done.
type FaultsRefusedError struct {
	Allowed   bool // by the scenario
	Confirmed bool // by whoever started the run
}

func (e *FaultsRefusedError) Error() string {
	switch {
	case !e.Allowed && !e.Confirmed:
		return "the scenario has faults, which neither it allows nor anybody confirmed"
	case !e.Allowed:
		return "the scenario has faults and does not allow them"
	}
	return "the scenario has faults, which nobody confirmed"
}

// openFaults makes the faults of the scenario an observer of the run, once it is sure that they
// may and can be put in. Nothing is done yet.
func (r *runner) openFaults(ctx context.Context) error {
	if len(r.sc.Injections) == 0 {
		return nil
	}
	if !r.sc.AllowFaults || !r.o.Faults.Confirmed {
		return &FaultsRefusedError{r.sc.AllowFaults, r.o.Faults.Confirmed}
	}
	if r.o.Faults.Index.Dir == "" {
		return errors.New("faults need a directory that names the runs which have something to undo")
	}
	c, err := fault.Open(ClusterConfig(r.sc.Cluster), r.sc.Cluster.Lab)
	if err != nil {
		return err
	}
	r.faults = fault.New(c, r.sc.Injections, r.o.Faults.Index)
	r.faults.Waits = func(most time.Duration) { r.feed.tell(Waiting{ForCluster, most}) }
	if err := r.faults.Check(ctx); err != nil {
		if errors.As(err, new(*fault.PlanError)) {
			return err
		}
		return &UnreachableError{What: "cluster", Err: err}
	}
	r.observers = append(r.observers[:len(r.observers):len(r.observers)], r.faults)
	return nil
}

// beginFaults says where their journal goes.
func (r *runner) beginFaults(w *runlog.Writer) error {
	if r.faults == nil {
		return nil
	}
	dir, err := filepath.Abs(w.Dir())
	r.faults.Into(dir)
	return err
}

// endFaults ends them; what could not be undone stays in the index.
func (r *runner) endFaults() error {
	if r.faults == nil {
		return nil
	}
	return r.faults.Close()
}
