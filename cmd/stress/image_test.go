package main

import (
	"context"
	"crypto/tls"
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

// The image holds only the program, runs it without privileges, trusts the authorities that it was built with, and
// reaches the target that it is given; as any user, in a file system that it may not write but for /tmp.
func TestImage(t *testing.T) {
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("!!! LEFT OUT: there is no docker here; apt-get install docker.io")
	}
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		t.Skipf("!!! LEFT OUT: no Docker daemon answers: %s", out)
	}
	image := fmt.Sprintf("stress:test-%d", os.Getpid())
	dir := t.TempDir()
	secured(t, dir, "127.0.0.1")
	project(t, "make", "image", "IMAGE="+image, "CERTIFICATES="+filepath.Join(dir, "ca.pem"))
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", image).Run() })
	if out := project(t, "docker", "run", "--rm", "--network", "none", image, "--version"); !strings.HasPrefix(out, "stress ") {
		t.Errorf("the image says %q", out)
	}
	if user := project(t, "docker", "inspect", "-f", "{{.Config.User}} {{len .RootFS.Layers}}", image); !strings.HasPrefix(user, "65534:65534 ") {
		t.Errorf("the image runs as %q", user)
	}
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "broker.pem"), filepath.Join(dir, "broker.key"))
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello ", r.URL.Path) }))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	srv.StartTLS()
	defer srv.Close()
	write(t, filepath.Join(dir, "names.csv"), "name\nAna\n")
	write(t, filepath.Join(dir, "s.yaml"), fmt.Sprintf(`load: {type: clients-per-test, clients: 4, duration: 1s}
request: {path: "/{{name}}", expect: {body: hello /Ana}}
feeds: [{name: names, file: names.csv}]
targets: [{name: t, url: %q}]
thresholds: []
`, srv.URL))
	for _, more := range [][]string{nil, {"--agents", "2"}} {
		run := func() ran {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			cmd, out := exec.CommandContext(ctx, "docker", append([]string{"run", "--rm", "--network", "host", "--user", "1234:1234", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",
				"--volume", dir + ":/work:ro", image, "run", "s.yaml", "--out", "/tmp/run", "--json", "--quiet"}, more...)...), &streams{}
			cmd.Stdout, cmd.Stderr = &out.stdout, &out.stderr
			return wait(t, cmd.Run(), out)
		}
		r := run()
		for again := 1; again < tries && beganLate(r); again++ {
			r = run()
		}
		r.wantCode(t, exitPass)
		if !strings.Contains(r.stdout, `"success": 4`) {
			t.Errorf("the image's run %q says\n%s%s", more, r.stdout, r.stderr)
		}
	}
}
