//go:build linux

// Package child runs the programs of a bench: each on a core of its own choosing,
// bounded in time, ended by its process id, and with what it used measured.
package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// Options say how a program runs. The zero value is any core, no limit in time, the
// directory of this process.
type Options struct {
	// Core is the processor to run on, counted from 1; 0 is any.
	Core int
	Dir  string
	// Stdout, of a program that runs beside the bench, is where it prints; nil is
	// nowhere.
	Stdout *os.File
	// Limit is the longest it may run; 0 is as long as the context.
	Limit time.Duration
	// Watch samples the resident memory this often; 0 is [DefaultWatch], and of a program
	// that runs beside the bench never.
	Watch time.Duration
}

// DefaultWatch is often enough to see what a program of a second's life held.
const DefaultWatch = 100 * time.Millisecond

// Usage is what a program used in its life.
type Usage struct {
	// CPU is its user and system time, children it waited for included: what wait4
	// reports.
	CPU    time.Duration
	Wall   time.Duration
	Memory Memory
	// Stdout is what it printed.
	Stdout []byte
}

// Run runs a program to its end. A program that fails is an [*ExitError] with its
// last words; what it used and printed is returned all the same.
func Run(ctx context.Context, o Options, argv ...string) (Usage, error) {
	if o.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Limit)
		defer cancel()
	}
	var out, errs bytes.Buffer
	p, err := start(ctx, o, &out, &errs, argv)
	if err != nil {
		return Usage{}, err
	}
	p.watcher = watch(p.cmd.Process.Pid, o.Watch)
	err = p.cmd.Wait()
	u := p.used()
	u.Stdout = out.Bytes()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return u, fmt.Errorf("%s: ended after %v: %w", argv[0], u.Wall.Round(time.Millisecond), ctx.Err())
	case errors.As(err, &exit):
		return u, &ExitError{Program: argv[0], Code: exit.ExitCode(), Stderr: tail(errs.Bytes())}
	case err != nil:
		return u, fmt.Errorf("%s: %w", argv[0], err)
	}
	return u, nil
}

// ExitError is a program that ended with a code other than 0.
type ExitError struct {
	Program string
	Code    int // −1 after a signal
	Stderr  string
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("%s: exit code %d: %s", e.Program, e.Code, e.Stderr)
}

// Process is a program that runs beside the bench.
type Process struct {
	cmd     *exec.Cmd
	errs    *bytes.Buffer
	began   time.Time
	watcher *watcher // nil: nobody watches its memory
}

// used is what the process used until it was waited for.
func (p *Process) used() Usage {
	u := Usage{Wall: time.Since(p.began)}
	if p.watcher != nil {
		u.Memory, p.watcher = p.watcher.stop(), nil
	}
	if ru, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.CPU = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
	return u
}

// Start starts a program; [Process.Stop] ends it, and so does the context.
func Start(ctx context.Context, o Options, argv ...string) (*Process, error) {
	var errs bytes.Buffer
	p, err := start(ctx, o, nil, &errs, argv)
	if err == nil && o.Watch > 0 {
		p.watcher = watch(p.cmd.Process.Pid, o.Watch)
	}
	return p, err
}

func start(ctx context.Context, o Options, out, errs *bytes.Buffer, argv []string) (*Process, error) {
	if o.Core > 0 {
		// taskset replaces itself by the program: the process id stays.
		argv = append([]string{"taskset", "-c", strconv.Itoa(o.Core - 1)}, argv...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stderr = o.Dir, errs
	switch {
	case out != nil:
		cmd.Stdout = out
	case o.Stdout != nil:
		cmd.Stdout = o.Stdout
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	return &Process{cmd: cmd, errs: errs, began: time.Now()}, nil
}

// Signal sends s to the process.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Stop ends the process, which may take a few seconds to obey before it is killed, and
// returns what it used in its life. Memory is that of a process which was watched.
func (p *Process) Stop() Usage {
	// A process that was stopped hears nothing before it goes on.
	p.Signal(syscall.SIGCONT)
	p.Signal(syscall.SIGTERM)
	patience := time.AfterFunc(5*time.Second, func() { p.cmd.Process.Kill() })
	p.cmd.Wait() // that it was ended is no error
	patience.Stop()
	return p.used()
}

// LastWords is what a stopped process wrote to its standard error.
func (p *Process) LastWords() string { return tail(p.errs.Bytes()) }

func tail(b []byte) string {
	const most = 600
	b = bytes.TrimSpace(b)
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return string(b)
}

// RaiseFiles lifts the limit of open files, for this process and those it starts,
// to what the system allows, which must be at least n: every connection of a tool is
// a file.
func RaiseFiles(n uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	// Go lifted its own limit when it began, and gives its children the old one
	// unless the limit is set by hand.
	l.Cur, l.Max = max(l.Max, n), max(l.Max, n)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("limit of open files: %d needed: %w: try `ulimit -n %d`", n, err, n)
	}
	return nil
}
