package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// Of runs that begin at once in one directory one has it; with numbers each has its own.
func TestEveryRunHasItsDirectory(t *testing.T) {
	for _, numbered := range []bool{false, true} {
		faked(t, nil, func(t *testing.T, sc *scenarios.Scenario, o Options) {
			o.Numbered = numbered
			dirs, errs := make([]string, 4), make([]error, 4)
			var all sync.WaitGroup
			for i := range dirs {
				all.Go(func() {
					r, err := Start(t.Context(), sc, o)
					if err != nil {
						errs[i] = err
						return
					}
					dirs[i] = r.Dir // known before the run has done anything
					_, errs[i] = r.Wait()
				})
			}
			all.Wait()
			slices.Sort(dirs)
			want := []string{o.Dir, o.Dir + "-2", o.Dir + "-3", o.Dir + "-4"}
			if !numbered {
				want = []string{"", "", "", o.Dir}
			}
			if !slices.Equal(dirs, want) {
				t.Errorf("directories %q, want %q: %v", dirs, want, errs)
			}
			for _, err := range errs {
				if err != nil && (numbered || !errors.Is(err, runlog.ErrExists)) {
					t.Error(err)
				}
			}
		})
	}
}

// What cannot begin leaves nothing behind, and says why in a way that a program can read.
func TestWhatCannotBeginLeavesNothing(t *testing.T) {
	const closed = "127.0.0.1:1" // one of :0 that was closed is soon somebody else's
	silent := func(err error) bool {
		away, ok := errors.AsType[*UnreachableError](err)
		return ok && away.Silent
	}
	for name, c := range map[string]struct {
		set    []string
		change func(*Options)
		is     func(error) bool
	}{
		"a target that is down": {set: []string{"targets.1.url=http://" + closed}, is: silent},
		"a target of others": {set: []string{"targets.1.url=http://192.0.2.1"}, is: func(err error) bool {
			away, ok := errors.AsType[*UnreachableError](err)
			return ok && !away.Silent
		}},
		"a database that is down": {set: []string{"ledger={dsn: 'u:hunter2@tcp(" + closed + ")/d', table: t, column: c}"}, is: func(err error) bool {
			return errors.As(err, new(*UnreachableError)) && !silent(err) && !strings.Contains(err.Error(), "hunter2")
		}},
		"a name that nobody knows": {set: []string{"targets.1.url=http://app.test"}, change: func(o *Options) { o.Resolver = unknowing{} }, is: func(err error) bool {
			return errors.As(err, new(*UnreachableError)) && !strings.Contains(err.Error(), "hunter2")
		}},
		"a target that there is not": {change: func(o *Options) { o.Targets = []string{"c"} }, is: func(err error) bool { return errors.As(err, new(*UnknownTargetError)) }},
		"no directory":               {change: func(o *Options) { o.Dir = "" }, is: func(err error) bool { return err != nil }},
		"a directory below a file":   {change: func(o *Options) { o.Dir = os.Args[0] + "/run" }, is: func(err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			faked(t, c.set, func(t *testing.T, sc *scenarios.Scenario, o Options) {
				if c.change != nil {
					c.change(&o)
				}
				if r, err := Start(t.Context(), sc, o); !c.is(err) || r != nil {
					t.Errorf("%v, %v", r, err)
				}
				if _, err := os.Stat(o.Dir); err == nil {
					t.Error("a directory was made")
				}
			})
		})
	}
}

// unknowing is a resolver that says a secret and nothing else.
type unknowing struct{}

func (unknowing) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("hunter2 is not my name")
}

// lastLookup is a resolver at whose answer somebody asks the run to end.
type lastLookup struct{ end context.CancelFunc }

func (l lastLookup) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	l.end()
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// A run whose context ends while it prepares does not begin.
func TestPreparationsEndWithTheirContext(t *testing.T) {
	at, asked := page(t)
	sc := scenario(t, fmt.Sprintf(small, "app.test"+at[strings.LastIndex(at, ":"):]))
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir() + "/run"
	r, err := Start(ctx, sc, Options{Guard: offline(t), Resolver: lastLookup{cancel}, Dir: dir})
	if !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || len(asked()) > 0 {
		t.Errorf("%v, and %d requests", err, len(asked()))
	}
}

// A reader is told of every leg in order, and what it is told adds up to the analysis.
func TestEventsTellTheRun(t *testing.T) {
	faked(t, []string{"compare.cool_down=3s"}, func(t *testing.T, sc *scenarios.Scenario, o Options) {
		r := started(t.Context(), t, sc, o)
		var told []string
		var newest attack.Progress
		for e := range r.Events {
			switch e := e.(type) {
			case LegStarted:
				told = append(told, fmt.Sprintf("leg %d of %d: %s, %d requests in %v by %s", e.N, e.Of, e.Target, e.Planned, e.Duration, e.Engine))
			case SecondMeasured:
				newest = e.Progress
			case LegEnded:
				told = append(told, fmt.Sprintf("ended: %d sent, %d by the seconds", e.Sent, newest.Sent))
			case Waiting:
				told = append(told, fmt.Sprintf("waiting %d for %v", e.For, e.Most))
			}
		}
		want := []string{
			"leg 1 of 2: a, 100 requests in 10s by rawhttp", "ended: 100 sent, 100 by the seconds", "waiting 0 for 3s",
			"leg 2 of 2: b, 100 requests in 10s by rawhttp", "ended: 100 sent, 100 by the seconds",
		}
		for i := range told {
			told[i] = strings.Replace(told[i], "nethttp", "rawhttp", 1) // where there is no other
		}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		for range 2 { // as often as one likes
			if a, err := r.Wait(); err != nil || a.Legs[0].Sent != 100 {
				t.Errorf("%v, %v", a, err)
			}
		}
	})
}
