package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/lab/database"
)

// ended is what a test's program did in place of exiting.
type ended struct {
	code int
	at   time.Duration
}

// told runs n signals, a tenth of a second apart, and says when and how the program left.
func told(t *testing.T, orderly bool, n int) (in *interrupts, left []ended) {
	t.Helper()
	began := time.Now()
	var mu sync.Mutex // a signal and a timer may leave
	in = newInterrupts(&bytes.Buffer{}, func(code int) {
		mu.Lock()
		defer mu.Unlock()
		left = append(left, ended{code, time.Since(began)})
	})
	if orderly {
		in.endInOrder()
	}
	for range n {
		in.next()
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	return in, left
}

func TestSignalsEndWhatIsToBeEnded(t *testing.T) {
	for _, c := range []struct {
		name    string
		orderly bool
		signals int
		told    bool
		left    []ended
	}{
		{"a load drains", true, 1, false, nil},
		{"a load is cut", true, 2, true, []ended{{exitInterrupted, 100*time.Millisecond + exitGrace}}},
		{"nothing is waited for", true, 3, true, []ended{{exitInterrupted, 200 * time.Millisecond}, {exitInterrupted, 100*time.Millisecond + exitGrace}}},
		{"what has nothing to drain ends", false, 1, true, []ended{{exitInterrupted, exitGrace}}},
		{"or leaves", false, 2, true, []ended{{exitInterrupted, 100 * time.Millisecond}, {exitInterrupted, exitGrace}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			in, left := told(t, c.orderly, c.signals)
			select {
			case <-in.first:
			default:
				t.Errorf("%s: nobody was asked", c.name)
			}
			if (in.ctx.Err() != nil) != c.told || (in.writing.Err() != nil) != c.told {
				t.Errorf("%s: context %v, writing %v", c.name, in.ctx.Err(), in.writing.Err())
			}
			if len(left) != len(c.left) {
				t.Fatalf("%s: left %v, want %v", c.name, left, c.left)
			}
			for i, l := range left {
				if l != c.left[i] {
					t.Errorf("%s: left %v, want %v", c.name, left, c.left)
				}
			}
			in.stop()
		})
	}
}

// mute is a server that accepts connections and sends nothing. It reports each connection.
func mute(t *testing.T) (address string, taken <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := make(chan struct{}, 100)
	go func() {
		for {
			if _, err := l.Accept(); err != nil { // left open until the test ends
				return
			}
			c <- struct{}{}
		}
	}()
	return l.Addr().String(), c
}

// Every signal that asks ends every command that waits for a database, and no run begins.
func TestASignalEndsWhateverWaits(t *testing.T) {
	url, _ := page(t, 0)
	db, taken := mute(t)
	file := scenario(t, url, "{type: maintain-client-load, clients: 2, duration: 60s}\n"+
		"ledger: {dsn: 'u:p@tcp("+db+")/d?timeout=1m&readTimeout=1m', table: t, column: h}")
	dir := filepath.Join(t.TempDir(), "run")
	for _, args := range [][]string{{"run", file, "--out", dir}, {"check", file}, {"spread", file}} {
		for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
			cmd, out := command(t, nil, args...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-taken
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			r := wait(t, cmd.Wait(), out)
			if r.code != exitInterrupted || !strings.Contains(r.stderr+r.stdout, "interrupted") && args[0] != "check" {
				t.Errorf("%s, %v: exit code %d\n%s%s", args[0], s, r.code, r.stdout, r.stderr)
			}
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a run began")
	}
}

// countsOnce is a database that answers one count, and reports the next.
func countsOnce(t *testing.T) (dsn string, asked <-chan struct{}) {
	t.Helper()
	db, err := database.New(database.Config{
		User: "u", Password: "p", Name: "d", Schema: "CREATE TABLE t (h varchar(20))", MaxConnections: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	inner, outer := listen(t), listen(t)
	t.Cleanup(func() { db.Close() })
	go db.Serve(inner)
	again := make(chan struct{})
	go func() {
		client, err := outer.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			return
		}
		go io.Copy(client, server)
		counts, said := 0, make([]byte, 1<<16)
		for {
			n, err := client.Read(said)
			if bytes.Contains(said[:n], []byte("GROUP BY")) {
				counts++
			}
			if err != nil || counts > 1 {
				close(again)
				return // the client waits on
			}
			server.Write(said[:n])
		}
	}()
	return "u:p@tcp(" + outer.Addr().String() + ")/d", again
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// The first signal ends the count before a leg too: there is no load to count for.
func TestACountBeforeALegIsNotAwaited(t *testing.T) {
	url, hits := page(t, 0)
	dsn, asked := countsOnce(t)
	dir := filepath.Join(t.TempDir(), "run")
	cmd, out := command(t, nil, "run", "--out", dir, scenario(t, url, "{type: maintain-client-load, clients: 2, duration: 60s}\n"+
		"ledger: {dsn: '"+dsn+"', table: t, column: h, timeout: 5m}"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	wait(t, cmd.Wait(), out).wantCode(t, exitInterrupted)
	b, _ := os.ReadFile(filepath.Join(dir, "run.json"))
	if !bytes.Contains(b, []byte(`"sealed": true`)) || hits.Load() > 0 {
		t.Errorf("%d requests were sent, or the run is not sealed: %s", hits.Load(), b)
	}
}

// A load ends in order and its run is sealed when the reader of its progress goes away, or its
// terminal.
func TestALoadThatNobodyFollowsIsSealed(t *testing.T) {
	url, _ := page(t, 10*time.Millisecond)
	for name, end := range map[string]func(stderr *os.File, p *os.Process) error{
		"the reader of the standard error": func(stderr *os.File, _ *os.Process) error { return stderr.Close() },
		"the terminal":                     func(_ *os.File, p *os.Process) error { return p.Signal(syscall.SIGHUP) },
	} {
		dir := filepath.Join(t.TempDir(), "run")
		cmd, out := command(t, nil, "run", scenario(t, url, "{type: maintain-client-load, clients: 2, duration: 60s}"), "--out", dir)
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = write
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		write.Close()
		eventually(t, "a second on disk", func() bool { return seconds(dir) >= 1 })
		if err := end(read, cmd.Process); err != nil {
			t.Fatal(err)
		}
		r := wait(t, cmd.Wait(), out)
		r.wantCode(t, exitInterrupted)
		read.Close()
		if b, _ := os.ReadFile(filepath.Join(dir, "run.json")); !bytes.Contains(b, []byte(`"sealed": true`)) || r.stdout == "" {
			t.Errorf("%s went away: the run is not sealed, or not printed: %s", name, b)
		}
	}
}
