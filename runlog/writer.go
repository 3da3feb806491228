package runlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/runlog/hist"
)

// Names of the files in a run directory and in a leg's.
const (
	ManifestFile   = "run.json"
	LatencyFile    = "latency.hlog"
	RecentFile     = "latency-recent.hlog"
	TimelineFile   = "timeline.jsonl"
	GeneratorsFile = "generators.jsonl"
	FailuresFile   = "failures.jsonl"
	LedgerFile     = "ledger.json"
	RowsFile       = "rows.jsonl"
	EventsFile     = "events.jsonl"
	RecordFile     = "results.vegeta"
)

// ErrExists says that a directory already holds a run, or the legs of one.
var ErrExists = errors.New("already holds a run")

// Writer writes one run directory. It is not safe for concurrent use; the
// [LegWriter] it hands out is.
type Writer struct {
	dir       string
	m         Manifest
	hasEvents bool // the run's own file of events exists
}

// legsDir is the directory of the legs. To create it is to claim the run directory: of two runs that begin
// at once only one can create it, on any file system.
const legsDir = "legs"

// Create creates dir with its parents, claims it, and writes the unsealed manifest. It refuses a directory
// that already holds a run, or the legs of one, with [ErrExists]. Other files in dir are not touched. Create
// sets the schema of m.
func Create(dir string, m Manifest) (*Writer, error) {
	if err := CheckFree(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	legs := filepath.Join(dir, legsDir)
	switch err := os.Mkdir(legs, 0o755); {
	case errors.Is(err, fs.ErrExist):
		return nil, errExists(dir)
	case err != nil:
		return nil, fmt.Errorf("run directory: %w", err)
	}
	m.Schema, m.Sealed = Schema, false
	w := &Writer{dir: dir, m: m}
	if err := w.flush(); err != nil {
		return nil, errors.Join(err, os.Remove(legs))
	}
	return w, nil
}

// CreateNew is [Create] in a new directory: dir, or dir-2, dir-3 and so on if that exists.
func CreateNew(dir string, m Manifest) (*Writer, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	for n, name := 1, dir; ; n, name = n+1, fmt.Sprintf("%s-%d", dir, n+1) {
		switch err := os.Mkdir(name, 0o755); {
		case err == nil:
			return Create(name, m)
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("run directory: %w", err)
		}
	}
}

// CheckFree returns the error that [Create] would return for a directory that is taken. It can be called
// early, before anything else is done for a run; it claims nothing.
func CheckFree(dir string) error {
	for _, name := range []string{ManifestFile, EventsFile, legsDir} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return errExists(dir)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("run directory: %w", err)
		}
	}
	return nil
}

func errExists(dir string) error {
	return fmt.Errorf("%s: %w: choose another directory", dir, ErrExists)
}

// Dir is the run directory.
func (w *Writer) Dir() string { return w.dir }

func (w *Writer) flush() error {
	if err := w.m.check(); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if err := writeJSON(filepath.Join(w.dir, ManifestFile), w.m); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return nil
}

// StartLeg adds a leg to the manifest and opens its files. The caller sets Target, Round, WarmUp, Started,
// Load, Planned of an open load, and Agents where they are known. The names of target and load become parts of a directory's name, so they
// must not hold a path separator.
func (w *Writer) StartLeg(l Leg) (*LegWriter, error) {
	name := l.Target
	if load := l.loadName(); load != "" {
		name = load + "-" + name
	}
	if strings.ContainsAny(name, "/\\\x00") {
		return nil, fmt.Errorf("leg: target name %q cannot be part of a directory's name", name)
	}
	l.Dir = fmt.Sprintf(legsDir+"/%02d-%s", len(w.m.Legs)+1, name)
	if l.WarmUp {
		l.Dir += "-warm-up"
	}
	path := filepath.Join(w.dir, filepath.FromSlash(l.Dir))
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, fmt.Errorf("leg: %w", err)
	}
	w.m.Legs = append(w.m.Legs, l)
	if err := w.flush(); err != nil {
		return nil, err
	}
	return newLegWriter(path, l.Started)
}

// Leg is the newest leg's entry in the manifest.
func (w *Writer) Leg() Leg { return w.m.Legs[len(w.m.Legs)-1] }

// EndLeg completes the newest leg's entry in the manifest.
func (w *Writer) EndLeg(planned, dropped uint64, duration time.Duration, stopped string) error {
	l := &w.m.Legs[len(w.m.Legs)-1]
	l.Planned, l.Dropped, l.DurationS, l.Stopped, l.Complete = planned, dropped, duration.Seconds(), stopped, true
	return w.flush()
}

// Seal ends the run; nothing may be written after it.
func (w *Writer) Seal(ended time.Time, stopped string) error {
	w.m.Ended, w.m.Stopped, w.m.Sealed = ended, stopped, true
	return w.flush()
}

// LegWriter writes one leg's files. Its methods may be called from several
// goroutines.
type LegWriter struct {
	dir string

	mu         sync.Mutex
	latency    *latencyLog
	timeline   *os.File
	failures   *os.File
	events     *os.File
	rows       *os.File // nil until rows are counted during the leg
	generators *os.File // nil until a second of an agent comes
	record     *bufio.Writer
	recordF    *os.File
}

func newLegWriter(dir string, started time.Time) (*LegWriter, error) {
	l := &LegWriter{dir: dir}
	var err error
	for _, f := range []struct {
		name string
		to   **os.File
	}{
		{TimelineFile, &l.timeline},
		{FailuresFile, &l.failures}, {EventsFile, &l.events},
	} {
		if *f.to, err = newFile(dir, f.name); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	if l.latency, err = newLatencyLog(dir, started); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// newFile creates a file of a leg. It refuses an existing file, and also a symbolic link that leads nowhere.
func newFile(dir, name string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("leg: %w", err)
	}
	return f, nil
}

// Second appends one second and its distributions, which have the same start and length. Empty distributions
// are left out. After the first hour those of several seconds are joined into one line; until then they are
// in a file of their own. The data is passed to the kernel before the call returns, so that it survives the
// death of this process.
func (l *LegWriter) Second(s Second, ivs ...hist.Interval) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.latency.write(s.T, ivs); err != nil {
		return err
	}
	if l.record != nil {
		if err := l.record.Flush(); err != nil {
			return fmt.Errorf("%s: %w", RecordFile, err)
		}
	}
	if err := appendJSON(l.timeline, s); err != nil {
		return err
	}
	return l.latency.join(s.T)
}

// Failure appends the first failure of a kind.
func (l *LegWriter) Failure(f Failure) error { return l.append(l.failures, f) }

// Event appends one event.
func (l *LegWriter) Event(e Event) error { return l.append(l.events, e) }

func (l *LegWriter) append(f *os.File, v checker) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return appendJSON(f, v)
}

// Failures replaces failures.jsonl by the list with its final counts.
func (l *LegWriter) Failures(fs []Failure) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, f := range fs {
		if err := enc.Encode(f); err != nil {
			return fmt.Errorf("%s: %w", FailuresFile, err)
		}
	}
	return outfile.Replace(filepath.Join(l.dir, FailuresFile), b.Bytes(), 0o644)
}

// Ledger replaces ledger.json.
func (l *LegWriter) Ledger(led Ledger) error {
	if err := led.check(); err != nil {
		return fmt.Errorf("%s: %w", LedgerFile, err)
	}
	return writeJSON(filepath.Join(l.dir, LedgerFile), led)
}

// Recording opens results.vegeta. What is written is flushed by [LegWriter.Second]
// and by [LegWriter.EndRecording] or [LegWriter.Close].
func (l *LegWriter) Recording() (io.Writer, error) {
	f, err := newFile(l.dir, RecordFile)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recordF, l.record = f, bufio.NewWriterSize(f, 1<<16)
	return lockedWriter{l}, nil
}

// EndRecording closes results.vegeta and returns its path. Nothing may be written to it afterwards; the file
// may be replaced.
func (l *LegWriter) EndRecording() (path string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	path = l.recordF.Name()
	err = errors.Join(l.record.Flush(), l.recordF.Close())
	l.record, l.recordF = nil, nil
	return path, err
}

type lockedWriter struct{ l *LegWriter }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	return w.l.record.Write(p)
}

// Close closes every file.
func (l *LegWriter) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	if l.record != nil {
		errs = append(errs, l.record.Flush())
		l.record = nil
	}
	if l.latency != nil {
		errs = append(errs, l.latency.close())
	}
	for _, f := range []*os.File{l.timeline, l.failures, l.events, l.rows, l.generators, l.recordF} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("leg: %w", err)
	}
	return nil
}

func appendJSON(f *os.File, v checker) error {
	b, err := json.Marshal(v)
	if err == nil {
		err = v.check()
	}
	if err == nil && len(b) >= maxLine {
		err = fmt.Errorf("a line of %d bytes: the most are %d; give the scenario fewer requests, or shorter names", len(b), maxLine)
	}
	if err == nil {
		// One write call, so that only a full disk can leave an incomplete line.
		_, err = f.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(f.Name()), err)
	}
	return nil
}

// writeJSON replaces the file at path by v, indented. A reader finds either the old content or the new.
func writeJSON(path string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return outfile.Replace(path, b.Bytes(), 0o644)
}
