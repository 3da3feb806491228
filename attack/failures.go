package attack

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/secret"
)

// maxFailureKinds is how many kinds of failure are counted separately. The rest is counted together, so
// that a target whose failures are all different cannot fill the disk.
const maxFailureKinds = 100

// failures stores the first failure of each kind, and counts the others.
type failures struct {
	sink    Sink
	secrets *secret.Set

	mu    sync.Mutex
	kinds map[failureKind]*runlog.Failure
	err   error // of the sink, reported once at the end
}

type failureKind struct {
	request string
	class   runlog.Class
	status  int
	reason  string
	own     bool
}

func (f *failures) add(request string, o *Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kinds == nil {
		f.kinds = make(map[failureKind]*runlog.Failure)
	}
	k := failureKind{request, o.Class, o.Status, o.Reason, o.Own}
	if seen, ok := f.kinds[k]; ok {
		seen.Count++
		return
	}
	if len(f.kinds) >= maxFailureKinds {
		k = failureKind{request: "(any)", class: o.Class, reason: "another kind of failure", own: o.Own}
		if seen, ok := f.kinds[k]; ok {
			seen.Count++
			return
		}
	}
	first := &runlog.Failure{
		At: o.Done.Seconds(), Request: k.request, Class: k.class, Status: k.status, Reason: f.secrets.Blot(k.reason), Own: k.own,
		Excerpt: f.excerpt(o.Excerpt), Count: 1,
	}
	f.kinds[k] = first
	f.err = errors.Join(f.err, f.sink.Failure(*first))
}

// excerpt returns the beginning of a body as text without secrets. A body may end within a secret,
// whatever its length, because the connection may have broken.
func (f *failures) excerpt(body []byte) string {
	return strings.ToValidUTF8(f.secrets.BlotCut(string(body)), "\uFFFD")
}

// list returns the kinds in the order they first appeared, with their counts.
func (f *failures) list() ([]runlog.Failure, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []runlog.Failure
	for _, k := range f.kinds {
		all = append(all, *k)
	}
	slices.SortFunc(all, func(a, b runlog.Failure) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return all, f.err
}
