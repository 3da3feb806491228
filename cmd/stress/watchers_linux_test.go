package main

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Of docs/performance.md: go test ./cmd/stress -run TestManyWatchACheapRun -v -watch-rounds 6
var watchRounds = flag.Int("watch-rounds", 2, "how often TestManyWatchACheapRun measures the server without watchers and with them")

const (
	watchersAtOnce = 200
	watchWindow    = 5 * time.Second
	watchSettles   = 2 * time.Second // in which who has just come is told what was before
)

// processorTime is what a process has used of the processors so far.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] { // user and system time, in 1/100 s
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// watching opens n connections that follow a run, and counts the seconds that they are told of. They
// are clients of HTTP and draw nothing: what browsers do is not the server's work.
func (s *served) watching(n int, run string) (told *atomic.Int64, end func()) {
	s.t.Helper()
	told = new(atomic.Int64)
	var all []net.Conn
	host := strings.TrimSuffix(strings.TrimPrefix(s.api, "http://"), "/v2/")
	for range n {
		c, err := net.Dial("tcp", host)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, c)
		fmt.Fprintf(c, "GET /api/v1/runs/%s/live HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", run, host, s.key)
		go func() {
			for buf := make([]byte, 1<<16); ; {
				n, err := c.Read(buf)
				told.Add(int64(bytes.Count(buf[:n], []byte("event: second\n"))))
				if err != nil {
					return
				}
			}
		}()
	}
	return told, func() {
		for _, c := range all {
			c.Close()
		}
	}
}

// Two hundred who watch a run cost the server that makes its load less than 1 % of a processor per fifty, and
// its verdict stays what it is without them. Windows without and with them follow each other in one run.
func TestManyWatchACheapRun(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer page.Close()
	s := startServer(t, filepath.Join(t.TempDir(), "data"), "")
	defer s.end()
	begin := func(d time.Duration) (test, result string) {
		begun := s.ask("POST", "tests", fmt.Sprintf(`{"test_type":"per-second","total":200,"duration":%d,"urls":[{"url":"%s/"}]}`, int(d.Seconds()), page.URL))
		return begun["test_id"].(string), begun["result_id"].(string)
	}
	// over is the verdict of a run.
	over := func(test, result string) string {
		for range 1200 {
			found := s.ask("GET", "tests/"+test+"/results/"+result, "")
			if found["status"] == "ready" {
				verdict, _ := found["stress"].(map[string]any)["verdict"].(string)
				return verdict
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatal("no result after two minutes")
		return ""
	}
	lasts := time.Duration(*watchRounds) * 2 * (watchWindow + watchSettles)
	test, result := begin(lasts + 10*time.Second)
	var without, with, differences []float64
	window := func() float64 {
		time.Sleep(watchSettles)
		before, began := processorTime(t, s.pid), time.Now()
		time.Sleep(watchWindow)
		return 100 * (processorTime(t, s.pid) - before).Seconds() / time.Since(began).Seconds()
	}
	for i := range *watchRounds {
		alone := 0.0
		if i%2 == 0 { // what grows with the run is on neither side
			alone = window()
		}
		told, leave := s.watching(watchersAtOnce, result)
		watched := window()
		if n := told.Load(); n < watchersAtOnce { // as a rule seven times as many; a busy machine is late with them
			t.Errorf("%d who watched were told %d seconds in %v", watchersAtOnce, n, watchWindow+watchSettles)
		}
		leave()
		if i%2 == 1 {
			alone = window()
		}
		without, with, differences = append(without, alone), append(with, watched), append(differences, watched-alone)
	}
	verdict, unwatched := over(test, result), over(begin(10*time.Second))
	for again := 1; again < tries && verdict != unwatched; again++ { // a machine that stands still spoils one of them by chance
		t.Logf("the verdict is %s with watchers and %s without: again", verdict, unwatched)
		test, result = begin(10 * time.Second)
		_, leave := s.watching(watchersAtOnce, result)
		verdict = over(test, result)
		leave()
		unwatched = over(begin(10 * time.Second))
	}
	perFifty := mean(differences) * 50 / watchersAtOnce
	t.Logf("%% of a processor, without %.2f, with %d who watch %.2f; per 50: %.2f ± %.2f (standard error of %d pairs of %v)",
		without, watchersAtOnce, with, perFifty, standardError(differences)*50/watchersAtOnce, len(differences), watchWindow)
	slices.Sort(differences)
	if least := differences[0] * 50 / watchersAtOnce; least >= 1 {
		t.Errorf("50 who watch cost %.2f %% of a processor at least", least)
	}
	if verdict != unwatched {
		t.Errorf("the verdict is %s with watchers and %s without", verdict, unwatched)
	}
}

func mean(all []float64) (m float64) {
	for _, v := range all {
		m += v / float64(len(all))
	}
	return m
}

func standardError(all []float64) float64 {
	m, sum := mean(all), 0.0
	for _, v := range all {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(all)-1) / float64(len(all)))
}
