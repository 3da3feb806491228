package trend

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
)

// ErrWhichLoad says that a load must be named: the newest run has several, and none of them has
// given its answer.
var ErrWhichLoad = errors.New("several loads could be followed")

// UnderLoad are the runs as they are under one load, for [Of], and warnings of those that are left
// out for they have none of its name. "" is the load of the newest run which gives its answer, or
// its only one.
func UnderLoad(entries []result.Entry, load string) (parts []result.Entry, warnings []string, err error) {
	if len(entries) == 0 {
		return nil, nil, nil
	}
	newest, err := partOf(entries[len(entries)-1].Run, load)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		same := result.SameLoads(newest, e.Run)
		if len(same) == 0 {
			warnings = append(warnings, fmt.Sprintf("left out: %s, has no load %s", called(e, entries), newest.Run.Load.Name))
			continue
		}
		part := *same[0][1]
		part.Label, e.Run = e.Run.Label, &part
		parts = append(parts, e)
	}
	return parts, warnings, nil
}

// partOf is a run under the load of a name, or under the one that gives its answer.
func partOf(a *result.Analysis, load string) (*result.Analysis, error) {
	if load == "" && a.Answer != nil {
		load = a.Answer.Load
	}
	if load == "" && len(a.Loads) == 0 {
		return a, nil
	}
	var names []string
	for _, part := range a.Parts() {
		name := part.Run.Load.Name
		if names = append(names, name); name == load {
			return part, nil
		}
	}
	if load == "" {
		return nil, fmt.Errorf("%w: %s", ErrWhichLoad, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("the newest run has no load %s", load)
}
