package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrKept says that a run is kept already.
var ErrKept = errors.New("that run is kept already")

// AddEnded keeps a run that has ended elsewhere, and tells nobody.
func (s *Store) AddEnded(ctx context.Context, r Run) error {
	text, err := summaryText(r.Summary)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, "INSERT INTO run ("+runColumns+") VALUES (?, ?, 'ended', ?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.Test, r.Source, stored(r.Asked), stored(r.Started), stored(r.Ended), r.Share, r.Problem, text)
	return err
}

// Judged keeps what a run that has ended came to, read anew.
func (s *Store) Judged(ctx context.Context, id string, summary *Summary) error {
	text, err := summaryText(summary)
	if err != nil {
		return err
	}
	return found(s.db.ExecContext(ctx, "UPDATE run SET summary = ? WHERE id = ?", text, id))
}

// PartSuffix ends the name of a run's directory that is being copied.
const PartSuffix = ".part"

const (
	dirTime = "2006-01-02T15-04-05Z" // of a run's directory
	dirID   = 8                      // digits of its identifier in its directory's name
)

// Dir is the directory of a run that has started. It follows from the run alone, so that a process
// which is killed leaves no run whose directory nobody knows.
func (s *Store) Dir(r Run) string {
	return filepath.Join(s.dir, RunsDir, r.Test, r.Started.Format(dirTime)+"-"+r.ID[:dirID])
}

// scratchDir holds what runs need while they go on.
const scratchDir = "scratch"

// Scratch is where a run may keep what it needs while it goes on, below the store's directory. What a process
// leaves there that is killed is removed when the store is opened again.
func (s *Store) Scratch(r Run) string { return filepath.Join(s.dir, scratchDir, r.ID) }

// Dirs are the runs of a test by their directories alone, as far as these tell: those that the store has
// lost get identifiers that lead to them.
func (s *Store) Dirs(test string) ([]Run, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, RunsDir, test))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var all []Run
	for _, e := range entries {
		i := strings.LastIndexByte(e.Name(), '-')
		if i < 0 || !e.IsDir() {
			continue
		}
		at, terr := time.Parse(dirTime, e.Name()[:i])
		if head := e.Name()[i+1:]; terr == nil && len(head) == dirID {
			rest := sha256.Sum256([]byte(test + "/" + e.Name()))
			id := head + hex.EncodeToString(rest[:])[:32-dirID]
			all = append(all, Run{ID: id, Test: test, State: Ended, Source: ByImport, Asked: at, Started: at, Ended: at})
		}
	}
	return all, err
}

// Backup writes a copy of the store of a directory, whole as of one instant, to a file that must not
// exist. A server may have the store meanwhile. Run directories are not in it.
func Backup(ctx context.Context, dir, file string) (err error) {
	if _, err := os.Stat(filepath.Join(dir, File)); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // SQLite would let everybody read it
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := open(filepath.Join(dir, File), "busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}
