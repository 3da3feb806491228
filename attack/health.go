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
	since  time.Duration // the instant of the leg at which it was last read
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

// leastWall is the shortest stretch that has a share of the processors. The kernel may
// count a process's time in ticks of up to 10 ms; in less than this, one of them decides.
const leastWall = 100 * time.Millisecond

// newHealth begins at an instant of the leg: what came before is in no second.
func newHealth(now time.Duration) *health {
	h := &health{since: now, cpu: newCPUClock(), system: readSystem()}
	debug.ReadGCStats(&h.gc)
	h.paused = h.gc.PauseTotal
	return h
}

// tell fills in what happened since the last call; now is an instant of the leg.
func (h *health) tell(s *runlog.Second, now time.Duration) {
	wall := now - h.since
	h.since = now
	s.WallS, s.CPU = wall.Seconds(), h.cpu.share(wall)
	debug.ReadGCStats(&h.gc)
	s.GCPauseMS = (h.gc.PauseTotal - h.paused).Seconds() * 1e3
	h.paused = h.gc.PauseTotal
	was, is := h.system, readSystem()
	h.system = is
	if wall >= leastWall && was.timed && is.timed && is.ticks > was.ticks && is.stolen >= was.stolen {
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
