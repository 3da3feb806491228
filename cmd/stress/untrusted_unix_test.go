//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Every command that reads a directory of others refuses a hostile one, and does not wait for it.
func TestCommandsOnHostileDirectories(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, spoil := range map[string]func(manifest string) error{
		"good": func(string) error { return nil },
		"pipe": func(manifest string) error { return errors.Join(os.Remove(manifest), syscall.Mkfifo(manifest, 0o644)) },
		"device": func(manifest string) error {
			return errors.Join(os.Remove(manifest), os.Symlink("/dev/zero", manifest))
		},
		"round":    replaced(`"round": 1`, `"round": 4611686018427387904`),
		"replicas": replaced(`"replicas": 3`, `"replicas": 1099511627776`),
	} {
		err := os.CopyFS(at(name), os.DirFS("../../runlog/testdata/v1/sealed"))
		if err := errors.Join(err, spoil(filepath.Join(at(name), "run.json"))); err != nil {
			t.Fatal(err)
		}
		if name == "good" {
			continue
		}
		for _, args := range [][]string{
			{"report", at(name)}, {"compare", at(name), at("good")}, {"compare", at("good"), at(name)}, {"gate", at(name)},
			{"baseline", "save", at(name), "--dir", at("kept")},
		} {
			if r := stress(t, nil, args...); r.code != exitUnable && r.code != exitUsage || r.stderr == "" || strings.Contains(r.stderr, "goroutine") {
				t.Errorf("%v: exit code %d\n%s", args, r.code, r.stderr)
			}
		}
	}
	file := filepath.Join(at("history"), "a", "b", "x.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), syscall.Mkfifo(file, 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"baseline", "list", "--dir", at("history")}, {"baseline", "show", "x", "--dir", at("history")}, {"trend", "a", "--dir", at("history")},
		{"compare", file, at("good")},
	} {
		if r := stress(t, nil, args...); !strings.Contains(r.stderr, "is a named pipe") {
			t.Errorf("%v: exit code %d\n%s", args, r.code, r.stderr)
		}
	}
}

// replaced replaces one text of the manifest by another.
func replaced(old, text string) func(manifest string) error {
	return func(manifest string) error {
		b, err := os.ReadFile(manifest)
		if err != nil {
			return err
		}
		return os.WriteFile(manifest, bytes.Replace(b, []byte(old), []byte(text), 1), 0o644)
	}
}
