package fault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/stress-tool/stress/internal/outfile"
	observed "github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// Index is a directory that names every run whose faults may not be undone, so that later runs
// find them wherever they are started.
type Index struct{ Dir string }

// indexed is a file of an index.
type indexed struct {
	Run string `json:"run"` // the run directory
}

func (x Index) file(run string) string {
	sum := sha256.Sum256([]byte(run))
	return filepath.Join(x.Dir, hex.EncodeToString(sum[:8])+".json")
}

// add names a run, and returns when that is on the disk.
func (x Index) add(run string) error {
	line, err := json.Marshal(indexed{run})
	if err == nil {
		err = os.MkdirAll(x.Dir, 0o700)
	}
	if err == nil {
		err = outfile.Replace(x.file(run), line, 0o600)
	}
	if err == nil {
		err = syncDir(x.Dir)
	}
	if err != nil {
		return fmt.Errorf("index of faults: %w", err)
	}
	return nil
}

func (x Index) remove(run string) error {
	if err := os.Remove(x.file(run)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("index of faults: %w", err)
	}
	return nil
}

// Pending is a run with something that is still to undo.
type Pending struct {
	Run     string // its directory
	Changes []Change
	// Err is [ErrAlive] of a run that is under way, or says why its journal cannot be read.
	Err error
}

// Pending are all such runs. A run that left nothing is forgotten.
func (x Index) Pending() ([]Pending, error) {
	files, err := os.ReadDir(x.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("index of faults: %w", err)
	}
	var out []Pending
	for _, f := range files {
		var entry indexed
		b, err := os.ReadFile(filepath.Join(x.Dir, f.Name()))
		if err != nil || !strings.HasSuffix(f.Name(), ".json") || json.Unmarshal(b, &entry) != nil {
			continue // no file of ours
		}
		p := Pending{Run: entry.Run}
		j, err := reopen(entry.Run, syscall.LOCK_SH)
		if err != nil {
			p.Err = err
			out = append(out, p)
			continue
		}
		if p.Changes = j.Changes(); len(p.Changes) > 0 {
			out = append(out, p)
		} else if err := x.remove(entry.Run); err != nil {
			return nil, err
		}
		if err := j.file.Close(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b Pending) int { return strings.Compare(a.Run, b.Run) })
	return out, nil
}

// ErrNoCertificates says that engines are spoken to by TLS, and that nobody said with which
// certificates: they are no journal's.
var ErrNoCertificates = errors.New("its engines are spoken to by TLS, and no certificates are stored with a run")

// Recover undoes what a run left, or with leave accepts it as it is now. What could not be
// undone stays in the index. Of how, TLS and Control say how the engines are spoken to that the
// journal names. The error is [ErrNoCertificates], or that of a journal that cannot be read or
// written.
func (x Index) Recover(ctx context.Context, run string, leave bool, how observed.Config) ([]Undone, error) {
	run, err := filepath.Abs(run)
	if err != nil {
		return nil, err
	}
	j, err := reopen(run, syscall.LOCK_EX)
	if err != nil {
		if leave && errors.Is(err, ErrNoJournal) {
			return nil, x.remove(run)
		}
		return nil, err
	}
	defer j.file.Close()
	if leave {
		return nil, cmpErr(j.leave(), func() error { return x.remove(run) })
	}
	if len(j.Changes()) == 0 {
		return nil, x.remove(run)
	}
	if err := untrusted.Check(&j.header); err != nil {
		return nil, err
	}
	if j.TLS && how.TLS == nil {
		return nil, fmt.Errorf("%s: %w", run, ErrNoCertificates)
	}
	c, err := Open(observed.Config{Docker: j.Docker, Service: j.Service, TLS: how.TLS, Control: how.Control}, j.Lab)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	out := j.undo(ctx, c, every)
	if len(j.Changes()) == 0 {
		err = x.remove(run)
	}
	return out, err
}
