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
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// exitTimeout is how long a child may take to end before it is killed.
const exitTimeout = 2 * time.Second

// process is the parent's end of a child.
type process struct {
	name      string
	cmd       *exec.Cmd
	stdin     io.WriteCloser
	ready     <-chan error
	exited    chan struct{} // closed when the child has been reaped
	toldToEnd atomic.Bool   // it was told to go
}

// startProcess starts command as a child that plays config's part on l, and does
// not wait for it. Of l only the child has a copy afterwards, so that its port is
// closed the moment it dies. log receives its stderr.
func startProcess(name string, command []string, config childConfig, l *net.TCPListener, log io.Writer) (*process, error) {
	defer l.Close()
	socket, err := l.File()
	if err != nil {
		return nil, fmt.Errorf("starting the lab's %s: %w", name, err)
	}
	defer socket.Close()
	part, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("starting the lab's %s: %w", name, err)
	}

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = log
	cmd.ExtraFiles = []*os.File{socket}
	// A group of its own: Ctrl-C on the terminal is for the parent, which may want
	// to let the load run dry before it ends the lab.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the lab's %s: %w", name, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the lab's %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the lab's %s: %w", name, err)
	}
	ready := make(chan error, 1)
	p := &process{name: name, cmd: cmd, stdin: stdin, ready: ready, exited: make(chan struct{})}
	go func() {
		// A write fails only if the child is gone, which its stdout tells as well.
		_, _ = stdin.Write(append(part, '\n'))
		ready <- awaitReady(stdout)
		err := cmd.Wait()
		if !p.toldToEnd.Load() {
			_, _ = fmt.Fprintf(log, "lab: the %s has ended on its own: %v\n", name, err)
		}
		close(p.exited)
	}()
	return p, nil
}

// awaitReady reads stdout to its end, but returns at the first line.
func awaitReady(stdout io.Reader) error {
	line, err := bufio.NewReader(stdout).ReadString('\n')
	switch {
	case err != nil:
		return errors.New("it ended before it was ready")
	case strings.TrimSpace(line) != readyLine:
		return fmt.Errorf("it said %q instead of %q", strings.TrimSpace(line), readyLine)
	}
	return nil
}

func (p *process) awaitReady(ctx context.Context) error {
	var err error
	select {
	case err = <-p.ready:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("starting the lab's %s: %w", p.name, err)
	}
	return nil
}

// kill ends the child with SIGKILL and returns when it is gone.
func (p *process) kill() error {
	p.toldToEnd.Store(true)
	err := p.cmd.Process.Kill()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing the lab's %s: %w", p.name, err)
	}
	<-p.exited
	return nil
}

// ended reports that the child has ended, or was told to.
func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return p.toldToEnd.Load()
	}
}

// closeStdin closes the pipe that the child watches, and so ends the child.
func (p *process) closeStdin() {
	p.toldToEnd.Store(true)
	_ = p.stdin.Close()
}

// wait returns when the child has ended. It kills a child that does not end in time.
func (p *process) wait() error {
	patience := time.NewTimer(exitTimeout)
	defer patience.Stop()
	select {
	case <-p.exited:
		return nil
	case <-patience.C:
		return p.kill()
	}
}
