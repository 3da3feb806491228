//go:build linux

package truth

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/internal/authority"
)

func serve(t *testing.T, secured *tls.Config) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0", secured)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends n requests one after the other over one connection.
func ask(s *Server, n int) error {
	c, err := net.Dial("tcp", strings.Trim(s.URL(), "htps:/"))
	if err != nil {
		return err
	}
	if s.tls != nil {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	for range n {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return err
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return err
		}
		if b, err := io.ReadAll(resp.Body); err != nil || len(b) != 32 {
			return fmt.Errorf("body %q: %v", b, err)
		}
	}
	return nil
}

// Whatever the delays, the server records as many requests as it was sent and as it
// answered, each stamped by the kernel, and none is answered early.
func TestRecordedIsAnswered(t *testing.T) { recordedIsAnswered(t, serve(t, nil)) }

func TestRecordedIsAnsweredOverTLS(t *testing.T) {
	a, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	recordedIsAnswered(t, serve(t, &tls.Config{Certificates: []tls.Certificate{a.Certificate}}))
}

func recordedIsAnswered(t *testing.T, s *Server) {
	rapid.Check(t, func(rt *rapid.T) {
		clients, each := rapid.IntRange(1, 8).Draw(rt, "clients"), rapid.IntRange(1, 10).Draw(rt, "each")
		d := Delay{
			Short: time.Duration(rapid.IntRange(0, 300).Draw(rt, "short")) * time.Microsecond,
			Long:  time.Duration(rapid.IntRange(300, 600).Draw(rt, "long")) * time.Microsecond,
			Share: rapid.Float64Range(0, 1).Draw(rt, "share"),
		}
		s.Begin(d, rapid.Uint64().Draw(rt, "seed"))
		var all sync.WaitGroup
		errs := make(chan error, clients)
		for range clients {
			all.Go(func() { errs <- ask(s, each) })
		}
		all.Wait()
		for range clients {
			if err := <-errs; err != nil {
				rt.Fatal(err)
			}
		}
		n := uint64(clients * each)
		r := s.Report()
		if want := (Count{Arrived: n, Answered: n}); r.Count != want {
			rt.Fatalf("%+v, want %+v", r.Count, want)
		}
		if len(s.records) != int(n) {
			rt.Fatalf("%d records of %d requests", len(s.records), n)
		}
		for _, took := range s.records {
			if took < d.Short {
				rt.Fatalf("%v, the shortest delay is %v", took, d.Short)
			}
		}
		if q := r.Quantiles; q["0.5"] > q["0.9"] || q["0.9"] > q["0.99"] || q["0.99"] > q["0.999"] {
			rt.Fatalf("quantiles fall: %v", q)
		}
	})
}

func TestRequestsThatLoseTheirConnectionAreCut(t *testing.T) {
	s := serve(t, nil)
	s.Begin(Delay{Short: time.Minute}, 1)
	c, err := net.Dial("tcp", strings.Trim(s.URL(), "htp:/"))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	await(t, func() bool { return s.Report().Arrived == 1 })
	c.Close()
	await(t, func() bool { return s.Report().Cut == 1 })
	if r := s.Report(); r.Answered != 0 || len(r.Quantiles) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestSplitAndJoinedRequests(t *testing.T) {
	s := serve(t, nil)
	c, err := net.Dial("tcp", strings.Trim(s.URL(), "htp:/"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	for _, b := range []byte("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r") {
		c.Write([]byte{b})
	}
	io.WriteString(c, "\nGET / HTTP/1.1\r\n\r\n")
	if _, err := io.ReadFull(c, make([]byte, 3*len(answerBytes))); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return s.Report().Answered == 3 })
}

func await(t *testing.T, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatal("waited for nothing")
		case <-tick.C:
		}
	}
}

func TestControl(t *testing.T) {
	s := serve(t, nil)
	ctl := httptest.NewServer(s.Control())
	defer ctl.Close()
	resp, err := http.PostForm(ctl.URL+"/begin", url.Values{"delay": {"bimodal 1ms 5ms 0.5"}, "seed": {"7"}})
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	if err := ask(s, 20); err != nil {
		t.Fatal(err)
	}
	resp, err = http.Get(ctl.URL + "/report")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var r Report
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.Answered != 20 || r.Delay != "bimodal 1ms 5ms 0.5" || r.Quantiles["0.99"] < 5*time.Millisecond || r.Mean < time.Millisecond {
		t.Errorf("%+v", r)
	}
	for _, bad := range []url.Values{{"delay": {"soon"}, "seed": {"1"}}, {"delay": {"constant 1ms"}, "seed": {"x"}}} {
		if resp, err := http.PostForm(ctl.URL+"/begin", bad); err != nil || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%v: %v, %v", bad, resp, err)
		}
	}
}

func TestExactQuantiles(t *testing.T) {
	s := &Server{}
	for i := 1000; i >= 1; i-- {
		s.records = append(s.records, time.Duration(i))
	}
	r := s.Report()
	for name, want := range map[string]time.Duration{"0.5": 500, "0.9": 900, "0.95": 950, "0.99": 990, "0.999": 999} {
		if r.Quantiles[name] != want {
			t.Errorf("%s: %d, want %d", name, r.Quantiles[name], want)
		}
	}
}

func TestParseDelay(t *testing.T) {
	for _, s := range []string{"constant 2ms", "exponential 500µs", "bimodal 1ms 20ms 0.05"} {
		if d, err := ParseDelay(s); err != nil || d.String() != s {
			t.Errorf("%q: %v, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "constant", "constant 1", "constant -1ms", "bimodal 1ms 2ms 2", "bimodal 1ms 2ms NaN", "bimodal 1ms", "uniform 1ms"} {
		if d, err := ParseDelay(s); err == nil {
			t.Errorf("%q is %v", s, d)
		}
	}
}

func FuzzParseDelay(f *testing.F) {
	for _, s := range []string{"constant 2ms", "exponential 500µs", "bimodal 1ms 20ms 0.05", "bimodal 1ms 0s 0", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDelay(s)
		if err != nil {
			return
		}
		if again, err := ParseDelay(d.String()); err != nil || again.String() != d.String() {
			t.Errorf("%q became %q: %v", s, d, err)
		}
	})
}
