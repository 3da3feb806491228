package wire

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/stress-tool/stress/attack"
)

// spareFiles is how many files the process may need besides the connections.
const spareFiles = 64

// EnoughFiles refuses a closed load whose clients cannot all have a connection: it
// would measure our limit. Package os has raised the soft limit to the hard one. What
// an open load will need only the answers decide; there what runs out is a failure of
// the request that met it, see [Limits].
func EnoughFiles(job *attack.Job) error {
	if job.Plan.Open() {
		return nil
	}
	clients, limit := PeakClients(job), fileLimit()
	if need := uint64(clients) + spareFiles; need > limit {
		return fmt.Errorf("%d clients need %d open files, this process may have %d: raise the limit with `ulimit -n %d`",
			clients, need, limit, need)
	}
	return nil
}

// Limits are those of this machine that a job may meet.
type Limits struct{ files, ports func() string }

// NewLimits are the limits for a job. Each is looked up once, when it is first met.
func NewLimits(job *attack.Job) *Limits {
	return &Limits{
		files: sync.OnceValue(func() string {
			return fmt.Sprintf(" (this process may have %d%s: raise `ulimit -n`)", fileLimit(), needed(job))
		}),
		ports: sync.OnceValue(func() string {
			return fmt.Sprintf(" (%s to one target%s: add load.local_addresses)", localPorts(job), needed(job))
		}),
	}
}

// Remedy goes behind the reason that [Classify] gives for an error: where that is a
// limit, how much there is, how much it takes, and what to do; else "". It may be
// called from several goroutines.
func (l *Limits) Remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return l.files()
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EADDRINUSE):
		return l.ports()
	}
	return ""
}

// needed says how many connections a job may have open, "" where nothing bounds them.
func needed(job *attack.Job) string {
	n := 0
	switch {
	case job.Connections == attack.Shared:
		n = MaxConnections(job)
	case !job.Plan.Open():
		n = PeakClients(job)
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", up to %d connections need as many", n)
}

// MaxConnections is the size of a job's shared pool.
func MaxConnections(job *attack.Job) int {
	if job.MaxConnections > 0 {
		return job.MaxConnections
	}
	return attack.DefaultMaxConnections
}

// PeakClients is the most clients of a closed load that are ever at work.
func PeakClients(job *attack.Job) int {
	l := job.Plan.Load()
	n := max(l.Clients, l.From)
	for _, s := range l.Stages {
		n = max(n, s.Clients)
	}
	return n
}

// localPorts says how many ports the kernel chooses from, on all of a job's addresses.
func localPorts(job *attack.Job) string {
	var from, to int
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err == nil {
		_, err = fmt.Sscan(string(text), &from, &to)
	}
	if err != nil { // another system, or no file is left to read that with
		return "so many"
	}
	return strconv.Itoa((to - from + 1) * max(len(job.LocalAddresses), 1))
}
