package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stress-tool/stress/internal/mysqltest"
	"github.com/stress-tool/stress/lab"
)

func TestLab(t *testing.T) {
	l := startLab(t, Options{Workers: 4, Service: 2 * time.Millisecond})
	access := databaseAccess(l.MySQL)
	if l.DSN() != access.FormatDSN() {
		t.Errorf("DSN %s", l.DSN())
	}
	db := mysqltest.Open(t, access)

	hosts := map[string]bool{l.SingleHost: true}
	for _, host := range l.Hosts {
		hosts[host] = true
	}
	for host := range hosts {
		if !regexp.MustCompile(`^[0-9a-f]{12}$`).MatchString(host) {
			t.Errorf("host %q is not 12 hex digits", host)
		}
	}
	if len(hosts) != 4 {
		t.Fatalf("hosts %v are not four", hosts)
	}

	const requests = 91
	hit(t, l.Cluster, 7, requests)
	rows := mysqltest.RowsPerHost(t, db)
	if total(rows) != requests || len(rows) != 3 || rows[l.SingleHost] != 0 {
		t.Errorf("%d requests through the proxy, rows %v", requests, rows)
	}
	for host, n := range rows {
		if n < requests/3 || n > requests/3+1 {
			t.Errorf("replica %s wrote %d of %d rows: not even within one", host, n, requests)
		}
	}

	hit(t, l.Single, 3, 10)
	if n := mysqltest.RowsPerHost(t, db)[l.SingleHost]; n != 10 {
		t.Errorf("10 requests to the single replica, %d rows", n)
	}

	killWhileLoaded(t, l, requests+10)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, address := range []string{l.MySQL, address(l.Cluster), address(l.Single), address(l.Replicas[2])} {
		if listens(address) {
			t.Errorf("%s is still served after Close", address)
		}
	}
}

// killWhileLoaded kills a replica under load. No client notices; rows that the
// dead one wrote and could not tell of are written again by another, so there may
// be up to one more per worker, and never fewer.
func killWhileLoaded(t *testing.T, l *Lab, rowsBefore int) {
	const clients, requests = 12, 240
	var answered atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		each(clients, requests, func() {
			if a := ask(t, "GET", l.Cluster+"/index.php"); a.status != 200 || !strings.Contains(a.body, "New record created successfully") {
				t.Errorf("status %d, body %q", a.status, a.body)
			}
			answered.Add(1)
		})
	}()
	eventually(t, "the load is under way", func() bool { return answered.Load() > requests/4 })
	victim, pid := address(l.Replicas[1]), l.behind[1].cmd.Process.Pid
	if err := l.Kill(1); err != nil {
		t.Fatal(err)
	}
	if err := l.Kill(1); err != nil {
		t.Errorf("killing it again: %v", err)
	}
	if listens(victim) || runs(pid) {
		t.Error("the killed replica is still there")
	}
	<-done

	extra := total(mysqltest.RowsPerHost(t, mysqltest.Open(t, databaseAccess(l.MySQL)))) - rowsBefore - requests
	if extra < 0 || extra > l.options.Workers {
		t.Errorf("%d requests succeeded and wrote %d more rows than that", requests, extra)
	}
	if err := l.Kill(3); err == nil {
		t.Error("a replica that does not exist was killed")
	}
}

// hit sends n requests from several clients, all of which must succeed.
func hit(t *testing.T, url string, clients, n int) {
	t.Helper()
	each(clients, n, func() {
		if a := ask(t, "GET", url+"/index.php"); a.status != 200 || !strings.Contains(a.body, "New record created successfully") {
			t.Errorf("status %d, body %q", a.status, a.body)
		}
	})
}

// each calls f n times in all, from several goroutines.
func each(goroutines, n int, f func()) {
	var left atomic.Int32
	left.Store(int32(n))
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				f()
			}
		})
	}
	wg.Wait()
}

func listens(address string) bool {
	c, err := net.Dial("tcp4", address)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// runs is for children of this process: they are reaped when they are gone.
func runs(pid int) bool { return syscall.Kill(pid, 0) == nil }

// Whatever ends the parent, no child stays: here SIGKILL, which leaves it no time
// to do anything about it.
func TestNoChildSurvivesItsParent(t *testing.T) {
	parent := exec.Command(childExec()[0], parentCommand)
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	parent.Stderr = t.Output()
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	decodeErr := json.NewDecoder(stdout).Decode(&addresses)
	up := decodeErr == nil && len(addresses) == 4
	for _, a := range addresses {
		up = up && listens(a)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	if !up {
		t.Fatalf("the lab was not up: %v, %v", addresses, decodeErr)
	}
	// Each child holds the only copy of its socket, so a refused connection means
	// that the process is gone.
	for _, a := range addresses {
		eventually(t, "the child at "+a+" is gone", func() bool { return !listens(a) })
	}
}

func TestStartOnATakenPort(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for name, ports := range map[string]lab.Ports{"single replica": {Single: port}, "proxy": {Cluster: port}, "database": {MySQL: port}} {
		_, err := Start(t.Context(), Options{Exec: childExec(), Ports: ports})
		if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "the lab's "+name) {
			t.Errorf("%s on a port that is taken: %v", name, err)
		}
	}
}

func TestStartFailsWithACommandThatIsNoChild(t *testing.T) {
	for _, command := range [][]string{{"/no/such/program"}, {"false"}, {"echo", "hello"}} {
		l, err := Start(t.Context(), Options{Exec: command})
		if err == nil {
			t.Errorf("%v started a lab", command)
			l.Close()
		}
	}
}

func TestStartIsBoundedByItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Exec: []string{"sh", "-c", "cat >/dev/null"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Start with a context that has ended: %v", err)
	}
}

func TestOptionsFindsEveryFault(t *testing.T) {
	_, err := Start(t.Context(), Options{
		Replicas: -1, Workers: maxCount + 1, MaxConnections: -5, ProxyConnections: -1, Service: -time.Second,
		Faults: Faults{DropInsert: 1.5, SlowReplica: map[int]float64{3: -1}, SlowSingle: 2000},
	})
	if !errors.As(err, new(*OptionsError)) {
		t.Fatalf("impossible options: %v", err)
	}
	for _, want := range []string{"Exec", "-1 replicas", "100001 workers", "-5 database connections", "-1 proxy connections", "-1s", "1.5", "replica 3", "factor of -1", "single replica by a factor of 2000"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in:\n%v", want, err)
		}
	}
}

func TestChildMainWithoutAParent(t *testing.T) {
	err := ChildMain(t.Context(), strings.NewReader(""), io.Discard, io.Discard)
	if !errors.Is(err, ErrNoPart) {
		t.Errorf("ChildMain started by hand: %v", err)
	}
	if err := ChildMain(t.Context(), strings.NewReader("no JSON\n"), io.Discard, io.Discard); err == nil {
		t.Error("ChildMain took a text for its part")
	}
}

func TestWords(t *testing.T) {
	options, err := Options{
		Exec: []string{"x"}, Replicas: 3, Workers: 4, Service: 20 * time.Millisecond, Seed: 42,
		Faults: Faults{DropInsert: 0.005, SlowReplica: map[int]float64{2: 1.15}, SlowSingle: 1.2},
	}.complete()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(options.words(), "\n")
	want := strings.Join([]string{
		"a lab on this machine, not a real system: its speed is set, not found",
		"3 replicas behind a round-robin proxy and one alone, 4 workers each, 20ms of service per request: at most 200 requests/s a replica",
		"service times are log-normal: mean 20ms, 95 % below 29.2ms, 99 % below 34.7ms; seed 42",
		"engines that clients take for those of a Docker Swarm of 3 nodes run them, and replace one that ends after 1s",
		"the database takes 151 connections at a time, the proxy 512 connections",
		"fault: 0.5 % of the successful answers write nothing",
		"fault: the single replica takes 1.2 times as long",
		"fault: replica 2 takes 1.15 times as long",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSlowReplica(t *testing.T) {
	f := Faults{SlowReplica: map[int]float64{1: 1.15}, SlowSingle: 2}
	for i, want := range map[int]time.Duration{-1: 40 * time.Millisecond, 0: 20 * time.Millisecond, 1: 23 * time.Millisecond} {
		if got := f.slowed(i, 20*time.Millisecond).Round(time.Microsecond); got != want {
			t.Errorf("replica %d: %v, want %v", i, got, want)
		}
	}
}
