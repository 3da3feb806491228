//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/bench/child"
	"github.com/stress-tool/stress/bench/truth"
	"github.com/stress-tool/stress/internal/authority"
)

// serveWord is the argument that makes this program the server, and securedWord the one behind it
// that secures it with TLS.
const (
	serveWord   = "serve"
	securedWord = "https"
)

// serve is the server's process: it prints where it answers and where it is told
// what to do, and serves until the context ends.
func serve(ctx context.Context, secured bool, out io.Writer) error {
	// A collection would stand still among the answers. What is kept is 8 bytes a
	// request, and begins anew with every run.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	var config *tls.Config
	if secured {
		a, err := authority.New() // nobody verifies its certificate
		if err != nil {
			return err
		}
		config = &tls.Config{Certificates: []tls.Certificate{a.Certificate}}
	}
	s, err := truth.Listen("127.0.0.1:0", config)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	control := &http.Server{Handler: s.Control(), ReadHeaderTimeout: time.Minute}
	go control.Serve(l) // until Close below
	defer control.Close()
	if _, err := fmt.Fprintf(out, "%s http://%s\n", s.URL(), l.Addr()); err != nil {
		return err
	}
	return s.Serve(ctx)
}

// server is that process, seen from the bench.
type server struct {
	*child.Process
	url, control string
}

func startServer(ctx context.Context, core int, secured bool) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	argv := []string{self, serveWord}
	if secured {
		argv = append(argv, securedWord)
	}
	p, err := child.Start(ctx, child.Options{Core: core, Stdout: w}, argv...)
	w.Close()
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("the server said nothing: %w: %s", err, p.LastWords())
	}
	at, control, ok := strings.Cut(strings.TrimSpace(line), " ")
	if !ok {
		p.Stop()
		return nil, fmt.Errorf("the server said %q", line)
	}
	return &server{Process: p, url: at, control: control}, nil
}

// begin makes the server forget, and delay what comes by d drawn from seed.
func (s *server) begin(ctx context.Context, d truth.Delay, seed uint64) error {
	form := url.Values{"delay": {d.String()}, "seed": {strconv.FormatUint(seed, 10)}}
	_, err := s.call(ctx, http.MethodPost, "/begin?"+form.Encode())
	return err
}

func (s *server) report(ctx context.Context) (truth.Report, error) {
	b, err := s.call(ctx, http.MethodGet, "/report")
	if err != nil {
		return truth.Report{}, err
	}
	var r truth.Report
	return r, json.Unmarshal(b, &r)
}

func (s *server) call(ctx context.Context, method, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.control+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(b)))
	}
	if err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	return b, nil
}
