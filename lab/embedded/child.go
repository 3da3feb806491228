package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

// ErrNoPart says that a child was started by something else than a lab: it was told nothing.
var ErrNoPart = errors.New("this command is the lab's own, and the lab starts it")

// readyLine is what a child prints once it serves.
const readyLine = "ready"

// listenerFd is where a child finds the socket to serve on, behind the three
// standard streams.
const listenerFd = 3

// childConfig is the line of JSON that a child reads first. Exactly one part is
// set.
type childConfig struct {
	Database *databaseConfig `json:",omitempty"`
	Replica  *replicaConfig  `json:",omitempty"`
	Proxy    *proxyConfig    `json:",omitempty"`
}

// serve plays the part. Further lines of the parent come as orders.
func (c childConfig) serve(l net.Listener, orders <-chan []byte, stderr io.Writer) error {
	switch {
	case c.Database != nil:
		return c.Database.serve(l)
	case c.Replica != nil:
		return c.Replica.serve(l, orders, stderr)
	case c.Proxy != nil:
		return c.Proxy.serve(l, orders, stderr)
	}
	return errors.New("a child of the lab was given no part to play")
}

// ChildMain is the whole life of a process that [Start] started with
// [Options].Exec: it plays the part that stdin's first line gives it, on the
// socket it inherited, until stdin ends or ctx does. The caller must exit when it
// returns; connections are not drained.
//
// stdin tells the child when its parent ends: the kernel closes the other end whatever ends the
// parent, SIGKILL included. Linux's PR_SET_PDEATHSIG (Go's Pdeathsig) does not work here: it
// sends its signal when the thread that forked ends, and Go ends threads at will. The servers
// of lab/stack watch no pipe, so a shell does it for them; here there may be no shell, as in
// the container image.
func ChildMain(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lifeline := bufio.NewReader(stdin)
	line, err := lifeline.ReadBytes('\n')
	if err != nil {
		return ErrNoPart
	}
	var config childConfig
	if err := json.Unmarshal(line, &config); err != nil {
		return fmt.Errorf("reading a lab child's part: %w", err)
	}
	listener, err := inheritedListener()
	if err != nil {
		return err
	}
	orders := make(chan []byte)
	go func() {
		defer cancel()
		for {
			line, err := lifeline.ReadBytes('\n')
			if err != nil {
				return
			}
			select {
			case orders <- line:
			case <-ctx.Done():
				return
			}
		}
	}()
	served := make(chan error, 1)
	go func() { served <- config.serve(listener, orders, stderr) }()
	if _, err := fmt.Fprintln(stdout, readyLine); err != nil {
		return fmt.Errorf("telling the lab that a child is ready: %w", err)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-served:
		return err
	}
}

func inheritedListener() (net.Listener, error) {
	file := os.NewFile(listenerFd, "lab socket")
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("taking over the lab's socket: %w", err)
	}
	return listener, file.Close()
}
