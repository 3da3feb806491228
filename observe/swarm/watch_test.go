package swarm

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/runlog"
)

var update = flag.Bool("update", false, "write golden files anew")

// dialEnv makes the test binary what `docker system dial-stdio` is: standard input and output
// of a socket.
const dialEnv = "SWARM_TEST_DIAL"

func TestMain(m *testing.M) {
	socket := os.Getenv(dialEnv)
	if socket == "" {
		os.Exit(m.Run())
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go io.Copy(c, os.Stdin)
	io.Copy(os.Stdout, c)
}

func watcher(t *testing.T, docker ...string) *Watcher {
	t.Helper()
	w, err := New(Config{Docker: docker, Service: "web-server", Every: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// watch watches until the test ends.
func watch(t *testing.T, w *Watcher) *told {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l, done := &told{}, make(chan struct{})
	go func() {
		defer close(done)
		w.Watch(ctx, l.tell)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

// What is told of a real Swarm, from the JSON that its manager gave while everything was done
// to it: every replacement, its Pending reason, scale-downs, drain, update.
func TestGoldenRecording(t *testing.T) {
	f := newFakeEngine(t)
	w := watcher(t, f.address)
	var l told
	w.tell = l.tell
	at := time.Unix(1, 0)
	for _, line := range recording(t) {
		f.say(line)
		if line.Service == nil && line.Nodes == nil && line.Tasks == nil {
			continue
		}
		s, err := w.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(w.cfg.Every)
		s.At = at
		w.take(s, nil, at)
	}
	var got strings.Builder
	for _, c := range l.all {
		fmt.Fprintf(&got, "%s: %s\n", c.Kind, c.Text)
		if c.Attrs[runlog.AttrTaskID] != "" && (c.Attrs[runlog.AttrTask] == "" || c.Attrs[runlog.AttrState] == "") {
			t.Errorf("a task without name or state: %+v", c)
		}
	}
	const golden = "testdata/recorded.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("told\n%s\nwant\n%s", got.String(), want)
	}
}

// began is an engine that has said everything before the first change.
func began(t *testing.T, node string) *fakeEngine {
	f := newFakeEngine(t)
	for _, l := range recording(t) {
		if l.Info == node {
			f.say(l)
		}
		if l.Tasks != nil {
			f.say(l)
			return f
		}
	}
	t.Fatal("the recording has no state")
	return nil
}

// Every engine tells of its own containers with the exact instant; a stream that breaks is
// said, and nothing is told twice or left out once it is heard again.
func TestEventsOfContainers(t *testing.T) {
	f := began(t, "sw2")
	l := watch(t, watcher(t, f.address))
	l.await(t, "sw2 is heard")
	var events []recordedLine
	for _, line := range recording(t) {
		if line.Engine == "sw2" {
			events = append(events, line)
		}
	}
	f.say(events[0]) // kill
	l.await(t, "kill, signal 9")
	f.change(func() { f.breaks++ })
	l.await(t, "events are not heard")
	for _, line := range events[1:] {
		f.say(line)
	}
	l.await(t, "silence")
	l.await(t, "die, exit code 137")
	if n := l.has("kill, signal 9"); n != 1 {
		t.Errorf("the kill is told %d times", n)
	}
	if n := l.has("is heard"); n != 2 {
		t.Errorf("the engine is heard %d times", n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		if c.Attrs[runlog.AttrAction] == "die" && c.Attrs[runlog.AttrExitCode] == "137" {
			// The clock that was recorded is hours behind: the instant is by ours all the same.
			if ago := time.Since(c.At); ago < -time.Minute || ago > time.Minute {
				t.Errorf("it died %v ago", ago)
			}
			return
		}
	}
	t.Error("no container died")
}

// The first manager that answers is asked: not a dead address, not a worker, not one that
// hangs; and the last one that did is asked first.
func TestWhoIsAsked(t *testing.T) {
	dead := "unix://" + filepath.Join(t.TempDir(), "docker.sock")
	worker, hangs, good := began(t, "sw2"), began(t, "sw3"), began(t, "sw1")
	worker.refuse = "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state."
	hangs.hang = make(chan struct{})
	w := watcher(t, dead, worker.address, hangs.address, good.address)
	s, err := w.Look(t.Context())
	if err != nil || len(s.Tasks) != 3 || len(s.Nodes) != 3 || s.Service.Replicas != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	asked := len(worker.asked)
	if _, err := w.Look(t.Context()); err != nil || len(worker.asked) != asked {
		t.Errorf("%v; the worker was asked again", err)
	}
	good.change(func() { good.refuse = "rpc error: code = Unknown desc = The swarm does not have a leader." })
	_, err = w.Look(t.Context())
	for _, want := range []string{"no such file", "it is no manager of a Swarm", "no answer within 2s", "does not have a leader"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// That no manager answers is told once, and how long it lasted.
func TestBlindness(t *testing.T) {
	f := began(t, "sw1")
	f.refuse = "The swarm does not have a leader."
	l := watch(t, watcher(t, f.address))
	l.await(t, "no manager answers")
	f.change(func() { f.refuse = "" })
	l.await(t, "s without a manager")
	l.await(t, "web-server.1 on sw")
	f.change(func() { f.refuse = "The swarm does not have a leader." })
	for end := time.Now().Add(20 * time.Second); l.has("no manager answers") < 2 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if n := l.has("no manager answers"); n != 2 {
		t.Errorf("told %d times", n)
	}
}

// After an election every node is unknown for a moment: that is no event. One that stays
// unknown is.
func TestUnknownNodes(t *testing.T) {
	w := watcher(t, "unix:///nowhere")
	var l told
	w.tell = l.tell
	at := time.Unix(1, 0)
	say := func(after time.Duration, state string) {
		at = at.Add(after)
		w.take(&State{At: at, Nodes: map[string]Node{"n": {Name: "sw3", State: state}}}, nil, at)
	}
	say(0, "ready")
	say(100*time.Millisecond, "unknown")
	say(900*time.Millisecond, "ready")
	if len(l.all) != 0 {
		t.Errorf("told %+v", l.all)
	}
	for range 7 {
		say(time.Second, "unknown")
	}
	say(time.Second, "down")
	if l.has("sw3: unknown") != 1 || l.has("sw3: down") != 1 || len(l.all) != 2 {
		t.Errorf("told %+v", l.all)
	}
}

// A task that a scale-down removes may vanish before its end was seen.
func TestRemovedTask(t *testing.T) {
	task := Task{ID: "x", Name: "web-server.4", Slot: 4, Node: "sw1", Host: "4a5f86fe3972", State: runlog.TaskRunning, Desired: runlog.TaskRunning}
	before := &State{Tasks: map[string]Task{"x": task}}
	got := changes(before, &State{})
	if len(got) != 1 || got[0].Attrs[runlog.AttrState] != runlog.TaskRemoved || got[0].Attrs[runlog.AttrHost] != task.Host {
		t.Errorf("%+v", got)
	}
	task.State = "shutdown"
	before.Tasks["x"] = task
	if got := changes(before, &State{}); len(got) != 0 { // the manager keeps a short history
		t.Errorf("%+v", got)
	}
}

// Nothing that could change the cluster is ever sent.
func TestReadsOnly(t *testing.T) {
	f := began(t, "sw1")
	w := watcher(t, f.address)
	watch(t, w).await(t, "sw1 is heard")
	c, err := reader(f.address, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ContainerRemove(t.Context(), "x", client.ContainerRemoveOptions{}); err == nil || !strings.Contains(err.Error(), "only reads") {
		t.Errorf("removing a container: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, asked := range f.asked {
		if method, _, _ := strings.Cut(asked, " "); method != http.MethodGet && method != http.MethodHead {
			t.Error(asked)
		}
	}
}

// ssh:// goes through a program's standard input and output, and says what that said.
func TestSSH(t *testing.T) {
	f := began(t, "sw1")
	bin := t.TempDir()
	ssh := func(script string) {
		if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	if _, err := exec.LookPath("sh"); err != nil {
		t.Fatal(err)
	}
	ssh(fmt.Sprintf("case \"$*\" in *'-l me -p 2222 -- sw1 docker system dial-stdio') ;; *) echo \"$*\" >&2; exit 1;; esac\nexec env %s=%s %s\n",
		dialEnv, strings.TrimPrefix(f.address, "unix://"), os.Args[0]))
	w := watcher(t, "ssh://me@sw1:2222")
	if s, err := w.Look(t.Context()); err != nil || len(s.Tasks) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	ssh("echo 'Permission denied (publickey).' >&2; exit 255\n")
	w = watcher(t, "ssh://me@sw1:2222")
	if _, err := w.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "Permission denied (publickey)") {
		t.Errorf("%v", err)
	}
}

// The manager knows only the template of a host name.
func TestHostNameTemplates(t *testing.T) {
	f := began(t, "sw1")
	f.tasks = []byte(strings.ReplaceAll(string(f.tasks), `"ContainerSpec":{`, `"ContainerSpec":{"Hostname":"{{.Node.Hostname}}-{{.Service.Name}}-{{.Task.Slot}}",`))
	s, err := watcher(t, f.address).Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range s.InOrder() {
		if want := fmt.Sprintf("%s-web-server-%d", task.Node, task.Slot); task.Host != want {
			t.Errorf("host %q, want %q", task.Host, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"unix:///var/run/docker.sock": true, "tcp://10.0.0.4:2375": true, "ssh://me@h": true, "ssh://h:22": true,
		"": false, "/var/run/docker.sock": false, "unix://docker.sock": false, "tcp://h": false, "ssh://-oProxyCommand=x": false, "http://h:1": false,
	} {
		if _, err := New(Config{Docker: []string{address}, Service: "web"}); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a watcher without an engine")
	}
}
