package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// composition is what both files must say, in Compose's own keys.
type composition struct {
	Services map[string]service
	Volumes  map[string]any
	Configs  map[string]struct{ File string }
}

type service struct {
	Image       string
	Build       struct{ Context, Dockerfile string }
	Environment map[string]any
	Ports       []any
	Volumes     []string
	Healthcheck struct{ Test []string }
	Deploy      struct {
		Replicas     int
		EndpointMode string                     `yaml:"endpoint_mode"`
		Restart      struct{ Condition string } `yaml:"restart_policy"`
		Update       struct{ Order string }     `yaml:"update_config"`
		Resources    struct{ Limits struct{ CPUs, Memory string } }
	}
}

func read(t *testing.T, name string) composition {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var c composition
	if err := yaml.Unmarshal(b, &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

// ports are a service's "published:container", whichever way they are written.
func (s service) ports() []string {
	var list []string
	for _, p := range s.Ports {
		if m, ok := p.(map[string]any); ok {
			list = append(list, fmt.Sprintf("%v:%v", m["published"], m["target"]))
		} else {
			list = append(list, strings.TrimPrefix(fmt.Sprint(p), "127.0.0.1:"))
		}
	}
	return list
}

// TestCompositions holds both files against what the scenarios and the page expect.
func TestCompositions(t *testing.T) {
	for _, name := range []string{"docker-compose.yml", "stack.yml"} {
		t.Run(name, func(t *testing.T) {
			c := read(t, name)
			for service, port := range map[string]string{"mysql": "3306:3306", "single": "8080:80", "proxy": "4500:4500", "web": ""} {
				s, ok := c.Services[service]
				if !ok {
					t.Fatalf("no service %s", service)
				}
				if got := strings.Join(s.ports(), " "); got != port {
					t.Errorf("%s: ports %q, want %q", service, got, port)
				}
				for _, v := range s.Volumes {
					volume, _, _ := strings.Cut(v, ":")
					if path, isFile := strings.CutPrefix(volume, "./"); isFile {
						mustExist(t, path)
					} else if _, ok := c.Volumes[volume]; !ok {
						t.Errorf("%s: volume %s is not declared", service, volume)
					}
				}
				if s.Build.Dockerfile != "" {
					mustExist(t, s.Build.Dockerfile)
				}
				for variable := range s.Environment {
					if strings.HasPrefix(variable, "DB_") && !strings.Contains(string(IndexPHP), "'"+variable+"'") {
						t.Errorf("%s: the page knows no %s", service, variable)
					}
				}
			}
			for _, config := range c.Configs {
				mustExist(t, config.File)
			}
			if n, want := c.Services["web"].Deploy.Replicas, 3; n != want || c.Services["proxy"].Environment["REPLICAS"] != uint64(want) {
				t.Errorf("%d replicas, of which the proxy awaits %v; want %d", n, c.Services["proxy"].Environment["REPLICAS"], want)
			}
			if c.Services["web"].Image != c.Services["single"].Image {
				t.Error("single and web run different images: the comparison would not be one")
			}
			for _, volume := range []string{"app", "data"} {
				if _, ok := c.Volumes[volume]; !ok {
					t.Errorf("no volume %s", volume)
				}
			}
		})
	}
	if mode := read(t, "stack.yml").Services["web"].Deploy.EndpointMode; mode != "dnsrr" {
		t.Errorf("web has endpoint mode %q: nginx would see one address for all replicas", mode)
	}
}

// A service of the stack comes back whatever ended it, is updated task by task, and says when
// it serves; the single container has what each replica has.
func TestStack(t *testing.T) {
	services := read(t, "stack.yml").Services
	for name, s := range services {
		if s.Deploy.Restart.Condition != "any" || s.Deploy.Update.Order != "stop-first" {
			t.Errorf("%s: restarted on %q, updated %q", name, s.Deploy.Restart.Condition, s.Deploy.Update.Order)
		}
		if name != "proxy" && len(s.Healthcheck.Test) == 0 {
			t.Errorf("%s has no health check", name)
		}
	}
	if one, each := services["single"].Deploy.Resources, services["web"].Deploy.Resources; one != each || one.Limits.CPUs == "" {
		t.Errorf("single has %v, each replica %v", one, each)
	}
	var nfs struct {
		Volumes map[string]struct {
			Options map[string]string `yaml:"driver_opts"`
		}
	}
	b, err := os.ReadFile("stack.nfs.yml")
	if err == nil {
		err = yaml.Unmarshal(b, &nfs)
	}
	if o := nfs.Volumes["app"].Options; err != nil || o["type"] != "nfs" || !strings.HasPrefix(o["o"], "addr=${NFS_SERVER:?") || !strings.HasSuffix(o["o"], ",ro") {
		t.Errorf("%v, %v", nfs, err)
	}
}

// Docker itself reads the stack, with the share and without.
func TestDockerReadsTheStack(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "docker", "stack", "config", "--help").Run(); err != nil {
		t.Skip("NOT TESTED: THIS DOCKER HAS NO `docker stack config`: ", err)
	}
	for _, files := range [][]string{{"-c", "stack.yml"}, {"-c", "stack.yml", "-c", "stack.nfs.yml"}} {
		cmd := exec.CommandContext(t.Context(), "docker", append([]string{"stack", "config"}, files...)...)
		cmd.Env = append(os.Environ(), "NFS_SERVER=10.0.0.4")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%q: %v\n%s", files, err, out)
		}
	}
}

// TestDockerfiles: what an image copies is there.
func TestDockerfiles(t *testing.T) {
	files, err := filepath.Glob("*.Dockerfile")
	if err != nil || len(files) != 2 {
		t.Fatalf("Dockerfiles %v, %v", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			words := slices.DeleteFunc(strings.Fields(line), func(w string) bool { return strings.HasPrefix(w, "--") })
			if len(words) == 3 && words[0] == "COPY" {
				mustExist(t, words[1])
			}
		}
	}
}

func TestNginxConf(t *testing.T) {
	b, err := os.ReadFile("nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf := string(b)
	if !strings.Contains(conf, "listen 4500;") || !strings.Contains(conf, "proxy_pass http://all/;") {
		t.Error("the proxy does not pass 4500 on to all")
	}
	const upstream = "server web:80;"
	if !strings.Contains(conf, upstream) {
		t.Fatalf("no %s", upstream)
	}
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("NOT TESTED: nginx IS NOT INSTALLED: it should judge nginx.conf")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	// The name exists among the containers only; nginx tries the paths that it would
	// write to, and the machine's own are not ours.
	conf = strings.NewReplacer(upstream, "server 127.0.0.1:80;", "http {", `http {
		access_log off; client_body_temp_path body; proxy_temp_path proxy;
		fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;`).Replace(conf)
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	pid := "pid " + filepath.Join(dir, "pid") + ";"
	if out, err := exec.CommandContext(t.Context(), nginx, "-t", "-q", "-p", dir, "-e", "stderr", "-g", pid, "-c", file).CombinedOutput(); err != nil {
		t.Errorf("nginx -t: %v\n%s", err, out)
	}
}

// TestAwaitReplicas runs the proxy's wait with a name service that gives one address
// more at each question, up to a limit, and a sleep that does not.
func TestAwaitReplicas(t *testing.T) {
	for _, c := range []struct {
		name        string
		want, limit int
		complains   bool
	}{
		{"all come", 3, 9, false},
		{"one is enough", 1, 1, false},
		{"one is missing", 3, 2, true},
		{"none comes", 3, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			program(t, dir, "sleep", "exit 0")
			program(t, dir, "getent", fmt.Sprintf(`
				[ "$*" = "ahostsv4 web" ] || exit 9
				echo >> %[1]s/asked
				n=$(wc -l < %[1]s/asked)
				[ $n -le %[2]d ] || n=%[2]d
				while [ $n -gt 0 ]; do
					echo "10.0.1.$n STREAM web"; echo "10.0.1.$n DGRAM"; n=$((n - 1))
				done`, dir, c.limit))
			cmd := exec.CommandContext(t.Context(), "/bin/sh", "await-replicas.sh")
			cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin", fmt.Sprintf("REPLICAS=%d", c.want)}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s: the proxy would not start", err, out)
			}
			complaint := ""
			if c.complains {
				complaint = fmt.Sprintf("proxy: only %d of %d replicas", c.limit, c.want)
			}
			if complaint == "" && len(out) > 0 || !strings.Contains(string(out), complaint) {
				t.Errorf("said %q, want %q", out, complaint)
			}
			asked, err := os.ReadFile(filepath.Join(dir, "asked"))
			if n := len(asked); err != nil || !c.complains && n != c.want || c.complains && n != 61 {
				t.Errorf("asked %d times, %v", n, err)
			}
		})
	}
}

func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func mustExist(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
