package capacity

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	model "github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/scenarios"
)

// DecisionFile is the file of a study's directory that says what is to be decided, as its user wrote it.
const DecisionFile = "decision.yaml"

// Read is the study in a directory with all that follows from it: from capacity.json, and from decision.yaml where
// there is one. page is the name of the page of a run. The error is that of [result.ReadStudy], or of
// [scenarios.LoadCase].
func Read(dir, page string) (*result.Study, error) {
	s, err := result.ReadStudy(dir)
	if err != nil {
		return nil, err
	}
	for i := range s.Configurations {
		c := &s.Configurations[i]
		for k := range c.Probes {
			c.Probes[k].Page = pageBelow(dir, c.Probes[k].Dir, page)
		}
	}
	of, err := decided(dir)
	if err != nil {
		return nil, err
	}
	model.Conclude(s, of)
	return s, nil
}

// decided is what is to be decided with the study in a directory; nil is nothing.
func decided(dir string) (*model.Case, error) {
	file := filepath.Join(dir, DecisionFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	of, _, err := scenarios.LoadCase(file)
	if err != nil {
		return nil, err
	}
	return &of, nil
}

// pageBelow is the path of the page of a probe, below its study; "" where there is none.
func pageBelow(dir, probe, page string) string {
	path := filepath.Join(filepath.FromSlash(probe), page)
	if info, err := os.Lstat(filepath.Join(dir, path)); probe == "" || err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return filepath.ToSlash(path)
}
