package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The unit and the compose file start the server with flags that it has.
func TestServerIsStartedAsDocumented(t *testing.T) {
	unit, err := os.ReadFile("../../docs/serve/stress.service")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../../docs/serve/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct{ Command []string }
		Volumes  map[string]any
	}
	if err := yaml.Unmarshal(file, &compose); err != nil {
		t.Fatal(err)
	}
	started := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/stress (.*)$`).FindStringSubmatch(string(unit))
	if started == nil {
		t.Fatalf("the unit starts nothing:\n%s", unit)
	}
	for _, args := range [][]string{strings.Fields(started[1]), compose.Services["stress"].Command} {
		for i := range args[:max(0, len(args)-1)] {
			if args[i] == "--data" {
				args[i+1] = filepath.Join(t.TempDir(), "data")
			}
		}
		if r := stress(t, nil, append(args, "--new-key", "a")...); r.code != exitPass || !strings.Contains(r.stdout, `API key "a"`) {
			t.Errorf("%q: exit code %d, %s%s", args, r.code, r.stdout, r.stderr)
		}
	}
}

func TestTheUnitIsOne(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("!!! LEFT OUT: there is no systemd-analyze here; apt-get install systemd")
	}
	unit, err := os.ReadFile("../../docs/serve/stress.service")
	if err != nil {
		t.Fatal(err)
	}
	// It is to start a program that is there.
	file := filepath.Join(t.TempDir(), "stress.service")
	if err := os.WriteFile(file, []byte(strings.Replace(string(unit), "/usr/bin/stress", "/bin/true", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil || strings.Contains(string(out), "stress.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Compose itself reads the file: the plugin of docker where it is installed, or Debian's own program.
func TestTheComposeFileIsOne(t *testing.T) {
	for _, compose := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		if exec.Command(compose[0], append(compose[1:], "version")...).Run() != nil {
			continue
		}
		args := append(compose[1:], "-f", "../../docs/serve/compose.yaml", "config")
		if out, err := exec.Command(compose[0], args...).CombinedOutput(); err != nil || !strings.Contains(string(out), "no-new-privileges") {
			t.Errorf("%s %q: %v\n%s", compose[0], args, err, out)
		}
		return
	}
	t.Skip("!!! LEFT OUT: there is no compose here; apt-get install docker-compose")
}
