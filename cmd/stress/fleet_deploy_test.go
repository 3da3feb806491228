package main

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/urfave/cli/v2"
)

const deployed = root + "/lab/deploy/"

// stackFile is what the tests read of a stack.
type stackFile struct {
	Services map[string]struct {
		Command, Secrets []string
		Volumes          []any
		Healthcheck      struct{ Test []string }
		Deploy           struct {
			Mode      string
			Update    struct{ Order string } `yaml:"update_config"`
			Placement struct {
				MaxPerNode int `yaml:"max_replicas_per_node"`
			}
		}
	}
	Volumes, Secrets, Networks map[string]any
}

// isLine holds a command line against the program: its commands and each of its flags are there, and those
// that must be given are given.
func isLine(t *testing.T, where string, args []string) {
	t.Helper()
	app := newApp(environment{stdout: io.Discard, stderr: io.Discard}, &interrupts{})
	cmd, n := commandOf(app, append([]string{"stress"}, args...))
	if cmd == nil || cmd.Action == nil {
		t.Errorf("%s: %q is no command", where, args)
		return
	}
	given := map[string]bool{}
	for i := n - 1; i < len(args); i++ {
		f := flagOf(cmd, args[i])
		if f == nil {
			t.Errorf("%s: %s has no flag %s", where, cmd.Name, args[i])
			continue
		}
		given[f.Names()[0]] = true
		if takesValue(f) && !strings.Contains(args[i], "=") {
			i++
		}
	}
	for _, f := range cmd.Flags {
		if r, ok := f.(cli.RequiredFlag); ok && r.IsRequired() && !given[f.Names()[0]] {
			t.Errorf("%s: %q lacks --%s", where, args, f.Names()[0])
		}
	}
}

// stackOf reads a stack of lab/deploy.
func stackOf(t *testing.T, name string) (f stackFile) {
	t.Helper()
	b, err := os.ReadFile(deployed + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(b, &f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return f
}

// The stacks start the program with flags that it has, look at the port at which the broker listens, and use
// volumes and secrets that are declared.
func TestStacksOfAFleet(t *testing.T) {
	var base stackFile
	for _, name := range []string{"fleet.yaml", "fleet.tls.yaml"} {
		f := stackOf(t, name)
		if name == "fleet.yaml" {
			base = f
		}
		if len(f.Services) != 2 {
			t.Errorf("%s has %d services", name, len(f.Services))
		}
		for service, s := range f.Services {
			where := name + ": " + service
			isLine(t, where, s.Command)
			if h := s.Healthcheck.Test; service == "broker" {
				if len(h) < 3 || h[0] != "CMD" || h[1] != "/usr/bin/stress" {
					t.Fatalf("%s: the healthcheck %q: there is no shell in the image", where, h)
				}
				isLine(t, where, h[2:])
			}
			for _, v := range s.Volumes {
				name, is := v.(string) // else it is in memory
				if volume, _, _ := strings.Cut(name, ":"); is && !slices.Contains(slices.Collect(maps.Keys(f.Volumes)), volume) {
					t.Errorf("%s: volume %s is not declared", where, volume)
				}
			}
			for _, secret := range s.Secrets {
				if f.Secrets[secret] == nil && base.Secrets[secret] == nil {
					t.Errorf("%s: secret %s is not declared", where, secret)
				}
			}
			for _, arg := range append(s.Command, s.Healthcheck.Test...) {
				if secret, is := strings.CutPrefix(arg, "/run/secrets/"); is && !slices.Contains(s.Secrets, secret) {
					t.Errorf("%s reads the secret %s, and is not given it", where, secret)
				}
				if strings.Contains(arg, "://") && !strings.HasSuffix(arg, ":4222") || strings.HasPrefix(arg, "0.0.0.0:") && arg != "0.0.0.0:4222" {
					t.Errorf("%s: %s is another port than the other's", where, arg)
				}
			}
		}
	}
	if a := stackOf(t, "fleet.replicated.yaml").Services["agent"].Deploy; a.Mode != "replicated" || a.Placement.MaxPerNode != 1 {
		t.Errorf("a number of agents: %+v", a)
	}
	if a, b := base.Services["agent"].Deploy, base.Services["broker"].Deploy; a.Mode != "global" || a.Update.Order != "stop-first" || b.Update.Order != "stop-first" {
		t.Errorf("agent %+v, broker %+v", a, b)
	}
}

// The unit starts an agent with flags that it has, and systemd takes it.
func TestUnitOfAnAgent(t *testing.T) {
	unit, err := os.ReadFile(root + "/docs/fleet/stress-agent.service")
	if err != nil {
		t.Fatal(err)
	}
	started := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/stress (.*)$`).FindStringSubmatch(string(unit))
	if started == nil {
		t.Fatalf("the unit starts nothing:\n%s", unit)
	}
	isLine(t, "the unit", strings.Fields(started[1]))
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("!!! LEFT OUT: there is no systemd-analyze here; apt-get install systemd")
	}
	file := filepath.Join(t.TempDir(), "stress-agent.service") // it is to start a program that is there
	write(t, file, strings.Replace(string(unit), "/usr/bin/stress", "/bin/true", 1))
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil || strings.Contains(string(out), "stress-agent.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}
