package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// findRun is [run.Find]. A run that was looked for is named on the standard error.
func findRun(w world, path string) (string, error) {
	found, err := run.Find(path)
	if err == nil && found != path {
		fmt.Fprintf(w.stderr, "the newest run below %s: %s\n", path, found)
	}
	return found, err
}

// lastRun is the newest run of those that have no directory of their own.
func lastRun(w world) (string, error) {
	dir, err := findRun(w, resultsDir)
	if err == nil && !exists(dir) || errors.Is(err, runlog.ErrNoRun) {
		return "", usage("%s: there is no run yet: `stress run` makes one", resultsDir)
	}
	return dir, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
