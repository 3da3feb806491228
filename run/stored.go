package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/untrusted"
)

// ErrNone says that a path leads nowhere.
var ErrNone = errors.New("there is no such run")

// ErrStudy says that a path is that of a study, where a run is asked for.
var ErrStudy = errors.New("is a study of a capacity: name one of its runs, those below probes, or show it with `stress report`")

// Holds reports that a directory is that of a run, or holds the summary of one.
func Holds(dir string) bool {
	return exists(filepath.Join(dir, runlog.ManifestFile)) || exists(filepath.Join(dir, result.SummaryFile))
}

// Find is the path of the run that a path means: the path itself; the directory of a run's
// manifest; or the newest run below a directory that holds none. An error that is
// [runlog.ErrNoRun] says that there is none below it either. Whether any other path is that
// of a run, only its reader finds out.
func Find(path string) (string, error) {
	if filepath.Base(path) == runlog.ManifestFile {
		return filepath.Dir(path), nil
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() || Holds(path) {
		return path, nil
	}
	if exists(filepath.Join(path, runlog.StudyFile)) {
		return "", fmt.Errorf("%s: %w", path, ErrStudy)
	}
	return runlog.Newest(path)
}

// Stored is a judged run: a run directory, which is judged as it is stored, or a
// summary.json, by itself or in a directory that holds nothing else of the run. The error
// is [ErrNone] for a path to nothing, and [result.ErrNoSummary] for another file.
func Stored(ctx context.Context, path string) (*result.Analysis, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", path, ErrNone)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return readSummary(path)
	}
	a, err := Read(ctx, path)
	if file := filepath.Join(path, result.SummaryFile); errors.Is(err, runlog.ErrNoRun) && exists(file) {
		return readSummary(file)
	}
	return a, err
}

func readSummary(path string) (*result.Analysis, error) {
	f, err := untrusted.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := result.ReadSummary(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// exists reports that something is at a path, or that nobody may look: whoever opens it
// says so.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
