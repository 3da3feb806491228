package process

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestErrorsShowTheLog(t *testing.T) {
	c := Command{
		Name: "talker", Log: filepath.Join(t.TempDir(), "talker.log"),
		Args: []string{"/bin/sh", "-c", "echo the disk is full; exit 3"},
	}
	err := c.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("error %v, want the status and the log", err)
	}
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	err = p.Ready(t.Context(), func(context.Context) error { return errors.New("not yet") })
	if err == nil || !strings.Contains(err.Error(), "talker ended: exit status 3") || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("error %v, want the status and the log", err)
	}
}

// TestOrphansGoToo: what a server leaves behind when it dies is still in its group.
func TestOrphansGoToo(t *testing.T) {
	dir := t.TempDir()
	p, err := Command{
		Name: "forker", Log: filepath.Join(dir, "forker.log"),
		Args: []string{"/bin/sh", "-c", `sleep 1000 & exit 0`, dir},
	}.Start()
	if err != nil {
		t.Fatal(err)
	}
	<-p.done
	if err := p.Kill(); err != nil {
		t.Error(err)
	}
	if err := awaitGroupEnd("forker", p.cmd.Process.Pid, time.Second); err != nil {
		t.Error(err)
	}
}
