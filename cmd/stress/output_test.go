package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// What cannot be written whole leaves a file as it was.
func TestAFileIsTheOldOneUntilTheNewOneIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.md")
	for _, c := range []struct {
		text string
		fail error
		want string
	}{{"first", nil, "first"}, {"half of the sec", os.ErrClosed, "first"}, {"second", nil, "second"}} {
		err := writeFile(path, func(w io.Writer) error {
			_, err := io.WriteString(w, c.text)
			return errors.Join(err, c.fail)
		})
		if !errors.Is(err, c.fail) {
			t.Fatalf("%v, want %v", err, c.fail)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("after %q the file holds %q (%v), want %q", c.text, got, err, c.want)
		}
	}
}
