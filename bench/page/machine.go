package page

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine says in one sentence when and on what the figures were taken: date,
// processor, cores, memory and kernel, as far as the system tells.
func Machine(now time.Time) string {
	s := fmt.Sprintf("Taken %s on %d × %s", now.UTC().Format("2006-01-02 15:04 UTC"), runtime.NumCPU(), processor("/proc/cpuinfo"))
	if k, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		s += ", " + runtime.GOOS + " " + strings.TrimSpace(string(k))
	}
	return s + ", " + runtime.Version() + "."
}

func processor(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return runtime.GOARCH
	}
	for line := range bytes.Lines(b) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(name)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return runtime.GOARCH
}
