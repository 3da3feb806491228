package swarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// overSSH connects as Docker's own program does: `docker system dial-stdio` on the other
// machine carries the bytes. It asks for no password.
func overSSH(u *url.URL) dialer {
	args := []string{"-o", "BatchMode=yes", "-o", "ConnectTimeout=5"}
	if u.User != nil {
		args = append(args, "-l", u.User.Username())
	}
	if port := u.Port(); port != "" {
		args = append(args, "-p", port)
	}
	args = append(args, "--", u.Hostname(), "docker", "system", "dial-stdio")
	return func(context.Context, string, string) (net.Conn, error) { return command("ssh", args...) }
}

// command is a connection to a program's standard input and output.
func command(name string, args ...string) (net.Conn, error) {
	c := &commandConn{cmd: exec.Command(name, args...)}
	c.cmd.Stderr = &c.said
	c.cmd.WaitDelay = 100 * time.Millisecond // for what the program started in turn
	var err, err2 error
	c.in, err = c.cmd.StdinPipe()
	c.out, err2 = c.cmd.StdoutPipe()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.wait = sync.OnceFunc(func() { c.cmd.Wait() }) // why it ended is in what it said
	return c, nil
}

// commandConn is a [net.Conn] without deadlines: whoever gives up closes it, and its program
// is killed then.
type commandConn struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  io.ReadCloser
	said head
	wait func()
}

// Read passes on what the program said when it ended.
func (c *commandConn) Read(b []byte) (int, error) {
	n, err := c.out.Read(b)
	if err == nil {
		return n, nil
	}
	c.wait()
	if text := c.said.String(); text != "" {
		err = fmt.Errorf("%s: %s: %w", c.cmd.Args[0], text, err)
	}
	return n, err
}

func (c *commandConn) Write(b []byte) (int, error) { return c.in.Write(b) }

func (c *commandConn) Close() error {
	c.cmd.Process.Kill() // ended already is as good
	c.wait()
	return nil
}

func (*commandConn) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (*commandConn) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (*commandConn) SetDeadline(time.Time) error      { return nil }
func (*commandConn) SetReadDeadline(time.Time) error  { return nil }
func (*commandConn) SetWriteDeadline(time.Time) error { return nil }

// head keeps the first kilobyte that is written to it.
type head struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *head) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(b[:min(len(b), max(0, 1024-t.b.Len()))])
	return len(b), nil
}

func (t *head) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.b.String())
}
