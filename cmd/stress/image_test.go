package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// root is the project's own directory.
const root = "../.."

// project runs a program in the project's directory, within minutes.
func project(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// `make help` lists every target that has a description.
func TestMakeHelp(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("!!! LEFT OUT: there is no make here")
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	help := project(t, "make", "--no-print-directory", "help")
	for line := range strings.Lines(string(makefile)) {
		if rule, about, ok := strings.Cut(line, " ## "); ok && !strings.HasPrefix(line, "\t") {
			name, _, _ := strings.Cut(rule, ":")
			if !strings.Contains(help, "\n  "+name+" ") || !strings.Contains(help, strings.TrimSpace(about)) {
				t.Errorf("make help does not tell of %s:\n%s", name, help)
			}
		}
	}
}

// The image holds only the program, runs it without privileges, and reaches the target that it
// is given.
func TestImage(t *testing.T) {
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("!!! LEFT OUT: there is no docker here; apt-get install docker.io")
	}
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("!!! LEFT OUT: no Docker daemon answers: %s", out)
	}
	image := fmt.Sprintf("stress:test-%d", os.Getpid())
	project(t, "make", "image", "IMAGE="+image)
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", image).Run() })
	if out := project(t, "docker", "run", "--rm", "--network", "none", image, "--version"); !strings.HasPrefix(out, "stress ") {
		t.Errorf("the image says %q", out)
	}
	if user := project(t, "docker", "inspect", "-f", "{{.Config.User}} {{len .RootFS.Layers}}", image); !strings.HasPrefix(user, "65534:65534 ") {
		t.Errorf("the image runs as %q", user)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer srv.Close()
	out := project(t, "docker", "run", "--rm", "--network", "host", image, "run", srv.URL+"/", "--type", "clients-per-test", "--clients", "3", "--duration", "1s",
		"--expect-body", "hello", "--set", "thresholds=[]", "--json", "--quiet")
	if !strings.Contains(out, `"success": 3`) {
		t.Errorf("the image's run says\n%s", out)
	}
}
