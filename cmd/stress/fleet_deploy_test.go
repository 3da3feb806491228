package main

import (
	"io"
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
		Command, Volumes, Secrets []string
		Healthcheck               struct{ Test []string }
		Deploy                    struct {
			Mode   string
			Update struct{ Order string } `yaml:"update_config"`
		}
	}
	Volumes, Secrets, Networks map[string]any
}

// kubeObject is what they read of an object of Kubernetes.
type kubeObject struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Ports []struct {
			Port     int
			NodePort int `yaml:"nodePort"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				HostNetwork bool `yaml:"hostNetwork"`
				Containers  []struct {
					Args           []string
					ReadinessProbe struct{ Exec struct{ Command []string } } `yaml:"readinessProbe"`
					VolumeMounts   []struct{ Name string }                   `yaml:"volumeMounts"`
				}
				Volumes []struct{ Name string }
			}
		}
		VolumeClaimTemplates []struct{ Metadata struct{ Name string } } `yaml:"volumeClaimTemplates"`
	}
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
		if takesValue(f) {
			i++
		}
	}
	for _, f := range cmd.Flags {
		if r, ok := f.(cli.RequiredFlag); ok && r.IsRequired() && !given[f.Names()[0]] {
			t.Errorf("%s: %q lacks --%s", where, args, f.Names()[0])
		}
	}
}

// The stacks start the program with flags that it has, look at the port at which the broker listens, and use
// volumes and secrets that are declared.
func TestStacksOfAFleet(t *testing.T) {
	var base stackFile
	for _, name := range []string{"fleet.yaml", "fleet.tls.yaml"} {
		b, err := os.ReadFile(deployed + name)
		if err != nil {
			t.Fatal(err)
		}
		var f stackFile
		if err := yaml.Unmarshal(b, &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
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
				if volume, _, _ := strings.Cut(v, ":"); f.Volumes[volume] == nil && !slices.Contains(keys(f.Volumes), volume) {
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
	if a, b := base.Services["agent"].Deploy, base.Services["broker"].Deploy; a.Mode != "global" || a.Update.Order != "stop-first" || b.Update.Order != "stop-first" {
		t.Errorf("agent %+v, broker %+v", a, b)
	}
}

func keys(m map[string]any) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// The same of the objects of Kubernetes, and their selectors find their pods.
func TestKubernetesOfAFleet(t *testing.T) {
	f, err := os.Open(deployed + "fleet.k8s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var kinds []string
	for d := yaml.NewDecoder(f); ; {
		var o kubeObject
		if err := d.Decode(&o); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, o.Kind+" "+o.Metadata.Name)
		if o.Kind == "Service" {
			if len(o.Spec.Ports) != 1 || o.Spec.Ports[0].Port != 4222 || o.Spec.Ports[0].NodePort != 30422 {
				t.Errorf("%+v", o.Spec.Ports)
			}
			continue
		}
		if got := o.Spec.Template.Metadata.Labels["app"]; got != o.Metadata.Name {
			t.Errorf("%s: its pods are labelled %q", o.Metadata.Name, got)
		}
		pod := o.Spec.Template.Spec
		volumes := map[string]bool{}
		for _, v := range pod.Volumes {
			volumes[v.Name] = true
		}
		for _, v := range o.Spec.VolumeClaimTemplates {
			volumes[v.Metadata.Name] = true
		}
		for _, c := range pod.Containers {
			isLine(t, o.Metadata.Name, c.Args)
			for _, v := range c.VolumeMounts {
				if !volumes[v.Name] {
					t.Errorf("%s: no volume %s", o.Metadata.Name, v.Name)
				}
			}
			if probe := c.ReadinessProbe.Exec.Command; len(probe) > 0 {
				isLine(t, o.Metadata.Name, probe[1:])
			}
		}
		if o.Kind == "DaemonSet" && !pod.HostNetwork {
			t.Error("agents are not on their node's own network")
		}
	}
	if got := strings.Join(kinds, ", "); got != "Service stress-broker, StatefulSet stress-broker, DaemonSet stress-agent" {
		t.Error(got)
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
