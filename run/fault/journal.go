package fault

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// JournalFile is the journal in a run directory.
const JournalFile = "faults.jsonl"

// journalSchema is the format of the journal.
const journalSchema = 1

// header is the first line of a journal: how the cluster is reached.
type header struct {
	Schema  int      `json:"schema"`
	Docker  []string `json:"docker"`
	Service string   `json:"service"`
	Lab     string   `json:"lab,omitempty"`
	// TLS says that the engines are spoken to by TLS. Whose certificates is not stored.
	TLS bool `json:"tls,omitempty"`
}

// entry is a line of a journal. Those of one deed or of one undoing follow each other: what is
// about to be done is on the disk before it is done.
type entry struct {
	At       time.Time `json:"at"`
	Step     step      `json:"step"`
	Fault    string    `json:"fault,omitempty"` // words; "" for the replicas that a target asks for
	Resource *Resource `json:"resource,omitempty"`
	Before   string    `json:"before,omitempty"`
	After    string    `json:"after,omitempty"`
	Error    string    `json:"error,omitempty"`
}

type step string

const (
	doing  step = "doing"
	done   step = "done"
	failed step = "failed" // which may have been done all the same
	undone step = "undone" // the resource is what it was before the first fault
	left   step = "left"   // it is what somebody else made it, or gone, and stays that
)

// Journal is what was done to a cluster, on the disk before it is done. Who writes it holds a
// lock, which the kernel drops with the process.
type Journal struct {
	header
	index Index
	dir   string

	mu      sync.Mutex
	file    *os.File // nil before the first deed
	entries []entry
}

// NewJournal is that of what will be done to a cluster. Nothing is on the disk before the first
// deed.
func NewJournal(c *Cluster, index Index) *Journal {
	return &Journal{header: header{journalSchema, c.addresses, c.service, c.labAddress(), c.byTLS}, index: index}
}

// Into says which directory the journal goes to, absolute: that of a run, or of a study.
func (j *Journal) Into(dir string) { j.dir = dir }

// begin creates the journal, or goes on with the one that an earlier part of a study left, and
// names it in the index.
func (j *Journal) begin() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil {
		return nil
	}
	switch old, err := reopen(j.dir, syscall.LOCK_EX); {
	case err == nil && (old.Service != j.Service || !slices.Equal(old.Docker, j.Docker)):
		return errors.Join(fmt.Errorf("%s: the journal there is of another cluster", j.dir), old.file.Close())
	case err == nil:
		j.file, j.entries = old.file, old.entries
	case !errors.Is(err, ErrNoJournal):
		return err
	default:
		if err := j.create(); err != nil {
			return err
		}
	}
	return j.index.add(j.dir)
}

// ErrAlive says that the run which writes a journal is still under way.
var ErrAlive = errors.New("is still under way, and undoes what it did when it ends")

func (j *Journal) create() error {
	f, err := os.OpenFile(filepath.Join(j.dir, JournalFile), os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("journal of faults: %w", err)
	}
	j.file = f
	if err := errors.Join(lock(f, syscall.LOCK_EX), j.write(j.header), syncDir(j.dir)); err != nil {
		j.file = nil
		return fmt.Errorf("journal of faults: %w", errors.Join(err, f.Close()))
	}
	return nil
}

// reopen opens the journal of a run that has ended, to read it or, locked for this process
// alone, to finish it; [ErrAlive] of one that has not ended.
func reopen(dir string, how int) (*Journal, error) {
	path := filepath.Join(dir, JournalFile)
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", dir, errors.Join(ErrNoJournal, err))
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("journal of faults: %w", err)
	}
	j := &Journal{dir: dir, file: f}
	if err := cmpErr(lock(f, how), j.read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(err, f.Close()))
	}
	return j, nil
}

// ErrNoJournal says that a directory holds no journal.
var ErrNoJournal = errors.New("no journal of faults is there")

// cmpErr is the first error of both.
func cmpErr(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

// lock locks a journal for readers or for one writer. Readers have it for an instant only.
func lock(f *os.File, how int) error {
	var err error
	for range 10 {
		if err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if how == syscall.LOCK_SH {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ErrAlive
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// read takes in every whole line. The last one may be half: what it was to announce was not
// begun.
func (j *Journal) read() error {
	all, err := io.ReadAll(io.LimitReader(j.file, untrusted.MaxFile))
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(all, '\n') + 1
	if whole < len(all) {
		if err := j.file.Truncate(int64(whole)); err != nil {
			return err
		}
	}
	lines := bufio.NewScanner(bytes.NewReader(all[:whole]))
	lines.Buffer(nil, untrusted.MaxText)
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			if err := json.Unmarshal(lines.Bytes(), &j.header); err != nil {
				return fmt.Errorf("line 1: %w", err)
			}
			if j.Schema != journalSchema {
				return &untrusted.SchemaError{File: JournalFile, Has: j.Schema, Reads: journalSchema}
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		if err := e.check(); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		j.entries = append(j.entries, e)
	}
	return lines.Err()
}

// check refuses what no journal of ours says: its values are written into a cluster.
func (e entry) check() error {
	if e.Resource == nil {
		return nil
	}
	for _, value := range []string{e.Before, e.After} {
		ok := value == "" && e.Step != doing
		switch e.Resource.Kind {
		case Replicas:
			_, err := strconv.ParseUint(value, 10, 31)
			ok = ok || err == nil
		case Image:
			ok = true
		case Availability:
			ok = ok || slices.Contains([]string{"active", "pause", "drain"}, value)
		case Role:
			ok = ok || slices.Contains([]string{"manager", "worker"}, value)
		case Frozen:
			ok = ok || slices.Contains([]string{running, paused}, value)
		case Slowness, LostWrites: // which the lab judges
			ok = ok || labValue().MatchString(value)
		case Cable:
			ok = ok || slices.Contains([]string{"in", "out"}, value)
		case Power:
			ok = ok || slices.Contains([]string{"on", "off"}, value)
		}
		if !ok {
			return fmt.Errorf("%s %w %q", e.Resource, untrusted.ErrBounds, value)
		}
	}
	return nil
}

// labValue is a number, or a percentage.
var labValue = lazy.Regexp(`^[0-9]{1,9}(\.[0-9]{1,9})?%?$`)

// add appends an entry and returns when it is on the disk.
func (j *Journal) add(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.At = time.Now().UTC()
	if err := j.write(e); err != nil {
		return fmt.Errorf("journal of faults: %w", err)
	}
	j.entries = append(j.entries, e)
	return nil
}

func (j *Journal) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

// Close ends the lock. What left something to undo stays in the index.
func (j *Journal) Close() error {
	if j.file == nil {
		return nil
	}
	var err error
	if len(j.Changes()) == 0 {
		err = j.index.remove(j.dir)
	}
	return errors.Join(err, j.file.Close())
}

// Change is a resource that is not what it was before.
type Change struct {
	Resource
	Fault  string // the first that changed it, in words; "" for the replicas that a target asks for
	Before string
	Made   []string // what was made of it, one after the other
}

// Changes are what is still to undo, the last change first.
func (j *Journal) Changes() []Change {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []Change
	for _, e := range j.entries {
		if e.Resource == nil {
			continue
		}
		i := slices.IndexFunc(out, func(c Change) bool { return c.Kind == e.Resource.Kind && c.ID == e.Resource.ID })
		switch {
		case e.Step == undone || e.Step == left:
			if i >= 0 {
				out = slices.Delete(out, i, i+1)
			}
		case e.Step != doing:
		case i < 0:
			out = append(out, Change{*e.Resource, e.Fault, e.Before, []string{e.After}})
		default:
			out[i].Made = append(out[i].Made, e.After)
		}
	}
	slices.Reverse(out)
	return out
}
