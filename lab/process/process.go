// Package process runs the servers of the labs: each in a process group of its own, which
// outlives nobody, whatever ends the program that started it, and with a log.
package process

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

//go:embed watch.sh
var watchScript string

// Process is a server, or a command, with everything it starts: one process group.
// A nil Process is one that was never started.
type Process struct {
	name string
	log  string // path of its log
	cmd  *exec.Cmd
	// lifeline is the pipe whose end of file kills the group; see watch.sh.
	lifeline *os.File
	done     chan struct{} // closed when the main process has ended
	once     sync.Once
}

// Command says what to run.
type Command struct {
	Name string   // in errors
	Log  string   // the file that standard output and error are appended to
	Host string   // the host name to run under, "" for the machine's
	Env  []string // beside a PATH; nothing of the caller's environment is there
	Args []string // the program first
}

// path is where the servers find other programs.
const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Start starts the command and does not wait for it.
func (c Command) Start() (_ *Process, err error) {
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	defer log.Close()
	held, lifeline, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	defer held.Close()
	p := &Process{name: c.Name, log: c.Log, lifeline: lifeline, done: make(chan struct{})}
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", watchScript, c.Name, c.Host}, c.Args...)...)
	p.cmd.Dir = filepath.Dir(c.Log)
	p.cmd.Env = append([]string{path}, c.Env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.ExtraFiles = []*os.File{held} // descriptor 3
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.Host != "" {
		ownHostName(p.cmd.SysProcAttr)
	}
	if err := p.cmd.Start(); err != nil {
		lifeline.Close()
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	go func() {
		p.cmd.Wait() // its end is told by done, the reason by its log
		close(p.done)
	}()
	return p, nil
}

// Run starts the command and waits for its end. An error holds the end of its log.
func (c Command) Run(ctx context.Context) error {
	p, err := c.Start()
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("%s: %w", c.Name, ctx.Err()), p.Kill())
	}
	state := p.cmd.ProcessState
	if err := p.Kill(); err != nil {
		return err
	}
	if !state.Success() {
		return fmt.Errorf("%s: %s%s", c.Name, state, p.tail())
	}
	return nil
}

// PID is the number of the main process, and of the group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ready waits until probe succeeds, as long as the process lives and ctx lasts.
func (p *Process) Ready(ctx context.Context, probe func(context.Context) error) error {
	const every = 20 * time.Millisecond
	for {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := probe(try)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %s%s", p.name, p.cmd.ProcessState, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w: %w%s", p.name, ctx.Err(), err, p.tail())
		case <-time.After(every):
		}
	}
}

// Stop asks the main process to end in order, then kills what is left of the group.
func (p *Process) Stop(patience time.Duration) error {
	if p == nil {
		return nil
	}
	// Ended already is as good: Kill sees to the rest.
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
	}
	return p.Kill()
}

// Kill ends the whole group and returns when it is gone.
func (p *Process) Kill() (err error) {
	if p == nil {
		return nil
	}
	p.once.Do(func() {
		// The watcher is in the group as long as its pipe is open. So the number of the group
		// is still ours, even if the main process ended long ago.
		err = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		p.lifeline.Close()
		if err != nil && !errors.Is(err, syscall.ESRCH) {
			err = fmt.Errorf("killing %s: %w", p.name, err)
			return
		}
		<-p.done
		err = awaitGroupEnd(p.name, p.cmd.Process.Pid, time.Minute)
	})
	return err
}

// awaitGroupEnd waits until a process group has no living member.
func awaitGroupEnd(name string, group int, within time.Duration) error {
	deadline := time.After(within)
	for hasMember(group) {
		select {
		case <-deadline:
			return fmt.Errorf("%s: process group %d is still there %v after SIGKILL", name, group, within)
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// hasMember reports whether a group has a member that has not ended. One that only waits
// for its parent to collect it, as orphans of a lazy init do for seconds, has closed
// its ports and files and does not count; signal 0 alone cannot tell it apart.
func hasMember(group int) bool {
	if errors.Is(syscall.Kill(-group, 0), syscall.ESRCH) {
		return false
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // fails only for a malformed pattern
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (name) state parent group …, where the name may hold anything.
		fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(fields) > 2 && string(fields[2]) == strconv.Itoa(group) && !bytes.ContainsAny(fields[0], "ZX") {
			return true
		}
	}
	return false
}

// tail is the end of the process's log, on lines of its own.
func (p *Process) tail() string {
	const most = 2000
	f, err := os.Open(p.log)
	if err != nil {
		return "\n" + err.Error()
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > most {
		f.Seek(-most, io.SeekEnd)
	}
	b, _ := io.ReadAll(io.LimitReader(f, most))
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return "\n" + p.log + " is empty"
	}
	return "\n" + p.log + " ends with:\n" + string(b)
}
