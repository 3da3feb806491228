// Package golden compares what a test made with a file that is kept with the source. The
// flag -update, which every test that imports this package has, writes the files anew.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// Update is the flag -update.
var Update = flag.Bool("update", false, "write the golden files anew")

// Check reports an error where got is not the content of the file at path. With [Update] it
// writes the file, and makes its directory where there is none.
func Check(t testing.TB, path string, got []byte) {
	t.Helper()
	if *Update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update, and read what it wrote", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs: run the test with -update, and read the difference\ngot:\n%s", path, got)
	}
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
