package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// findRun is [run.Find]. The newest run of several is named on the standard error.
func findRun(w environment, path string) (string, error) {
	if namesScenario(path) {
		return "", usage("%s is a scenario, and this takes a run: `stress run %[1]s` makes one", path)
	}
	found, err := run.Find(path)
	if err == nil && found != path && found != filepath.Dir(path) {
		fmt.Fprintf(w.stderr, "the newest run below %s: %s\n", path, found)
	}
	return found, err
}

// lastRun is the newest run of those that have no directory of their own.
func lastRun(w environment) (string, error) {
	dir, err := findRun(w, resultsDir)
	if err == nil && !exists(dir) || errors.Is(err, runlog.ErrNoRun) {
		return "", usage("%s: there is no run yet: `stress run` makes one", resultsDir)
	}
	return dir, err
}

// lastReported is the newest run or study of those that have no directory of their own.
func lastReported(w environment) (string, error) {
	newest, began := "", time.Time{}
	for dir := range runlog.Studies(resultsDir) {
		if s, err := result.ReadStudy(dir); err == nil && s.Started.After(began) {
			newest, began = dir, s.Started
		}
	}
	last, err := run.Find(resultsDir)
	if newest != "" {
		m, broken := runlog.Open(last)
		if err != nil || broken != nil || m.Started.Before(began) {
			fmt.Fprintf(w.stderr, "the newest study below %s: %s\n", resultsDir, newest)
			return newest, nil
		}
	}
	return lastRun(w)
}

// namesScenario reports that an argument is a scenario or an address, and so no run.
func namesScenario(word string) bool {
	if info, err := os.Stat(word); err == nil && info.IsDir() {
		return false
	}
	_, known := scenarios.InCatalogue(word)
	ext := strings.ToLower(filepath.Ext(word))
	return known || scenarios.IsAddress(word) || ext == ".yaml" || ext == ".yml"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
