package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog"
)

// findRun is the run that a path means: its own, or where the path is a directory
// without one the newest below it, which is said on the standard error.
func findRun(w world, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() || exists(filepath.Join(path, runlog.ManifestFile)) || exists(filepath.Join(path, report.SummaryFile)) {
		return path, nil // whoever reads it says what is wrong
	}
	newest, err := runlog.Newest(path)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(w.stderr, "the newest run below %s: %s\n", path, newest)
	return newest, nil
}

// lastRun is the newest run of those that have no directory of their own.
func lastRun(w world) (string, error) {
	dir, err := findRun(w, resultsDir)
	if err == nil && !exists(dir) || errors.Is(err, runlog.ErrNoRun) {
		return "", usage("%s: there is no run yet: `stress run` makes one", resultsDir)
	}
	return dir, err
}
