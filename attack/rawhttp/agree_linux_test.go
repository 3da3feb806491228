package rawhttp_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/nethttp"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/rawhttp"
)

// delivery is how a reply is sent.
type delivery struct {
	method     string
	byteByByte bool
	end        string // "close", "reset", or "" for a connection that stays open
}

var deliveries = []delivery{
	{"GET", false, "close"}, {"GET", false, ""}, {"GET", true, "close"}, {"GET", true, ""}, {"GET", false, "reset"}, {"HEAD", false, "close"},
}

// made is how many replies are made up, beside those of testdata/replies.txt.
const made = 100

// Both engines come to the same end with the same reply: class, status, reason and the
// beginning of the body.
func TestEnginesAgree(t *testing.T) {
	log.SetOutput(io.Discard) // net/http tells of what comes behind a reply
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	replies := readReplies(t)
	rng := rand.New(rand.NewPCG(9112, 0))
	for range made {
		replies = append(replies, makeReply(rng))
	}
	workers := 48 // most of them wait for a timeout
	if raced {
		workers, replies = 8, slices.Collect(everyTenth(replies)) // a sample shows the races there are
	}
	next := make(chan string)
	var wg sync.WaitGroup
	var crowd sync.RWMutex
	for range workers {
		wg.Go(func() {
			for reply := range next {
				for _, d := range deliveries {
					agree(t, &crowd, reply, d)
				}
			}
		})
	}
	for _, r := range replies {
		next <- r
	}
	close(next)
	wg.Wait()
}

func everyTenth(all []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(all) && yield(all[i]); i += 10 {
		}
	}
}

// agree sends one reply to both engines. Where they part it asks again, alone and with
// more time: in a crowd, or on a busy machine, a reply may come too late for one of them.
func agree(t *testing.T, crowd *sync.RWMutex, reply string, d delivery) {
	both := func(timeout time.Duration) (raw, net string) {
		return endOf(t, rawhttp.New(rawhttp.Options{}), reply, d, timeout), endOf(t, nethttp.New(nethttp.Options{}), reply, d, timeout)
	}
	crowd.RLock()
	raw, net := both(300 * time.Millisecond)
	crowd.RUnlock()
	for tries := 0; raw != net && tries < 3; tries++ {
		crowd.Lock()
		raw, net = both(2 * time.Second)
		crowd.Unlock()
	}
	if raw != net {
		t.Errorf("%q, %+v\nrawhttp: %s\nnethttp: %s", reply, d, raw, net)
	}
}

// endOf is what becomes of one request that is answered so, in words.
func endOf(t *testing.T, e attack.Engine, reply string, d delivery, timeout time.Duration) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return ""
	}
	var serving sync.WaitGroup
	serving.Go(func() { serve(l, reply, d) })
	defer serving.Wait()
	defer l.Close()
	p, err := plan.New(plan.Load{Type: plan.ClientsPerTest, Clients: 1, Duration: time.Hour})
	if err != nil {
		t.Error(err)
		return ""
	}
	var end string
	_, err = attack.Perform(t.Context(), e, attack.Job{
		Plan: p, Target: &url.URL{Scheme: "http", Host: l.Addr().String()}, Settings: attack.Settings{Timeout: timeout},
		// Nothing holds that text, so every answer keeps its excerpt.
		Requests: []attack.Request{{Name: "one", Method: d.method, Path: "/", Expect: attack.Expect{Body: "\xff\xfe\xfd"}}},
	}, time.Now(), attack.MeterConfig{
		Sink: nowhere{}, Requests: []string{"one"},
		OnDone: func(o *attack.Outcome) {
			reason := strings.Replace(o.Reason, timeout.String(), "the timeout", 1)
			end = fmt.Sprintf("%v, status %d, %s, body %q", o.Class, o.Status, reason, o.Excerpt)
		},
	})
	if err != nil {
		t.Errorf("%q, %+v: %s: %v", reply, d, e.Name(), err)
	}
	return end
}

// serve gives the reply to one request.
func serve(l net.Listener, reply string, d delivery) {
	c, err := l.Accept()
	if err != nil {
		return
	}
	defer c.Close()
	if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
		return
	}
	size := max(len(reply), 1)
	if d.byteByByte {
		size = 1
	}
	for b := []byte(reply); len(b) > 0; b = b[min(size, len(b)):] {
		if _, err := c.Write(b[:min(size, len(b))]); err != nil {
			return
		}
		runtime.Gosched() // let whoever reads see it alone
	}
	switch d.end {
	case "":
		io.Copy(io.Discard, c)
	case "reset":
		c.(*net.TCPConn).SetLinger(0)
	}
}

func readReplies(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/replies.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		reply, err := strconv.Unquote(string(line))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, reply)
	}
	return all
}

// makeReply joins parts that are sound, doubtful and wrong, and breaks some of the whole.
func makeReply(rng *rand.Rand) string {
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	var b strings.Builder
	b.WriteString(pick("", "", "", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 E\nA: b\n\n"))
	b.WriteString(pick("HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.0 ", "HTTP/1.1  ", "HTTP/2.0 "))
	b.WriteString(pick("200 OK", "200 OK", "200", "204 No", "304 Not", "404 no", "503 ", "099 x", "101 S", "20 short"))
	end := pick("\r\n", "\r\n", "\r\n", "\n")
	b.WriteString(end)
	for range rng.IntN(4) {
		b.WriteString(pick("X-A: b", "X-A:", "x-a: \t b \t", "X-A: b\r\n c", "Connection: close", "Connection: keep-alive, x", "Set-Cookie: a=b",
			"X A: b", "X-A b", "X-A: \x02", "X\x7f: b", " X: b", ": b", "Content-Length: 3", "Content-Length: x", "Trailer: X", "Upgrade: y"))
		b.WriteString(end)
	}
	b.WriteString(pick("Content-Length: 5", "Content-Length: 5", "Content-Length: 9", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "X: y") + end)
	b.WriteString(end)
	b.WriteString(pick("hello", "hello", "hello, more", "5\r\nhello\r\n0\r\n\r\n", "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: u\r\n\r\n", "5\r\nhello\r\n0\r\n", "5\nhello\n0\n\n", "6\r\nhello\r\n0\r\n\r\n", ""))
	text := b.String()
	switch rng.IntN(4) {
	case 0:
		return text[:rng.IntN(len(text))]
	case 1:
		at := rng.IntN(len(text))
		return text[:at] + pick("\x00", "\r", "\n", " ", ":", "\xff", "H") + text[at+1:]
	}
	return text
}
