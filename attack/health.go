package attack

import (
	"bytes"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/stress-tool/stress/runlog"
)

// health reads the counters of the generator and its machine once a second. That takes some tens of
// microseconds and stops nothing.
type health struct {
	since  time.Duration // when it was last read, from the leg's start
	cpu    cpuClock
	gc     debug.GCStats
	paused time.Duration
	system systemCounters
}

// systemCounters are the counters of the system.
type systemCounters struct {
	// stolen is the processor time that a hypervisor gave to others, ticks all processor time, both
	// in clock ticks; timed says that they are known.
	stolen, ticks uint64
	timed         bool
	// retransmits counts the TCP segments that this machine has sent again; counted says that the
	// number is known.
	retransmits uint64
	counted     bool
}

// minWall is the shortest time for which a share of the processors is computed. The kernel may count the
// time of a process in ticks of up to 10 ms; in a shorter time a single tick would decide.
const minWall = 100 * time.Millisecond

// minTicks is the fewest clock ticks of the machine of which a stolen share is computed, for the same
// reason. A machine of one processor has ten in minWall.
const minTicks = 10

// newHealth begins to count at now, an instant of the leg.
func newHealth(now time.Duration) *health {
	h := &health{since: now, cpu: newCPUClock(), system: readSystem()}
	debug.ReadGCStats(&h.gc)
	h.paused = h.gc.PauseTotal
	return h
}

// fill sets the fields of a second to what has happened since the last call; now is an instant of the leg.
func (h *health) fill(s *runlog.Second, now time.Duration) {
	wall := now - h.since
	h.since = now
	s.WallS, s.CPU = wall.Seconds(), h.cpu.share(wall)
	debug.ReadGCStats(&h.gc)
	s.GCPauseMS = (h.gc.PauseTotal - h.paused).Seconds() * 1e3
	h.paused = h.gc.PauseTotal
	was, is := h.system, readSystem()
	h.system = is
	if wall >= minWall && was.timed && is.timed && is.ticks >= was.ticks+minTicks && is.stolen >= was.stolen {
		share := float64(is.stolen-was.stolen) / float64(is.ticks-was.ticks)
		s.Steal = &share
	}
	if was.counted && is.counted && is.retransmits >= was.retransmits {
		n := is.retransmits - was.retransmits
		s.Retransmits = &n
	}
}

// parseStat reads the stolen and the whole processor time of the machine from /proc/stat, in clock ticks.
// The time of guests is already in that of user and is not added again (proc_stat(5)).
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

// parseSNMP reads RetransSegs from /proc/net/snmp, which has a line "Tcp:" of names and then one of
// values.
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
