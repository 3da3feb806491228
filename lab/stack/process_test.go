package stack

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parentEnv makes the test binary start a stack, say where, and wait to be killed.
const parentEnv = "STACK_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentEnv) == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{Replicas: 1})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.Dir)
	io.Copy(io.Discard, os.Stdin) // for ever: the test holds the other end
}

func TestCloseLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Dir: dir, Replicas: 2, MaxConnections: 20})
	if n := len(processesOf(t, s.Dir)); n < 5 {
		t.Fatalf("only %d processes of a running stack found: the test is blind", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := processesOf(t, s.Dir); len(left) > 0 {
		t.Errorf("left after Close: %q", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "mariadb", "mariadb.log")); err != nil {
		t.Errorf("a given directory should keep its logs: %v", err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("started in a used directory: %v", err)
	}
}

func TestKilledParentLeavesNothing(t *testing.T) {
	needPackages(t)
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), parentEnv+"=1")
	if _, err := parent.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dir := strings.TrimSpace(line)
	if err != nil || !filepath.IsAbs(dir) {
		t.Fatalf("the parent said %q, %v", line, err)
	}
	defer os.RemoveAll(dir)
	if n := len(processesOf(t, dir)); n < 4 {
		t.Fatalf("only %d processes of a running stack found: the test is blind", n)
	}
	parent.Process.Kill()
	parent.Wait()
	eventually(t, func() error {
		if left := processesOf(t, dir); len(left) > 0 {
			return fmt.Errorf("left after their parent was killed: %q", left)
		}
		return nil
	})
}

// processesOf lists the processes that name dir, and every member of their groups.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatal("cannot read /proc: ", err)
	}
	type proc struct{ group, words string }
	var all []proc
	var groups []string
	for _, stat := range stats {
		b, err := os.ReadFile(stat)
		cmdline, err2 := os.ReadFile(filepath.Join(filepath.Dir(stat), "cmdline"))
		if err != nil || err2 != nil {
			continue // ended meanwhile
		}
		// pid (name) state parent group …
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		if fields[0] == "Z" {
			continue // ended, and not yet collected by its parent
		}
		p := proc{group: fields[2], words: string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '}))}
		all = append(all, p)
		if strings.Contains(p.words, dir) {
			groups = append(groups, p.group)
		}
	}
	var words []string
	for _, p := range all {
		if slices.Contains(groups, p.group) {
			words = append(words, p.words)
		}
	}
	return words
}
