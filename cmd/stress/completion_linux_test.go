package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestCompletionInBash(t *testing.T) {
	testCompletion(t, "eval \"$(stress completion bash)\"", shell(t, "bash"), "--noprofile", "--norc", "-i")
}

func TestCompletionInZsh(t *testing.T) {
	testCompletion(t, "bindkey -e; autoload -Uz compinit && compinit -u -D; eval \"$(stress completion zsh)\"", shell(t, "zsh"), "-f", "-i")
}

// testCompletion types each line and a Tab into an interactive shell on a terminal, as
// a person does, and has the shell print the words that it makes of that.
func testCompletion(t *testing.T, setup string, name string, args ...string) {
	dir := completionDir(t)
	keep(t, dir)
	term := startTerminal(t, dir, name, args...)
	term.ask(t, "PS1=; PROMPT=; "+setup, "")
	for _, c := range completions {
		got := term.ask(t, c.typed+"\t\x01printf '<%s>' ", "\x05")
		if !strings.HasSuffix(got, "<"+c.want+">") {
			t.Errorf("%q and a Tab: the shell has %q, want %q at the end", c.typed, got, c.want)
		}
	}
}

// terminal is an interactive program on a terminal of its own.
type pseudoTerminal struct {
	master *os.File
	read   chan string
	asked  int
}

func startTerminal(t *testing.T, dir, name string, args ...string) *pseudoTerminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("!!! LEFT OUT: there is no terminal to be had: %v", err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 300})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, slave, slave, slave
	cmd.Env = append(os.Environ(), "TERM=dumb", "HISTFILE=", "HOME="+dir, "INPUTRC=/dev/null")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	p := &pseudoTerminal{master: master, read: make(chan string, 1000)}
	go func() {
		defer close(p.read)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			if n > 0 {
				p.read <- string(b[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		master.Close()
	})
	return p
}

// ask types a line, waits until the shell has done it and returns what it printed on
// the last line. before is typed ahead of the end of the line.
func (p *pseudoTerminal) ask(t *testing.T, line, before string) string {
	t.Helper()
	p.asked++
	fmt.Fprintf(p.master, "%s%s; echo .en''d%d.\n", line, before, p.asked)
	end := regexp.MustCompile(fmt.Sprintf(`(?m)^(.*)\.end%d\.`, p.asked))
	var seen strings.Builder
	patience := time.After(time.Minute)
	for {
		select {
		case s, open := <-p.read:
			seen.WriteString(s)
			if m := end.FindStringSubmatch(seen.String()); m != nil {
				return m[1]
			}
			if !open {
				t.Fatalf("the shell has ended: %q", seen.String())
			}
		case <-patience:
			t.Fatalf("the shell does not answer: %q", seen.String())
		}
	}
}
