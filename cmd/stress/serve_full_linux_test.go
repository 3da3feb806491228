package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// On a full disk a server refuses new runs and says why, shows what there is, and keeps the end of a run
// until there is room for it.
func TestAServerOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("LEFT OUT, only root may mount a small disk")
	}
	asked, release := make(chan struct{}, 1), make(chan struct{})
	page := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			asked <- struct{}{}
			<-release
		}
	}))
	defer page.Close()
	s, disk, waits := startServerOnSmallDisk(t)
	test := func(path string, seconds int) map[string]any {
		return s.ask("POST", "tests", fmt.Sprintf(`{"test_type":"per-test","total":1,"duration":%d,"urls":[{"url":"%s%s"}]}`, seconds, page.URL, path))
	}
	ready := func(run map[string]any) bool {
		return s.ask("GET", "tests/"+run["test_id"].(string)+"/results/"+run["result_id"].(string), "")["status"] == "ready"
	}
	untilReady := func(run map[string]any) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !ready(run); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the run %v does not end", run)
			}
		}
	}

	going := test("/slow", 1)
	<-asked
	fill := filepath.Join(disk, "fill")
	if f, err := os.Create(fill); err != nil {
		t.Fatal(err)
	} else {
		for err == nil {
			_, err = f.Write(make([]byte, 1024))
		}
		f.Close()
	}
	refused := s.ask("POST", "tests", `{"test_type":"per-test","total":1,"duration":1,"urls":[{"url":"`+page.URL+`/"}]}`)
	if !strings.Contains(fmt.Sprint(refused), "disk is full") {
		t.Errorf("a test on a full disk: %v", refused)
	}
	close(release)
	select { // the load is over, and its end finds no room
	case <-waits:
	case <-time.After(time.Minute):
		t.Fatal("the server does not say that it waits for room")
	}
	if got := s.list("tests"); len(got) != 1 || ready(going) {
		t.Errorf("there are %d tests, and the end of the run is kept: %v", len(got), ready(going))
	}
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	untilReady(going)
	untilReady(test("/", 1))
}

// startServerOnSmallDisk starts the program in a name space where its directory is on a disk of its own, and
// returns where others find that disk, and what is closed when the server says that it waits for room.
func startServerOnSmallDisk(t *testing.T) (*served, string, <-chan struct{}) {
	t.Helper()
	disk := t.TempDir()
	const script = `mount -t tmpfs -o size=4m tmpfs "$1" || exit 99
exec stress serve --queue --data "$1/data" --listen 127.0.0.1:0`
	cmd := exec.Command("unshare", "--mount", "sh", "-c", script, "sh", disk)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	says, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("LEFT OUT, this system has no name spaces of mounts: ", err)
	}
	waits := make(chan struct{})
	go func() {
		said := false
		for lines := bufio.NewScanner(says); lines.Scan(); {
			if strings.Contains(lines.Text(), "waiting for room") && !said {
				said = true
				close(waits)
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	s := &served{t: t, pid: cmd.Process.Pid}
	for lines := bufio.NewScanner(out); s.api == ""; {
		if !lines.Scan() {
			t.Skip("LEFT OUT, this system mounts no small disk")
		}
		if m := keyShown.FindStringSubmatch(lines.Text()); m != nil {
			s.key = m[1]
		}
		if m := serverSays.FindStringSubmatch(lines.Text()); m != nil {
			s.api = m[1]
		}
	}
	return s, filepath.Join("/proc", fmt.Sprint(s.pid), "root", disk), waits
}
