// Package history keeps judged runs as baselines, in a directory that can live in
// git or in the cache of a CI:
//
//	DIR/<scenario>/<machine>/<UTC start>-<short>.json
//
// Each file is exactly a summary.json, with a label where its owner gave one. Which
// scenario and machine a run is of is read from the run, never from its path.
package history

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/outfile"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// DefaultDir is where baselines are when nobody says otherwise.
const DefaultDir = "baselines"

// Store is a directory of baselines. It need not exist before the first is saved.
type Store struct{ Dir string }

// Machine names a kind of machine by its processors and system. Figures of two kinds
// are never held against each other. Memory and kernel are not in the name: they
// change under a machine that stays the same, and a comparison warns of them. So many
// agents of a fleet are a kind of their own.
func Machine(m runlog.Machine) string {
	cpu := strings.NewReplacer("(R)", "", "(TM)", "", "(tm)", "").Replace(m.CPU)
	one := fmt.Sprintf("%s-%d-cpus-%s-%s", cmp.Or(runlog.Slug(cpu), "unknown"), max(m.CPUs, 0),
		cmp.Or(runlog.Slug(m.OS), "unknown"), cmp.Or(runlog.Slug(m.Arch), "unknown"))
	if m.Agents > 0 {
		return fmt.Sprintf("%d-agents-%s", m.Agents, one)
	}
	return one
}

// Path is where a run is, or would be, kept.
func (s Store) Path(a *result.Analysis) string {
	scenario := cmp.Or(runlog.Slug(a.Name), "scenario")
	return filepath.Join(s.Dir, scenario, Machine(a.Run.Machine), fileName(a))
}

// fileName sorts by time. The short end tells runs of one second apart, and is the
// same for the same run whoever judges it.
func fileName(a *result.Analysis) string {
	started := a.Run.Started.UTC()
	sum := sha256.Sum256([]byte(a.Name + "\n" + started.Format(time.RFC3339Nano)))
	return fmt.Sprintf("%s-%x.json", started.Format("2006-01-02T15-04-05Z"), sum[:4])
}

// ErrKept says that a run is a baseline already.
var ErrKept = errors.New("this run is kept already: remove the file to save it anew")

// Save keeps a run and returns its file. The label replaces the run's own unless it
// is empty. Nothing is overwritten: a run that is there already is [ErrKept]. One that
// can be no baseline is a [*RefusedError]; force saves a run that only failed.
func (s Store) Save(a *result.Analysis, label string, force bool) (string, error) {
	kept := *a
	kept.Label = cmp.Or(label, a.Label)
	if err := checkFit(&kept, force); err != nil {
		return "", err
	}
	path := s.Path(&kept)
	switch _, err := os.Lstat(path); {
	case err == nil:
		return "", fmt.Errorf("%s: %w", path, ErrKept)
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("saving a baseline: %w", err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	err := e.Encode(&kept)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = outfile.Replace(path, b.Bytes(), 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("saving a baseline: %w", err)
	}
	return path, nil
}

// BrokenError is a file among the baselines that holds none.
type BrokenError struct {
	Path string
	Err  error
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}
func (e *BrokenError) Unwrap() error { return e.Err }

// List reads every baseline, oldest first, and names the files that it could not
// read. Where there is no such directory the error is [ErrNone].
func (s Store) List() (entries []result.Entry, broken []*BrokenError, err error) {
	if info, err := os.Stat(s.Dir); err != nil || !info.IsDir() {
		return nil, nil, fmt.Errorf("%w in %s: there is no such directory", ErrNone, s.Dir)
	}
	names, err := fs.Glob(os.DirFS(s.Dir), "*/*/*.json")
	if err != nil {
		return nil, nil, fmt.Errorf("listing baselines: %w", err)
	}
	for _, name := range names {
		path := filepath.Join(s.Dir, filepath.FromSlash(name))
		e, err := Read(path)
		if err != nil {
			broken = append(broken, &BrokenError{path, err})
			continue
		}
		entries = append(entries, e)
	}
	slices.SortStableFunc(entries, func(a, b result.Entry) int {
		return cmp.Or(a.Run.Run.Started.Compare(b.Run.Run.Started), cmp.Compare(a.Path, b.Path))
	})
	return entries, broken, nil
}

// Read reads one file.
func Read(path string) (result.Entry, error) {
	f, err := untrusted.Open(path)
	if err != nil {
		return result.Entry{}, err
	}
	defer f.Close()
	a, err := result.ReadSummary(f)
	if err != nil {
		return result.Entry{}, err
	}
	name := strings.TrimSuffix(filepath.Base(path), ".json")
	return result.Entry{Name: name, Path: path, Machine: Machine(a.Run.Machine), Run: a}, nil
}

// Remove deletes a baseline's file.
func (s Store) Remove(e result.Entry) error {
	if err := os.Remove(e.Path); err != nil {
		return fmt.Errorf("removing a baseline: %w", err)
	}
	return nil
}
