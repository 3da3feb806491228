package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/roster"
)

// upUntilTheEnd starts a part of a fleet, which is ended with the test, and returns what it says.
func upUntilTheEnd(t *testing.T, args ...string) *streams {
	t.Helper()
	out := &streams{}
	cmd := exec.Command("stress", args...)
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("stress %q: %v", args, err)
		}
	})
	if args[0] == "fleet" { // its first line has its address
		b := make([]byte, 1024)
		n, err := said.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		out.stdout.Write(b[:n])
	}
	return out
}

// secureFleet is a broker with TLS that lets a user and two keys in, and a directory with what they need.
type secureFleet struct {
	dir, url string
	served   atomic.Int64
	target   *httptest.Server
}

func newSecureFleet(t *testing.T) *secureFleet {
	t.Helper()
	f := &secureFleet{dir: t.TempDir()}
	secured(t, f.dir, "127.0.0.1")
	write(t, f.file("password"), "topsecret\n")
	write(t, f.file("wrong"), "guessed\n")
	out := upUntilTheEnd(t, "fleet", "broker", "--listen", "127.0.0.1:0", "--data", f.file("data"), "--user", "me", "--password-file", f.file("password"),
		"--nkey", newFleetKey(t, f.dir, "lead.nk"), "--nkey", newFleetKey(t, f.dir, "agent.nk"), "--tls-cert", f.file("broker.pem"), "--tls-key", f.file("broker.key"))
	_, after, _ := strings.Cut(out.stdout.String(), "broker: ")
	f.url, _, _ = strings.Cut(after, ",")
	newFleetKey(t, f.dir, "stranger.nk")
	f.target = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.served.Add(1)
		fmt.Fprintln(w, r.Header.Get("Authorization"))
	}))
	t.Cleanup(f.target.Close)
	return f
}

func (f *secureFleet) file(name string) string { return filepath.Join(f.dir, name) }

// agents waits until those of these names wait for a run.
func (f *secureFleet) agents(t *testing.T, names ...string) {
	t.Helper()
	f.agentsBy(t, []string{"--nkey", f.file("lead.nk"), "--tls-ca", f.file("ca.pem")}, names...)
}

// agentsBy does so with flags that let the program in.
func (f *secureFleet) agentsBy(t *testing.T, by []string, names ...string) {
	t.Helper()
	await(t, "the agents", func(context.Context) error {
		r := stress(t, nil, append([]string{"fleet", "list", "--nats", f.url, "--json"}, by...)...)
		var all roster.Roster
		if r.code != exitPass || json.Unmarshal([]byte(r.stdout), &all) != nil {
			return fmt.Errorf("exit code %d: %s", r.code, r.stderr)
		}
		var got []string
		for _, a := range all.Agents {
			if a.Run == "" && a.Private {
				got = append(got, a.Name)
			}
		}
		if !slices.Equal(got, names) {
			return fmt.Errorf("%q wait for a run", got)
		}
		return nil
	})
}

// run puts a load on with an agent.
func (f *secureFleet) run(t *testing.T, target string, args ...string) ran {
	t.Helper()
	return stress(t, []string{"XDG_STATE_HOME=" + f.dir, "TOKEN=sesame"}, append([]string{
		"run", target, "--duration", "1s", "--quiet", "--out", filepath.Join(t.TempDir(), "run"),
		"--agents", "1", "--nats", f.url, "--nkey", f.file("lead.nk"), "--tls-ca", f.file("ca.pem"), "--set", "thresholds=[]",
	}, args...)...)
}

// Over TLS a fleet is commanded by who has a key, and by nobody else, and an agent keeps its own limits whatever
// it is told.
func TestWhoCommandsAFleet(t *testing.T) {
	f := newSecureFleet(t)
	if !strings.HasPrefix(f.url, "tls://127.0.0.1:") {
		t.Fatal(f.url)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"nobody":                     {[]string{"--tls-ca", f.file("ca.pem")}, "nats: Authorization Violation"},
		"a wrong password":           {[]string{"--tls-ca", f.file("ca.pem"), "--user", "me", "--password-file", f.file("wrong")}, "nats: Authorization Violation"},
		"the key of somebody":        {[]string{"--tls-ca", f.file("ca.pem"), "--nkey", f.file("stranger.nk")}, "nats: Authorization Violation"},
		"a broker that nobody knows": {[]string{"--nkey", f.file("lead.nk")}, "x509: certificate signed by unknown authority"},
	} {
		r := stress(t, nil, append([]string{"fleet", "list", "--nats", f.url}, c.args...)...)
		if r.code != exitUnable || !strings.Contains(r.stderr, c.says) || strings.Contains(r.stderr, "guessed") || strings.Contains(r.stderr, "of the target") {
			t.Errorf("%s: exit code %d, %s", name, r.code, r.stderr)
		}
	}
	stress(t, nil, "fleet", "list", "--nats", f.url, "--tls-ca", f.file("ca.pem"), "--user", "me", "--password-file", f.file("password")).wantCode(t, exitPass)

	upUntilTheEnd(t, "agent", "--nats", f.url, "--nkey", f.file("agent.nk"), "--tls-ca", f.file("ca.pem"), "--name", "n1", "--max-rate", "50", "--max-clients", "3", "--targets", "127.0.0.0/8")
	f.agents(t, "n1")
	for name, c := range map[string]struct {
		target string
		args   []string
		says   string
	}{
		"a rate":           {f.target.URL, []string{"--type", "rate", "--rate", "60"}, "agent n1: its part is 60 requests/s at most, and it was started with --max-rate 50"},
		"clients":          {f.target.URL, []string{"--type", "maintain-client-load", "--clients", "4"}, "agent n1: its part is 4 clients at most, and it was started with --max-clients 3"},
		"another network":  {"http://10.99.0.1/", []string{"--clients", "1"}, "agent n1"},
		"a public address": {"http://192.0.2.77/", []string{"--clients", "1", "--i-own-this-target"}, "agent n1"},
	} {
		r := f.run(t, c.target, c.args...)
		if r.code != exitUnable || !strings.Contains(unfolded(r.stderr), c.says) {
			t.Errorf("%s: exit code %d, want %d with %q: %s", name, r.code, exitUnable, c.says, r.stderr)
		}
	}
	if n := f.served.Load(); n != 0 {
		t.Errorf("%d requests were sent in spite of limits", n)
	}
	// What is within them is done, a secret of the scenario included, of which nothing is kept: not by the broker while
	// the load is put on or afterwards, and not in the run's directory.
	during := make(chan []string)
	go func() {
		for deadline := time.Now().Add(time.Minute); f.served.Load() < 5 && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond)
		}
		during <- holdingFiles(t, f.file("data"), "sesame")
	}()
	out := filepath.Join(t.TempDir(), "kept")
	r := begun(func() ran {
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		return f.run(t, f.target.URL, "--type", "rate", "--rate", "20", "--header", "Authorization: Bearer ${TOKEN}", "--expect-body", "Bearer s", "--out", out)
	})
	r.wantCode(t, exitPass)
	if n := f.served.Load(); n != 20 {
		t.Errorf("%d requests were sent, want 20: %s%s", n, r.stdout, r.stderr)
	}
	if kept := append(<-during, holdingFiles(t, f.dir+"/data", "sesame")...); len(kept) > 0 {
		t.Errorf("the broker keeps a secret in %q", kept)
	}
	if kept := holdingFiles(t, out, "sesame"); len(kept) > 0 || strings.Contains(r.stdout+r.stderr, "sesame") {
		t.Errorf("the run keeps a secret in %q, or says it: %s%s", kept, r.stdout, r.stderr)
	}
}

// holdingFiles are the files below a directory in which one of some texts stands.
func holdingFiles(t *testing.T, dir string, texts ...string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // it was there when the directory was read
		}
		if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(string(b), text) }) {
			found = append(found, path)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return found
}
