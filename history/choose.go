package history

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// Errors of a choice that the user must change.
var (
	ErrNone = errors.New("no baseline")
	ErrMany = errors.New("several could be meant")
)

// Latest is the newest baseline of the candidate's scenario and machine that began
// before the candidate did, and its file. Where there is none the error is [ErrNone]
// and says what there is; a file of that scenario and machine that cannot be read is
// a [*BrokenError], for it might have been the one.
func Latest(dir string, candidate *result.Analysis) (*result.Analysis, string, error) {
	s := Store{dir}
	entries, broken, err := s.List()
	if err != nil {
		return nil, "", err
	}
	place := filepath.Dir(s.Path(candidate))
	for _, b := range broken {
		if filepath.Dir(b.Path) == place {
			return nil, "", b
		}
	}
	machine := Machine(candidate.Run.Machine)
	for _, e := range slices.Backward(entries) {
		if e.Run.Name == candidate.Name && e.Machine == machine && e.Run.Run.Started.Before(candidate.Run.Started) {
			return e.Run, e.Path, nil
		}
	}
	return nil, "", fmt.Errorf("%w in %s for scenario %q on %s from before %s: there is %s",
		ErrNone, dir, candidate.Name, machine, candidate.Run.Started.UTC().Format(time.RFC3339), inventory(entries))
}

// inventory says which scenarios and machines have baselines.
func inventory(entries []result.Entry) string {
	const most = 5
	var names []string
	for _, g := range groups(entries) {
		names = append(names, fmt.Sprintf("%q on %s (%d)", g[0].Run.Name, g[0].Machine, len(g)))
	}
	if len(names) == 0 {
		return "nothing"
	}
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

// groups are the baselines by scenario and machine, in order of their first.
func groups(entries []result.Entry) [][]result.Entry {
	type key struct{ scenario, machine string }
	at := map[key]int{}
	var all [][]result.Entry
	for _, e := range entries {
		k := key{e.Run.Name, e.Machine}
		i, ok := at[k]
		if !ok {
			i, at[k] = len(all), len(all)
			all = append(all, nil)
		}
		all[i] = append(all[i], e)
	}
	return all
}

// Grouped is what [Store.List] gave, the runs of a scenario and machine together.
func Grouped(entries []result.Entry) []result.Entry { return slices.Concat(groups(entries)...) }

// Surplus is what [Store.List] gave without the newest keep of every scenario and
// machine: what to remove.
func Surplus(entries []result.Entry, keep int) []result.Entry {
	var old []result.Entry
	for _, g := range groups(entries) {
		old = append(old, g[:max(0, len(g)-max(0, keep))]...)
	}
	return old
}

// Find is the one baseline that a user calls by its name, its short name, its label
// or its file.
func Find(entries []result.Entry, what string) (result.Entry, error) {
	var found []result.Entry
	for _, e := range entries {
		short := e.Name[strings.LastIndex(e.Name, "-")+1:]
		if what == e.Name || what == short || what != "" && what == e.Run.Label || filepath.Clean(what) == filepath.Clean(e.Path) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return result.Entry{}, fmt.Errorf("%w is called %q", ErrNone, what)
	case 1:
		return found[0], nil
	}
	names := make([]string, len(found))
	for i, e := range found {
		names[i] = e.Name
	}
	return result.Entry{}, fmt.Errorf("%w by %q, take a baseline's whole name: %s", ErrMany, what, strings.Join(names, ", "))
}

// OfScenario are the baselines of one scenario, by its name or, where no scenario is
// called so, by its name as it stands in the path.
func OfScenario(entries []result.Entry, scenario string) ([]result.Entry, error) {
	named := filter(entries, func(e result.Entry) bool { return e.Run.Name == scenario })
	if len(named) == 0 && runlog.Slug(scenario) != "" {
		named = filter(entries, func(e result.Entry) bool { return runlog.Slug(e.Run.Name) == runlog.Slug(scenario) })
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("%w is of scenario %q: there is %s", ErrNone, scenario, inventory(entries))
	}
	for _, e := range named {
		if e.Run.Name != named[0].Run.Name {
			return nil, fmt.Errorf("%w by scenario %q: take %q or %q", ErrMany, scenario, named[0].Run.Name, e.Run.Name)
		}
	}
	return named, nil
}

// OfMachine are the baselines of one machine, "" being that of the newest, and the
// names of the others.
func OfMachine(entries []result.Entry, machine string) (chosen []result.Entry, others []string, err error) {
	if machine == "" && len(entries) > 0 {
		machine = entries[len(entries)-1].Machine
	}
	for _, e := range entries {
		if e.Machine != machine && !slices.Contains(others, e.Machine) {
			others = append(others, e.Machine)
		}
	}
	chosen = filter(entries, func(e result.Entry) bool { return e.Machine == machine })
	if len(chosen) == 0 {
		return nil, nil, fmt.Errorf("%w is of machine %q: there is %s", ErrNone, machine, inventory(entries))
	}
	return chosen, others, nil
}

func filter(entries []result.Entry, keep func(result.Entry) bool) []result.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e result.Entry) bool { return !keep(e) })
}
