package run

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/stress-tool/stress/internal/quota"
	"github.com/stress-tool/stress/runlog"
)

// Machine describes where load from here comes from, as far as the system tells.
func Machine() runlog.Machine {
	m := runlog.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0), Quota: quota.Quota()}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(b))
	}
	m.CPU = procField("/proc/cpuinfo", "model name")
	if kb, err := strconv.ParseInt(strings.TrimSuffix(procField("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		m.MemoryMB = kb / 1024
	}
	return m
}

// procField is the first value of a key in a file of "key: value" lines, "" where
// there is none.
func procField(path, key string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if k, v, ok := strings.Cut(sc.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
