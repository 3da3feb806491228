package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

// On a full disk a search ends with what it could keep, and says why.
func TestASearchOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("LEFT OUT, only root may mount a small disk")
	}
	disk, copied := t.TempDir(), filepath.Join(t.TempDir(), "study")
	args := quickSearch(crowded(t), "error_rate < 20%", "--out", filepath.Join(disk, "study"))
	const script = `disk=$1 copied=$2; shift 2
mount -t tmpfs -o size=600k tmpfs "$disk" || exit 99
stress "$@"
code=$?
cp -r "$disk/study" "$copied"
exit $code`
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", append([]string{"--mount", "sh", "-c", script, "sh", disk, copied}, args...)...)
	out := &streams{}
	cmd.Stdout, cmd.Stderr = &out.stdout, &out.stderr
	r := wait(t, cmd.Run(), out)
	if r.code == 99 {
		t.Skip("LEFT OUT, this system mounts no small disk: ", r.stderr)
	}
	r.wantCode(t, exitUnable)
	if !strings.Contains(r.stderr, "no space left on device") {
		t.Errorf("%s\n%s", r.stdout, r.stderr)
	}
	if _, err := result.ReadStudy(copied); err != nil {
		t.Errorf("what was kept cannot be read: %v", err)
	}
}
