package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/runlog/runlogtest"
	"github.com/stress-tool/stress/server/store"
)

// A run that was made elsewhere is brought in once, is there again after its row is lost, and a backup has it.
func TestRunsAreBroughtIn(t *testing.T) {
	dir := t.TempDir()
	data, made, backup := filepath.Join(dir, "data"), filepath.Join(dir, "run"), filepath.Join(dir, "backup")
	if err := runlogtest.Write(made, runlogtest.Shape{Targets: 1, Rounds: 1, Seconds: 3, PerSecond: 20}); err != nil {
		t.Fatal(err)
	}
	r := stress(t, nil, "serve", "--data", data, "--import", made)
	if r.code != exitPass || !strings.Contains(r.stdout, "/tests/") {
		t.Fatalf("exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
	parts := strings.Split(strings.TrimSpace(r.stdout), "/")
	test, id := parts[2], parts[4]
	for args, says := range map[string]string{made: "kept already", dir: "no run"} {
		if r := stress(t, nil, "serve", "--data", data, "--import", args); r.code != exitUsage || !strings.Contains(r.stderr, says) {
			t.Errorf("import of %s: exit code %d, %s, want %q", args, r.code, r.stderr, says)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(data, store.File))
	if err == nil {
		_, err = db.Exec("DELETE FROM run")
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	for range 2 { // whether its row is there or not
		if r := stress(t, nil, "serve", "--data", data, "--reindex"); r.code != exitPass || !strings.Contains(r.stdout, "1 runs read") {
			t.Fatalf("exit code %d, %s%s", r.code, r.stdout, r.stderr)
		}
	}
	if r := stress(t, nil, "serve", "--data", data, "--backup", backup); r.code != exitPass {
		t.Fatalf("exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
	s, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	runs, err := s.RunsOf(t.Context(), test)
	if err != nil || len(runs) != 1 || runs[0].ID[:8] != id[:8] || runs[0].Summary == nil || runs[0].Summary.Totals.Outcomes.Success != 60 {
		t.Errorf("the runs are %+v, %v", runs, err)
	}
	if r := stress(t, nil, "serve", "--data", data, "--backup", backup); r.code != exitUnable || !strings.Contains(r.stderr, "exists") {
		t.Errorf("over the backup: exit code %d, %s", r.code, r.stderr)
	}
}
