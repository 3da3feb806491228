package control

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/store"
)

// Import keeps a copy of a run that `stress run` has made. Its test is the one of the imported runs of the
// same scenario; a new one is archived, for what a run keeps of its scenario has no secrets and cannot be
// run. The error is [store.ErrKept] for a run that is kept already.
func (c *Control) Import(ctx context.Context, dir string) (store.Run, error) {
	made, err := runlog.Open(dir)
	if err != nil {
		return store.Run{}, err
	}
	m := made.Manifest
	text, err := json.Marshal(m)
	if err != nil {
		return store.Run{}, err
	}
	id := sha256.Sum256(text) // the same run again has the same one
	r := store.Run{
		ID: hex.EncodeToString(id[:16]), State: store.Ended, Source: store.ByImport,
		Asked: m.Started.UTC().Truncate(time.Millisecond), Ended: m.Ended.UTC().Truncate(time.Millisecond),
	}
	if r.Started = r.Asked; m.Ended.IsZero() {
		r.Ended = r.Started // it was killed
	}
	if _, err := c.Store.Run(ctx, r.ID); !errors.Is(err, store.ErrNotFound) {
		return r, errors.Join(err, store.ErrKept)
	}
	t, err := c.imported(ctx, m)
	if err != nil {
		return r, err
	}
	r.Test = t.ID
	if err := copied(dir, c.Store.Dir(r)); err != nil {
		return r, err
	}
	if r.Summary, err = queue.Judge(ctx, c.Store.Dir(r)); err != nil {
		return r, err
	}
	return r, c.Store.AddEnded(ctx, r)
}

// measuredKinds are those of the files that a run's figures are in. Its reports are written anew.
var measuredKinds = []string{".json", ".jsonl", ".hlog", ".vegeta"}

// copied copies a run where it is to be, as a whole or not at all. Directories come from anyone: what leads elsewhere,
// is no file, or no run has, stays where it is.
func copied(from, to string) error {
	part := to + store.PartSuffix
	err := os.MkdirAll(filepath.Dir(to), 0o700)
	if err == nil {
		err = errors.Join(os.RemoveAll(part), os.RemoveAll(to)) // of an import that was killed: no row names it
	}
	if err == nil {
		err = fs.WalkDir(os.DirFS(from), ".", func(name string, e fs.DirEntry, err error) error {
			at := filepath.Join(part, filepath.FromSlash(name))
			switch {
			case err != nil:
				return err
			case e.IsDir():
				return os.MkdirAll(at, 0o700)
			case !e.Type().IsRegular() || !slices.Contains(measuredKinds, path.Ext(name)):
				return nil
			}
			return copyFile(filepath.Join(from, filepath.FromSlash(name)), at)
		})
	}
	if err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// imported is the test of imported runs of a scenario.
func (c *Control) imported(ctx context.Context, m runlog.Manifest) (store.Test, error) {
	kept, err := c.Store.Tests(ctx, false)
	if err != nil {
		return store.Test{}, err
	}
	for _, t := range kept {
		if t.Scenario == string(m.Scenario) {
			return t, nil
		}
	}
	if len(m.Targets) == 0 {
		return store.Test{}, errors.New("the run names no target")
	}
	u, err := url.Parse(m.Targets[0].URL)
	if err != nil {
		return store.Test{}, fmt.Errorf("target %s: %w", m.Targets[0].Name, err)
	}
	h, err := c.AddHost(ctx, route.OriginOf(u).Name())
	if err != nil {
		return store.Test{}, err
	}
	now := time.Now()
	t := store.Test{
		ID: store.NewID(), Host: h.ID, Name: m.Name, Notes: "imported", Scenario: string(m.Scenario), Token: store.NewID(), Created: now, Archived: now,
	}
	return t, c.Store.AddTest(ctx, t, By(ctx))
}

// Reindex judges every run directory of the store's tests again and keeps what that comes to, also of
// runs that the store has lost. It returns how many it has read, and the names of those it could not.
func (c *Control) Reindex(ctx context.Context) (read int, unread []string, err error) {
	tests, err := c.Store.Tests(ctx, false)
	for _, t := range tests {
		kept, err := c.Store.RunsOf(ctx, t.ID)
		if err != nil {
			return read, unread, err
		}
		known := map[string]store.Run{}
		for _, r := range kept {
			known[c.Store.Dir(r)] = r
		}
		dirs, err := c.Store.Dirs(t.ID)
		if err != nil {
			return read, unread, err
		}
		for _, lost := range dirs {
			dir := c.Store.Dir(lost)
			r, isKept := known[dir]
			if !isKept {
				r = lost
			}
			if r.State != store.Ended {
				continue // the next start of the server settles it
			}
			if r.Summary, err = queue.Judge(ctx, dir); err != nil || r.Summary == nil {
				unread = append(unread, dir)
				continue
			}
			if isKept {
				err = c.Store.Judged(ctx, r.ID, r.Summary)
			} else {
				err = c.Store.AddEnded(ctx, r)
			}
			if err != nil {
				return read, unread, err
			}
			read++
		}
	}
	return read, unread, err
}
