package attack

import (
	"bytes"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// health is what the generator and its machine say of themselves, second by second.
// Reading it takes some tens of microseconds, and stops nothing.
type health struct {
	cpu    cpuClock
	gc     debug.GCStats
	paused time.Duration
	system systemCounters
}

// systemCounters are the system's own; each is known or not.
type systemCounters struct {
	// stolen and ticks are processor time: taken by a hypervisor, and all there was.
	stolen, ticks uint64
	timed         bool
	// retransmits are the TCP segments that this machine has sent again.
	retransmits uint64
	counted     bool
}

func newHealth() *health {
	h := &health{cpu: newCPUClock(), system: readSystem()}
	debug.ReadGCStats(&h.gc)
	h.paused = h.gc.PauseTotal
	return h
}

// tell fills in what happened since the last call, wall ago.
func (h *health) tell(s *runlog.Second, wall time.Duration) {
	s.CPU = h.cpu.share(wall)
	debug.ReadGCStats(&h.gc)
	s.GCPauseMS = (h.gc.PauseTotal - h.paused).Seconds() * 1e3
	h.paused = h.gc.PauseTotal
	was, is := h.system, readSystem()
	h.system = is
	if was.timed && is.timed && is.ticks > was.ticks && is.stolen >= was.stolen {
		share := float64(is.stolen-was.stolen) / float64(is.ticks-was.ticks)
		s.Steal = &share
	}
	if was.counted && is.counted && is.retransmits >= was.retransmits {
		n := is.retransmits - was.retransmits
		s.Retransmits = &n
	}
}

// parseStat reads the processor time of the whole machine from /proc/stat: stolen,
// and all of it. Guests' time stands in user's already and is not added again
// (proc_stat(5)).
func parseStat(b []byte) (stolen, ticks uint64, ok bool) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return 0, 0, false
	}
	for i, f := range fields[1:9] {
		n, err := strconv.ParseUint(string(f), 10, 64)
		if err != nil {
			return 0, 0, false
		}
		ticks += n
		if i == 7 {
			stolen = n
		}
	}
	return stolen, ticks, true
}

// parseSNMP reads RetransSegs from /proc/net/snmp: a line "Tcp:" of names, then one
// of values.
func parseSNMP(b []byte) (n uint64, ok bool) {
	var names [][]byte
	for line := range bytes.Lines(b) {
		fields := bytes.Fields(line)
		if len(fields) == 0 || string(fields[0]) != "Tcp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, name := range names {
			if string(name) == "RetransSegs" && i < len(fields) {
				n, err := strconv.ParseUint(string(fields[i]), 10, 64)
				return n, err == nil
			}
		}
		return 0, false
	}
	return 0, false
}
