package lead

import (
	"cmp"
	"errors"
	"slices"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

// mostKinds is how many kinds of failure are told apart, as in the leg of one machine.
const mostKinds = 100

// failures are the kinds of failure of all agents.
type failures struct {
	sink    attack.Sink
	secrets *secret.Set
	kinds   []runlog.Failure // without counts
	err     error            // of the sink
}

// sameKind reports that two failures are of one kind.
func sameKind(a, b runlog.Failure) bool {
	a.At, a.Excerpt, a.Count = b.At, b.Excerpt, b.Count
	return a == b
}

// told is a failure without secrets: an agent of another version may know fewer.
func (fs *failures) told(f runlog.Failure) runlog.Failure {
	f.Reason, f.Excerpt = fs.secrets.Blot(f.Reason), fs.secrets.BlotCut(f.Excerpt)
	return f
}

// first takes the first failure of a kind that an agent had.
func (fs *failures) first(f runlog.Failure) {
	f = fs.told(f)
	if len(fs.kinds) >= mostKinds || slices.ContainsFunc(fs.kinds, func(k runlog.Failure) bool { return sameKind(k, f) }) {
		return
	}
	f.Count = 1
	fs.kinds = append(fs.kinds, f)
	fs.err = errors.Join(fs.err, fs.sink.Failure(f))
}

// list are the kinds of the lists of several agents together, in the order in which they came first. Those
// beyond [mostKinds] are one.
func (fs *failures) list(each [][]runlog.Failure) ([]runlog.Failure, error) {
	var all, found []runlog.Failure
	for _, list := range each {
		for _, f := range list {
			found = append(found, fs.told(f))
		}
	}
	slices.SortStableFunc(found, func(a, b runlog.Failure) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Reason, b.Reason))
	})
	for _, f := range found {
		if len(all) >= mostKinds && !slices.ContainsFunc(all, func(k runlog.Failure) bool { return sameKind(k, f) }) {
			f = runlog.Failure{At: f.At, Request: "(any)", Class: f.Class, Reason: "another kind of failure", Own: f.Own, Count: f.Count}
		}
		if i := slices.IndexFunc(all, func(k runlog.Failure) bool { return sameKind(k, f) }); i >= 0 {
			all[i].Count += f.Count
			continue
		}
		all = append(all, f)
	}
	return all, fs.err
}
