package runlog

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"syscall"

	"github.com/stress-tool/stress/runlog/untrusted"
)

// Run is a run directory opened for reading.
type Run struct {
	Dir string
	Manifest
}

// Record is what is stored of one leg. A leg in which the run was killed has
// Complete false, and every whole line that reached the disk.
type Record struct {
	Leg
	// Seconds have no Requests, Served and Carried: here are those of all of them together.
	Seconds  []Second
	Requests map[string]*RequestRecord
	Served   map[string]Served
	// FirstAnswer is the second in which each of them answered first.
	FirstAnswer map[string]int
	Carried     Carried
	Failures    []Failure
	Events      []Event
	Ledger      *Ledger // nil when none was kept
	Rows        []Rows  // counts while load was put on; nil when none was kept
	// Torn counts last lines that were cut short: at most one a file.
	Torn int

	run string // the run directory
}

// ErrNoRun says that a directory holds no run.
var ErrNoRun = errors.New("holds no run")

// Partial reports that the run did not come to its end: it was killed or stopped.
func (r *Run) Partial() bool { return !r.Sealed || r.Stopped != "" }

// Open reads the manifest of a run directory. What no run of ours can hold is an error:
// the directory may come from anyone.
func Open(dir string) (*Run, error) {
	b, err := readWhole(dir, ManifestFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, fmt.Errorf("%s: %w: there is no %s in it", dir, ErrNoRun, ManifestFile)
	} else if err != nil {
		return nil, fmt.Errorf("%s: manifest: %w", dir, err)
	}
	r := &Run{Dir: dir}
	if err := r.decode(b); err != nil {
		return nil, fmt.Errorf("%s: manifest: %w", dir, err)
	}
	return r, nil
}

// Records reads one leg after the other, in the order of Manifest.Legs, so that only
// one of them is in memory. A run that was killed reads like any other, up to its last
// whole lines; damage anywhere else is an error and ends the sequence, and so is what
// no run of ours can hold, and the end of the context.
func (r *Run) Records(ctx context.Context) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		for _, l := range r.Legs {
			rec, err := openRecord(ctx, r, l)
			if err != nil {
				yield(nil, fmt.Errorf("%s: leg %s: %w", r.Dir, l.Dir, err))
				return
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// Events are those of the run as a whole, in the order in which they were written. A last
// line that was cut short is left out.
func (r *Run) Events(ctx context.Context) ([]Event, error) {
	var all []Event
	if _, err := readLines(ctx, r.Dir, EventsFile, func(e Event) error { return appendBounded(&all, e) }); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return all, nil
}

// readWhole reads a file of the run that is not made of lines.
func readWhole(dir, name string) ([]byte, error) {
	f, err := untrusted.OpenIn(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return untrusted.ReadAll(f)
}

func (r *Run) decode(b []byte) error {
	err := untrusted.CheckSchema(b, ManifestFile, Schema)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &r.Manifest); err != nil {
		return err
	}
	return r.Manifest.check()
}

func openRecord(ctx context.Context, r *Run, l Leg) (*Record, error) {
	run := r.Dir
	rec := &Record{Leg: l, run: run}
	last := -1
	torn := func(torn bool, err error) error {
		if torn {
			rec.Torn++
		}
		return err
	}
	if err := errors.Join(
		torn(readLines(ctx, run, rec.path(TimelineFile), func(s Second) error {
			if s.T <= last {
				return fmt.Errorf("t: %w %d after %d", untrusted.ErrBounds, s.T, last)
			}
			last = s.T
			return rec.add(s)
		})),
		torn(readLines(ctx, run, rec.path(FailuresFile), func(f Failure) error { return appendBounded(&rec.Failures, f) })),
		torn(readLines(ctx, run, rec.path(EventsFile), func(e Event) error { return appendBounded(&rec.Events, e) })),
		torn(readLines(ctx, run, rec.path(RowsFile), func(r Rows) error { return appendBounded(&rec.Rows, r) })),
	); err != nil {
		return nil, err
	}
	var err error
	rec.Ledger, err = rec.readLedger()
	return rec, err
}

// readLedger reads the ledger of a leg, nil where none was kept.
func (rec *Record) readLedger() (*Ledger, error) {
	b, err := readWhole(rec.run, rec.path(LedgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	led := new(Ledger)
	if err = json.Unmarshal(b, led); err == nil {
		err = led.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", LedgerFile, err)
	}
	return led, nil
}

// Ledgers are those of all legs, in the order of Manifest.Legs, up to one that cannot be read:
// [Run.Records] says why. It is nil of a leg that kept none.
func (r *Run) Ledgers(ctx context.Context) iter.Seq2[Leg, *Ledger] {
	return func(yield func(Leg, *Ledger) bool) {
		for _, l := range r.Legs {
			led, err := (&Record{Leg: l, run: r.Dir}).readLedger()
			if err != nil || ctx.Err() != nil || !yield(l, led) {
				return
			}
		}
	}
}

// add appends a second and books what became of its requests.
func (rec *Record) add(s Second) error {
	for name, c := range s.Requests {
		rec.addRequest(name, s.T, c)
	}
	if len(rec.Requests) > untrusted.MaxList {
		return fmt.Errorf("requests: %w more than %d", untrusted.ErrBounds, untrusted.MaxList)
	}
	for name, n := range s.Served {
		if rec.Served == nil {
			rec.Served = map[string]Served{}
		}
		n.Merge(rec.Served[name])
		if rec.Served[name] = n; len(rec.Served) > untrusted.MaxList {
			return fmt.Errorf("served: %w more than %d", untrusted.ErrBounds, untrusted.MaxList)
		}
	}
	rec.Carried.Merge(s.Carried)
	rec.noteHosts(&s)
	s.Requests, s.Served, s.Carried = nil, nil, Carried{}
	rec.Seconds = append(rec.Seconds, s)
	return nil
}

// noteHosts keeps what is asked of hosts second by second, in place of all their counts.
func (rec *Record) noteHosts(s *Second) {
	for name, n := range s.Served {
		if n.Answers == 0 || name == OtherHosts {
			continue
		}
		s.Hosts++
		if _, known := rec.FirstAnswer[name]; !known {
			if rec.FirstAnswer == nil {
				rec.FirstAnswer = map[string]int{}
			}
			rec.FirstAnswer[name] = s.T
		}
	}
}

// few adds to a list that is short in every run.
func appendBounded[T any](to *[]T, v T) error {
	if len(*to) == untrusted.MaxList {
		return fmt.Errorf("%w longer than %d lines", untrusted.ErrBounds, untrusted.MaxList)
	}
	*to = append(*to, v)
	return nil
}

// path is where one of the leg's files is below the run directory.
func (rec *Record) path(name string) string { return filepath.Join(filepath.FromSlash(rec.Dir), name) }

// readLines decodes a file of JSON lines below dir and gives each to keep. The last line
// may be torn by the death of the writer; any other bad line is an error. A missing file
// is empty.
func readLines[T checker](ctx context.Context, dir, path string, keep func(T) error) (torn bool, err error) {
	f, err := untrusted.OpenIn(dir, path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer f.Close()
	name := filepath.Base(path)
	lines := newWholeLines(f)
	n := 1
	for ; lines.Scan(); n++ {
		var v T
		err := json.Unmarshal(lines.Bytes(), &v)
		if err == nil {
			err = cmp.Or(v.check(), ctx.Err())
		}
		if err == nil {
			err = keep(v)
		}
		if err != nil {
			return false, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("%s:%d: %w", name, n, err)
	}
	return lines.torn, nil
}

// wholeLines passes on only lines that end with a line break, which stays with them,
// one by one or as a reader. A line longer than maxLine is an error.
type wholeLines struct {
	*bufio.Scanner
	torn bool   // something followed the last line break, and was dropped
	rest []byte // of the line, for Read
}

func newWholeLines(r io.Reader) *wholeLines {
	w := &wholeLines{Scanner: bufio.NewScanner(r)}
	w.Buffer(nil, maxLine)
	w.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1, data[:i+1], nil
		}
		if !atEOF {
			return 0, nil, nil
		}
		w.torn = len(data) > 0
		return len(data), nil, nil
	})
	return w
}

// Err is why the lines ended early, nil at their end.
func (w *wholeLines) Err() error {
	err := w.Scanner.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("is a line of more than %d MiB", maxLine>>20)
	}
	return err
}

func (w *wholeLines) Read(p []byte) (int, error) {
	if len(w.rest) == 0 {
		if !w.Scan() {
			return 0, cmp.Or(w.Err(), io.EOF)
		}
		w.rest = w.Bytes()
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}
