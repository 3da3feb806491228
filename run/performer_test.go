package run

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/scenarios"
)

// slow is a performer whose machines are never ready, or whose run cannot be opened.
type slow struct {
	Here
	refuses error
	opened  int
	orders  []string // targets
}

func (s *slow) Open(context.Context) error { s.opened++; return s.refuses }

func (s *slow) Ready(ctx context.Context, l LegJob) (time.Time, error) {
	s.orders = append(s.orders, l.Order.Target)
	<-ctx.Done()
	return time.Time{}, ctx.Err()
}

// A run whose performer waits for its machines ends when somebody asks for that, and is no failure.
func TestARunThatWaitsForItsMachinesEnds(t *testing.T) {
	faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		p := &slow{Here: answering}
		o.Performer = p
		r := started(t.Context(), t, sc, o)
		synctest.Wait()
		r.Drain()
		if _, err := r.Wait(); err != nil {
			t.Error(err)
		}
		if rl, recs := stored(t, o.Dir); rl.Stopped != interrupted || len(recs) != 0 || p.opened != 1 {
			t.Errorf("stopped %q, %d legs, opened %d times", rl.Stopped, len(recs), p.opened)
		}
	})
}

// A run that its performer cannot be opened for leaves nothing behind.
func TestARunThatCannotBeOpened(t *testing.T) {
	faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		o.Performer = &slow{refuses: errors.New("agent n2 with hunter2 is gone")}
		if _, err := Start(t.Context(), sc, o); err == nil || !strings.Contains(err.Error(), "agent n2") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
		if Holds(o.Dir) {
			t.Error("there is a directory")
		}
	})
}

// A twin is for other machines the target that stands in the scenario.
func TestATwinIsOrderedByItsName(t *testing.T) {
	faked(t, []string{"compare.rounds=1"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		twin := sc.Targets[0]
		twin.Name, twin.Twin = "a-twin", "a"
		sc.Targets = []scenarios.Target{twin, sc.Targets[0]}
		p := &slow{Here: answering}
		o.Performer = p
		r := started(t.Context(), t, sc, o)
		synctest.Wait()
		r.Drain()
		_, _ = r.Wait()
		if len(p.orders) != 1 || p.orders[0] != "a" {
			t.Errorf("ordered %q", p.orders)
		}
	})
}
