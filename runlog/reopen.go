package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrSealed says that a run came to its end, so that nothing can be added to it.
var ErrSealed = errors.New("came to its end")

// Reopen opens the directory of a run that was killed, to end it with what others have kept of it. The caller
// makes sure that nobody else writes it. A run that came to its end is refused with [ErrSealed].
func Reopen(dir string) (*Writer, error) {
	r, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if r.Sealed {
		return nil, fmt.Errorf("%s: %w: there is nothing to collect", dir, ErrSealed)
	}
	_, err = os.Lstat(filepath.Join(dir, EventsFile))
	return &Writer{dir: dir, m: r.Manifest, hasEvents: err == nil}, nil
}

// Manifest is what the run's says now.
func (w *Writer) Manifest() Manifest { return w.m }

// before is where the files of a leg are while they are written anew.
const before = ".before"

// RestartLeg begins the newest leg's files anew, but for its ledger and rows. Those that were there go when
// [LegWriter.Replaced] is called, and are there in a directory beside until then.
func (w *Writer) RestartLeg() (*LegWriter, error) {
	path := filepath.Join(w.dir, filepath.FromSlash(w.Leg().Dir))
	if err := os.RemoveAll(path + before); err != nil {
		return nil, fmt.Errorf("leg: %w", err)
	}
	if err := os.Rename(path, path+before); err != nil {
		return nil, fmt.Errorf("leg: %w", err)
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, fmt.Errorf("leg: %w", err)
	}
	for _, name := range []string{LedgerFile, RowsFile} {
		if err := os.Link(filepath.Join(path+before, name), filepath.Join(path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("leg: %w", err)
		}
	}
	return newLegWriter(path, w.Leg().Started)
}

// Replaced removes what [Writer.RestartLeg] has put aside.
func (l *LegWriter) Replaced() error { return os.RemoveAll(l.dir + before) }
