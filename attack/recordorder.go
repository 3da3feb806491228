package attack

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// OrderRecording rewrites a recording in the order in which its requests were due, and numbers the results
// in this order: `vegeta plot` accepts no other. During a leg results are written in the order in which
// the requests end, so that a run that is killed keeps them. When ctx ends, or after another error, the
// file is unchanged.
//
// The number of results in memory is bounded. The file is split into sorted runs by replacement selection,
// which makes few long runs of a file that is nearly in order (Knuth, The Art of Computer Programming,
// volume 3, 5.4.1). Then the runs are merged.
func OrderRecording(ctx context.Context, path string) error {
	return orderRecording(ctx, path, maxPending)
}

const (
	maxPending = 1 << 15 // results in memory, some 10 MB
	maxMerged  = 64      // runs merged at a time
)

func orderRecording(ctx context.Context, path string, room int) error {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".order-")
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	defer os.RemoveAll(dir)
	s := sorter{ctx: ctx, dir: dir, room: room}
	runs, err := s.split(path)
	for err == nil && len(runs) > 1 {
		n := min(len(runs), maxMerged)
		var merged string
		merged, err = s.merge(runs[:n])
		runs = append(runs[n:], merged)
	}
	if err == nil {
		err = os.Rename(runs[0], path)
	}
	if err != nil {
		return fmt.Errorf("recording: putting it in order: %w", err)
	}
	return nil
}

// sorter sorts a recording in a directory of its own.
type sorter struct {
	ctx  context.Context
	dir  string
	room int // results in memory
}

// split splits a file into sorted runs, at least one. A result that comes too late for a run goes into the
// next.
func (s *sorter) split(path string) (runs []string, err error) {
	in, err := openResults(path)
	if err != nil {
		return nil, err
	}
	defer in.file.Close()
	out, err := newResultWriter(s.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	runs = []string{out.file.Name()}
	var held resultHeap
	for more := true; more || len(held) > 0; {
		if more && len(held) < s.room {
			if more, err = in.next(); err != nil {
				return nil, err
			} else if more {
				run := len(runs)
				if out.isLate(in.result) {
					run++
				}
				heap.Push(&held, pendingResult{in.result, run, in.read})
			}
			continue
		}
		first := heap.Pop(&held).(pendingResult)
		if first.run > len(runs) {
			done := out
			if out, err = newResultWriter(s.dir); err != nil {
				out = done
				return nil, err
			}
			runs = append(runs, out.file.Name())
			if err = done.close(); err != nil {
				return nil, err
			}
		}
		if err = s.write(out, first); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// merge makes one run of several, and removes them.
func (s *sorter) merge(runs []string) (_ string, err error) {
	out, err := newResultWriter(s.dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.close()) }()
	files := make([]*resultReader, len(runs))
	var held resultHeap
	pull := func(i int) error {
		more, err := files[i].next()
		if more {
			heap.Push(&held, pendingResult{files[i].result, 0, i})
		}
		return err
	}
	for i, path := range runs {
		if files[i], err = openResults(path); err != nil {
			return "", err
		}
		defer os.Remove(path)
		defer files[i].file.Close()
		if err = pull(i); err != nil {
			return "", err
		}
	}
	for len(held) > 0 {
		first := heap.Pop(&held).(pendingResult)
		if err = errors.Join(s.write(out, first), pull(first.from)); err != nil {
			return "", err
		}
	}
	return out.file.Name(), nil
}

// write adds a result to a run, unless nobody waits for it any more.
func (s *sorter) write(out *resultWriter, r pendingResult) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return out.write(r.Result)
}
