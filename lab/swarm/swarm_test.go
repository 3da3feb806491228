package swarm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// parentEnv makes the test binary start a Swarm, say where, and wait to be killed.
const parentEnv = "SWARM_TEST_PARENT"

// parent is what such a program says.
type parent struct {
	Dir, Link, Cgroup string
	Lock              string
	Engines           []string
	Replicas          []string
	PIDs              []int
}

func TestMain(m *testing.M) {
	if os.Getenv(parentEnv) == "" {
		os.Exit(m.Run())
	}
	s, err := Start(context.Background(), Options{Managers: nodes, Log: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	p := parent{Dir: s.place.dir(), Link: s.place.link(), Cgroup: s.place.cgroup(), Lock: s.place.lock.Name(), Replicas: s.Replicas}
	for _, n := range s.Nodes {
		p.Engines, p.PIDs = append(p.Engines, n.Docker), append(p.PIDs, n.process.PID())
	}
	json.NewEncoder(os.Stdout).Encode(p)
	io.Copy(io.Discard, os.Stdin) // for ever: the test holds the other end
}

// A program with a Swarm of three managers is killed as nothing else can be: no process of it
// goes on, and Clean removes the rest. Before that the Swarm is looked at: a task that is killed
// is replaced under another host name, and tasks reach each other from node to node.
func TestKilledParent(t *testing.T) {
	if err := Able(t.Context()); err != nil {
		t.Skip("NOT TESTED: NO DOCKER SWARM CAN RUN HERE. ", err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), parentEnv+"=1"), t.Output()
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadBytes('\n')
	var p parent
	if err := json.Unmarshal(line, &p); err != nil {
		t.Fatalf("the program with the Swarm said %q: %v", line, err)
	}
	look(t, p)

	if n := len(processesOf(t, p.Dir)); n < 2*nodes {
		t.Fatalf("only %d processes of a running Swarm found: the test is blind", n)
	}
	if _, err := os.Stat("/sys/class/net/" + p.Link); err != nil {
		t.Error(err)
	}
	if len(cgroups(p)) == 0 {
		t.Error("no cgroup of a running Swarm found: the test is blind")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	within(t, func() error {
		if left := processesOf(t, p.Dir); len(left) > 0 {
			return fmt.Errorf("left after their program was killed: %q", left)
		}
		return nil
	})
	number, err := strconv.Atoi(filepath.Base(p.Dir))
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if err := cleanPlace(number, p.Lock, &said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), p.Dir) {
		t.Errorf("cleaning said %q, not what it removed", said.String())
	}
	if left := cgroups(p); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	for _, path := range []string{p.Dir, "/sys/class/net/" + p.Link} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
}

// look holds a Swarm against what it should be.
func look(t *testing.T, p parent) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	manager := engine(t, p.Engines[2]) // every node is one
	list, err := manager.NodeList(ctx, client.NodeListOptions{})
	if err != nil || len(list.Items) != nodes {
		t.Fatalf("%v, %v", list.Items, err)
	}
	for _, n := range list.Items {
		if n.ManagerStatus == nil {
			t.Errorf("%s is no manager", n.Description.Hostname)
		}
	}
	host, err := hostAt(ctx, p.Replicas[1])
	if err != nil {
		t.Fatal(err)
	}
	reach(ctx, t, manager, p, host)
	if _, err := engine(t, p.Engines[1]).ContainerRemove(ctx, host, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	within(t, func() error {
		again, err := hostAt(ctx, p.Replicas[1])
		if err == nil && again == host {
			err = fmt.Errorf("%s answers still", host)
		}
		return err
	})
}

// reach asks every task at its address of the overlay, from inside the task with a host on the
// second node.
func reach(ctx context.Context, t *testing.T, manager *client.Client, p parent, host string) {
	t.Helper()
	from, err := engine(t, p.Engines[1]).ContainerInspect(ctx, host, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := manager.TaskList(ctx, client.TaskListOptions{Filters: client.Filters{}.Add("service", Service).Add("desired-state", "running")})
	if err != nil || len(tasks.Items) != nodes {
		t.Fatalf("%d tasks, %v", len(tasks.Items), err)
	}
	for _, task := range tasks.Items {
		for _, network := range task.NetworksAttachments {
			for _, address := range network.Addresses {
				if err := output(ctx, "nsenter", "--mount", "--target", strconv.Itoa(p.PIDs[1]),
					"nsenter", "--net="+from.Container.NetworkSettings.SandboxKey,
					"curl", "--fail", "--silent", "--max-time", "5", "http://"+address.Addr().String()+"/ready.php"); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func engine(t *testing.T, address string) *client.Client {
	c, err := client.New(client.WithHost(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// within tries for as long as a Swarm on a busy machine may take.
func within(t *testing.T, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := await(ctx, 100*time.Millisecond, try); err != nil {
		t.Error(err)
	}
}

func cgroups(p parent) []string {
	one, _ := filepath.Glob("/sys/fs/cgroup" + p.Cgroup)
	each, _ := filepath.Glob("/sys/fs/cgroup/*" + p.Cgroup)
	return append(one, each...)
}

// processesOf lists the processes that name dir.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(commands) == 0 {
		t.Fatal("cannot read /proc: ", err)
	}
	var words []string
	for _, file := range commands {
		if b, err := os.ReadFile(file); err == nil && bytes.Contains(b, []byte(dir+"/")) {
			words = append(words, string(bytes.ReplaceAll(b, []byte{0}, []byte{' '})))
		}
	}
	return words
}

// A machine that cannot have a Swarm says what is missing, or what it forbids.
func TestUnable(t *testing.T) {
	t.Run("nothing installed", func(t *testing.T) {
		t.Setenv("PATH", "")
		err := Able(t.Context())
		if !errors.As(err, new(*UnableError)) || !strings.Contains(err.Error(), "not installed: docker.io, tini, iptables, iproute2") || !strings.Contains(err.Error(), "apt-get install") {
			t.Error(err)
		}
	})
	t.Run("no namespaces", func(t *testing.T) {
		if err := Able(t.Context()); err != nil {
			t.Skip("NOT TESTED: NO DOCKER SWARM CAN RUN HERE. ", err)
		}
		dir := t.TempDir()
		const refuses = "#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n"
		if err := os.WriteFile(filepath.Join(dir, "unshare"), []byte(refuses), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
		err := Able(t.Context())
		if !errors.As(err, new(*UnableError)) || !strings.HasSuffix(err.Error(), "exit status 1: unshare failed: Operation not permitted") {
			t.Error(err)
		}
	})
}

// A Swarm that is up ends in order when Clean asks its program to.
func TestAskToEnd(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "0.lock")
	if err := os.WriteFile(file, []byte(strconv.Itoa(cmd.Process.Pid)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := askToEnd(file, io.Discard); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended by %v", cmd.ProcessState)
	}
	for _, text := range []string{"", "0", "1", "-1", "all"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := askToEnd(file, io.Discard); err == nil {
			t.Errorf("%q is taken for the number of a process", text)
		}
	}
}
