package runlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/runlog/hist"
)

// Run is a run directory opened for reading.
type Run struct {
	Dir string
	Manifest
	// Records are the legs in the order of Manifest.Legs.
	Records []*Record
}

// Record is what is stored of one leg. A leg in which the run was killed has
// Complete false, and every whole line that reached the disk.
type Record struct {
	Leg
	Seconds  []Second
	Failures []Failure
	Events   []Event
	Ledger   *Ledger // nil when none was kept
	// Torn counts last lines that were cut short: at most one a file.
	Torn int

	dir string
}

// ErrNoRun says that a directory holds no run.
var ErrNoRun = errors.New("holds no run")

// Partial reports that the run did not come to its end: it was killed or stopped.
func (r *Run) Partial() bool { return !r.Sealed || r.Stopped != "" }

// Open reads a run directory. A run that was killed opens like any other, up to
// its last whole lines; damage anywhere else is an error.
func Open(dir string) (*Run, error) {
	b, err := os.ReadFile(filepath.Join(dir, ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: there is no %s in it", dir, ErrNoRun, ManifestFile)
	} else if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	r := &Run{Dir: dir}
	if err := r.decode(b); err != nil {
		return nil, fmt.Errorf("%s: manifest: %w", dir, err)
	}
	for _, l := range r.Legs {
		if !filepath.IsLocal(filepath.FromSlash(l.Dir)) {
			return nil, fmt.Errorf("%s: leg directory %q lies outside the run", dir, l.Dir)
		}
		rec, err := openRecord(filepath.Join(dir, filepath.FromSlash(l.Dir)), l)
		if err != nil {
			return nil, fmt.Errorf("%s: leg %s: %w", dir, l.Dir, err)
		}
		r.Records = append(r.Records, rec)
	}
	return r, nil
}

// ErrSchema says that a run was written in a layout this version does not read.
var ErrSchema = errors.New("unknown schema")

// decode looks at the schema before anything else: under another one, every other
// field may have another shape.
func (r *Run) decode(b []byte) error {
	var head struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return err
	}
	if head.Schema != Schema {
		return fmt.Errorf("%w %d: this version reads schema %d", ErrSchema, head.Schema, Schema)
	}
	return json.Unmarshal(b, &r.Manifest)
}

func openRecord(dir string, l Leg) (*Record, error) {
	rec := &Record{Leg: l, dir: dir}
	if err := errors.Join(
		readLines(dir, TimelineFile, &rec.Seconds, &rec.Torn),
		readLines(dir, FailuresFile, &rec.Failures, &rec.Torn),
		readLines(dir, EventsFile, &rec.Events, &rec.Torn),
	); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, LedgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return rec, nil
	} else if err != nil {
		return nil, err
	}
	rec.Ledger = new(Ledger)
	if err := json.Unmarshal(b, rec.Ledger); err != nil {
		return nil, fmt.Errorf("%s: %w", LedgerFile, err)
	}
	return rec, nil
}

// readLines decodes a file of JSON lines. The last line may be cut short by the
// death of the writer; any other bad line is an error. A missing file is empty.
func readLines[T any](dir, name string, to *[]T, torn *int) error {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for n := 1; len(b) > 0; n++ {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			*torn++
			return nil
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		*to = append(*to, v)
		b = rest
	}
	return nil
}

// Intervals yields the stored distributions of a leg in the order they were
// written, one second's tags after the other's. Only one is in memory at a time.
// A torn last line ends the sequence without an error.
func (rec *Record) Intervals() iter.Seq2[hist.Interval, error] {
	return func(yield func(hist.Interval, error) bool) {
		f, err := os.Open(filepath.Join(rec.dir, LatencyFile))
		if errors.Is(err, fs.ErrNotExist) {
			return
		} else if err != nil {
			yield(hist.Interval{}, err)
			return
		}
		defer f.Close()
		lr := hist.NewLogReader(&wholeLines{r: bufio.NewReader(f)})
		for {
			iv, err := lr.Next()
			if err == io.EOF || !yield(iv, err) || err != nil {
				return
			}
		}
	}
}

// wholeLines passes on only what ends with a line break.
type wholeLines struct {
	r    *bufio.Reader
	rest []byte
}

func (w *wholeLines) Read(p []byte) (int, error) {
	if len(w.rest) == 0 {
		line, err := w.r.ReadBytes('\n')
		if err != nil {
			return 0, err // a line without its end is dropped here
		}
		w.rest = line
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}
