package wire

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/stress-tool/stress/attack"
)

// spareFiles is how many files the process may need besides the connections.
const spareFiles = 64

// EnoughFiles returns an error if the clients of a closed load cannot all have a connection: such
// a load would measure our own limit. Package os has already raised the soft limit to the hard
// one. How many connections an open load needs depends on the answers; there a request that gets
// no file fails, see [Limits].
func EnoughFiles(job *attack.Job) error {
	if job.Plan.Open() {
		return nil
	}
	clients, limit := PeakClients(job), fileLimit()
	if need := uint64(clients) + spareFiles; need > limit {
		return &attack.LimitError{Words: fmt.Sprintf("%d clients need %d open files, this process may have %d: raise the limit with `ulimit -n %d`",
			clients, need, limit, need)}
	}
	return nil
}

// EnoughPorts returns an error if the clients of a closed load cannot all have a local port to one
// target. A unix socket needs none.
func EnoughPorts(job *attack.Job) error {
	ports := localPorts(job)
	if job.Plan.Open() || job.Socket != "" || ports == 0 || PeakClients(job) <= ports {
		return nil
	}
	return &attack.LimitError{Words: fmt.Sprintf("%d clients need as many local ports, there are %d to one target: add load.local_addresses", PeakClients(job), ports)}
}

// Limits are the limits of this machine that a job may reach.
type Limits struct{ files, ports func() string }

// NewLimits returns the limits for a job. Each is looked up once, when it is first reached.
func NewLimits(job *attack.Job) *Limits {
	n := connections(job)
	need := ""
	if n > 0 {
		need = fmt.Sprintf(", up to %d connections need as many", n)
	}
	return &Limits{
		files: sync.OnceValue(func() string {
			raise := "raise `ulimit -n`"
			if n > 0 {
				raise = fmt.Sprintf("raise it with `ulimit -n %d`", n+spareFiles)
			}
			return fmt.Sprintf(" (this process may have %d%s: %s)", fileLimit(), need, raise)
		}),
		ports: sync.OnceValue(func() string {
			ports := "so many"
			if n := localPorts(job); n > 0 {
				ports = strconv.Itoa(n)
			}
			return fmt.Sprintf(" (%s to one target%s: add load.local_addresses)", ports, need)
		}),
	}
}

// Explain reports whether an error is a limit of the generator (own), which was reached before the
// target was asked. remedy follows the reason of [Classify]: how much there is, how much the load
// needs, and what to do. It is "" for any other error. Explain may be called from several
// goroutines.
func (l *Limits) Explain(err error) (remedy string, own bool) {
	switch systemError(err) {
	case syscall.EMFILE:
		return l.files(), true
	case syscall.ENFILE:
		return " (on the whole machine: raise `sysctl fs.file-max`)", true
	case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return l.ports(), true
	}
	return "", false
}

// connections returns how many connections a job may have open, 0 without a bound.
func connections(job *attack.Job) int {
	switch {
	case job.Connections == attack.Shared:
		return MaxConnections(job)
	case !job.Plan.Open():
		return PeakClients(job)
	}
	return 0
}

// MaxConnections is the size of a job's shared pool.
func MaxConnections(job *attack.Job) int {
	if job.MaxConnections > 0 {
		return job.MaxConnections
	}
	return attack.DefaultMaxConnections
}

// PeakClients is the most clients of a closed load that are at work at once.
func PeakClients(job *attack.Job) int {
	l := job.Plan.Load()
	n := max(l.Clients, l.From)
	for _, s := range l.Stages {
		n = max(n, s.Clients)
	}
	return n
}

// localPorts returns how many ports the kernel can choose from, on all local addresses of a job; 0
// if that is not known.
func localPorts(job *attack.Job) int {
	var from, to int
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err == nil {
		_, err = fmt.Sscan(string(text), &from, &to)
	}
	if err != nil { // another system, or this process can open no more files
		return 0
	}
	return (to - from + 1) * max(len(job.LocalAddresses), 1)
}
