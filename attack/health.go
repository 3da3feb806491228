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
	processors
	timed bool // they are known
	// retransmits counts the TCP segments that this machine has sent again; counted says that the
	// number is known.
	retransmits uint64
	counted     bool
}

// processors are the times of a machine's processors, in clock ticks.
type processors struct {
	ticks  uint64 // in all
	idle   uint64 // that nobody wanted, waiting for a disk included
	stolen uint64 // that a hypervisor gave to others
	// runnable is how many threads have a processor or wait for one, now.
	runnable uint64
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
		ticks := float64(is.ticks - was.ticks)
		steal := float64(is.stolen-was.stolen) / ticks
		s.Steal, s.Runnable = &steal, &is.runnable
		if is.idle >= was.idle { // the time of waiting for a disk may become less (proc_stat(5))
			busy := max(0, 1-steal-float64(is.idle-was.idle)/ticks)
			s.Busy = &busy
		}
	}
	if was.counted && is.counted && is.retransmits >= was.retransmits {
		n := is.retransmits - was.retransmits
		s.Retransmits = &n
	}
}

// parseStat reads the times of the machine's processors from /proc/stat. The time of guests is already in
// that of user and is not added again (proc_stat(5)).
func parseStat(b []byte) (p processors, ok bool) {
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return processors{}, false
	}
	for i, f := range fields[1:9] { // user, nice, system, idle, iowait, irq, softirq, steal
		n, err := strconv.ParseUint(string(f), 10, 64)
		if err != nil {
			return processors{}, false
		}
		p.ticks += n
		switch i {
		case 3, 4:
			p.idle += n
		case 7:
			p.stolen = n
		}
	}
	if _, running, found := bytes.Cut(rest, []byte("\nprocs_running ")); found {
		line, _, _ := bytes.Cut(running, []byte("\n"))
		n, err := strconv.ParseUint(string(line), 10, 64)
		if err != nil {
			return processors{}, false
		}
		p.runnable = n
	}
	return p, true
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
