package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stress-tool/stress/internal/testenv"
)

// publicAddress is anybody's, but in the namespace of a test.
const publicAddress = "203.0.113.7"

// inPublic has the test go on in a namespace where this machine has a public address.
func inPublic(t *testing.T) bool {
	return testenv.OwnProcess(t, testenv.Address(netip.MustParseAddr(publicAddress)))
}

// owned is a host at the public address, which serves the tokens of some users.
type owned struct {
	mu     sync.Mutex
	tokens []string
	asked  []string // for tokens
	loaded atomic.Int64
}

var tokenPath = regexp.MustCompile(`^/loaderio-[0-9a-f]{32}(/|\.txt|\.html)?$`)

func (o *owned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if tokenPath.MatchString(r.URL.Path) {
		o.asked = append(o.asked, r.URL.Path)
		for _, token := range o.tokens {
			if strings.Contains(r.URL.Path, token) {
				fmt.Fprintln(w, token)
				return
			}
		}
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("User-Agent") != "" && strings.HasPrefix(r.URL.Path, "/loaded") {
		o.loaded.Add(1)
	}
}

// serveOn serves at an address until the end of the test.
func serveOn(t *testing.T, address string, h http.Handler) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
}

// prove has the host serve the token of a user, by the directory of that user's configuration.
func (o *owned) prove(t *testing.T, config string) {
	t.Helper()
	r := stress(t, []string{"XDG_CONFIG_HOME=" + config}, "verify", "http://"+publicAddress)
	token := regexp.MustCompile(`loaderio-[0-9a-f]{32}`).FindString(r.stdout + r.stderr)
	if token == "" {
		t.Fatalf("verify says %s%s", r.stdout, r.stderr)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tokens = append(o.tokens, token)
}

// A public host is loaded by an agent with the token of that agent's own user, and by no other: neither the lead's
// token nor its word counts, and the agent says so by name before any load.
func TestAnAgentNeedsItsOwnToken(t *testing.T) {
	if !inPublic(t) {
		return
	}
	host := &owned{}
	serveOn(t, publicAddress+":80", host)
	dir := t.TempDir()
	leads, agents := filepath.Join(dir, "lead"), filepath.Join(dir, "agent")
	out := upUntilTheEnd(t, "fleet", "broker", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	_, after, _ := strings.Cut(out.stdout.String(), "broker: ")
	f := &secureFleet{dir: dir}
	f.url, _, _ = strings.Cut(after, ",")
	t.Setenv("XDG_CONFIG_HOME", agents)
	upUntilTheEnd(t, "agent", "--nats", f.url, "--name", "n1")
	upUntilTheEnd(t, "agent", "--nats", f.url, "--name", "n2", "--targets", "10.0.0.0/8")
	run := func(agents string, args ...string) ran {
		f.agentsBy(t, nil, "n1", "n2") // n1, which is the first, may be at work for the run before by its lease
		return stress(t, []string{"XDG_CONFIG_HOME=" + leads}, append([]string{"run", "http://" + publicAddress + "/loaded", "--type", "rate", "--rate", "10", "--duration", "1s",
			"--agents", agents, "--nats", f.url, "--set", "thresholds=[]", "--out", filepath.Join(t.TempDir(), "run"), "--report", "summary"}, args...)...)
	}
	refused := func(what string, r ran, want string) {
		t.Helper()
		if r.code != exitUnable || !strings.Contains(unfolded(r.stderr), want) || host.loaded.Load() != 0 {
			t.Fatalf("%s: exit code %d, %d requests came, want %q: %s", what, r.code, host.loaded.Load(), want, r.stderr)
		}
	}
	refused("nobody's token", run("1"), "agent n1: ")
	host.prove(t, leads)
	refused("the lead's token", run("1"), "agent n1: target 203-0-113-7: "+publicAddress+" is public and does not prove that you own it")
	refused("the lead's word", run("1", "--i-own-this-target"), "agent n1: target 203-0-113-7: "+publicAddress+" is public and does not prove that you own it")
	host.prove(t, agents)
	host.mu.Lock()
	asked := len(host.asked)
	host.mu.Unlock()
	refused("an agent of another network", run("2"), "agent n2: target 203-0-113-7: "+publicAddress+" is outside the networks to which this program was limited")
	host.mu.Lock()
	if n := len(host.asked) - asked; n > 2 { // of the lead and of n1
		t.Errorf("%d tokens were asked for: an agent asks none of a host that is outside its networks: %q", n, host.asked[asked:])
	}
	host.mu.Unlock()
	r := begun(func() ran { return run("1") })
	r.wantCode(t, exitPass)
	if n := host.loaded.Load(); n != 10 {
		t.Errorf("with the agent's own token %d requests came, want 10: %s", n, r.stderr)
	}
}

// What a scenario holds that may be secret is told over TLS or within one machine: if either side's way to the broker
// can be read by others, nothing is sent at all. What holds none is told.
func TestSecretsStayOnTheirMachine(t *testing.T) {
	if !inPublic(t) {
		return
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "body.txt"), "hello\n")
	var seen atomic.Int64
	serveOn(t, "127.0.0.1:8080", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	out := upUntilTheEnd(t, "fleet", "broker", "--listen", "0.0.0.0:4222", "--data", filepath.Join(dir, "data"), "--nkey", newFleetKey(t, dir, "key.nk"))
	if !strings.Contains(out.stdout.String(), "broker: ") {
		t.Fatal(out.stdout.String())
	}
	near, far := "nats://127.0.0.1:4222", "nats://"+publicAddress+":4222"
	by := []string{"--nkey", filepath.Join(dir, "key.nk")}
	waits := func(by []string) {
		await(t, "the agent", func(context.Context) error {
			r := stress(t, nil, append([]string{"fleet", "list", "--nats", near}, by...)...)
			if !strings.Contains(r.stdout, "waits for a run") {
				return fmt.Errorf("%s%s", r.stdout, r.stderr)
			}
			return nil
		})
	}
	agent := func(url, name string) (end func()) {
		cmd, said := command(t, nil, append([]string{"agent", "--nats", url, "--name", name}, by...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waits(by)
		return func() {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
			if r := wait(t, cmd.Wait(), said); r.code != exitPass || strings.Contains(r.stderr, "sesame") {
				t.Errorf("the agent ends with %d: %s", r.code, r.stderr)
			}
		}
	}
	const text = "load: {type: rate, rate: 5, duration: 1s}\nrequest: {%s}\ntargets: [{name: a, url: \"http://127.0.0.1:8080\"}]\nthresholds: []\ngenerators: {agents: 1, nats: \"%s\", nkey: key.nk}\n"
	holding := map[string]string{
		"nothing":    `path: /`,
		"a secret":   `path: /, headers: {Authorization: "Bearer sesame"}`,
		"a variable": `path: "/${TOKEN}"`,
		"a file":     `path: /, method: POST, body_file: body.txt`,
	}
	for _, c := range []struct{ lead, agent, refused string }{
		{near, near, ""},
		{far, near, "the way to the broker is not secured"},
		{near, far, "the way of agent n1 to the broker is not secured"},
	} {
		end := agent(c.agent, "n1")
		for what, request := range holding {
			file := filepath.Join(dir, "test.yaml")
			write(t, file, fmt.Sprintf(text, request, c.lead))
			before := seen.Load()
			r := stress(t, []string{"TOKEN=sesame"}, "run", file, "--out", filepath.Join(t.TempDir(), "run"), "--report", "summary")
			if c.refused == "" || what == "nothing" {
				r.wantCode(t, exitPass)
			} else if r.code != exitUnable || !strings.Contains(unfolded(r.stderr), c.refused) || seen.Load() != before {
				t.Errorf("%s, lead at %s, agent at %s: exit code %d, want %d with %q: %s", what, c.lead, c.agent, r.code, exitUnable, c.refused, r.stderr)
			}
			if strings.Contains(r.stderr+r.stdout, "sesame") {
				t.Errorf("%s: a secret is said: %s%s", what, r.stdout, r.stderr)
			}
			waits(by)
		}
		end()
	}
	if kept := holdingFiles(t, filepath.Join(dir, "data"), "sesame", "hello"); len(kept) > 0 {
		t.Errorf("the broker keeps secrets in %q", kept)
	}
}
