package runlog

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// StudyFile is the file of a study: of a directory below which the probes of a search are runs. What is
// searched for runs leaves studies out, because none of their probes is the run that anyone means.
const StudyFile = "capacity.json"

// newestDepth is how many levels below a directory are searched for runs; results/<scenario>/<run> are two.
const newestDepth = 3

// Newest returns the run directory in or below dir whose run started last, by the manifests. The error wraps
// [ErrNoRun] if there is none. Symbolic links are not followed; directories that cannot be read are ignored.
func Newest(dir string) (string, error) {
	var newest string
	var last time.Time
	for run := range Runs(dir) {
		if started := startOf(run); newest == "" || started.After(last) {
			newest, last = run, started
		}
	}
	if newest == "" {
		return "", fmt.Errorf("%s: %w, nor does any directory below it", dir, ErrNoRun)
	}
	return newest, nil
}

// Runs yields the run directories in or below dir, in the order of their paths: those that hold
// something of the manifest's name, be it readable or not. It leaves out what lies below a study.
func Runs(dir string) iter.Seq[string] { return holding(dir, ManifestFile) }

// Studies yields the directories in or below dir that hold a study, in the order of their paths.
func Studies(dir string) iter.Seq[string] { return holding(dir, StudyFile) }

// holding yields the runs, or the studies, by the file that makes a directory one.
func holding(dir, file string) iter.Seq[string] {
	return func(yield func(string) bool) { below(dir, file, newestDepth, yield) }
}

func below(dir, file string, depth int, yield func(string) bool) bool {
	for _, holds := range []string{ManifestFile, StudyFile} {
		if _, err := os.Lstat(filepath.Join(dir, holds)); err == nil {
			return holds != file || yield(dir)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || depth == 0 {
		return true
	}
	for _, e := range entries {
		if e.Type()&fs.ModeDir != 0 && !below(filepath.Join(dir, e.Name()), file, depth-1, yield) {
			return false
		}
	}
	return true
}

// startOf returns when a run began, the zero time if its manifest does not say.
func startOf(dir string) time.Time {
	b, err := readWhole(dir, ManifestFile)
	var m struct {
		Started time.Time `json:"started"`
	}
	if err != nil || json.Unmarshal(b, &m) != nil {
		return time.Time{}
	}
	return m.Started
}
