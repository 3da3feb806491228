package attack

import (
	"runtime"
	"testing"
	"time"

	"github.com/stress-tool/stress/runlog"
)

const (
	statText = "cpu  480328 13466 75195 563919 1414 7 9044 731 5 6\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5\nprocs_running 3\nprocs_blocked 0\n"
	snmpText = "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: RtoAlgorithm InSegs OutSegs RetransSegs InErrs\nTcp: 1 200 -1 17 0\nUdp: InDatagrams\nUdp: 3\n"
)

func TestCountersOfTheSystem(t *testing.T) {
	got, ok := parseStat([]byte(statText))
	if want := (processors{ticks: 480328 + 13466 + 75195 + 563919 + 1414 + 7 + 9044 + 731, idle: 563919 + 1414, stolen: 731, runnable: 3}); got != want || !ok {
		t.Errorf("%+v, %v, want %+v", got, ok, want)
	}
	if n, ok := parseSNMP([]byte(snmpText)); n != 17 || !ok {
		t.Errorf("%d segments sent again, %v", n, ok)
	}
	for _, broken := range []string{"", "\n", "cpu", "cpu 1 2 3", "cpux 1 2 3 4 5 6 7 8", "cpu 1 2 3 4 5 6 7 x", "cpu 1 2 3 4 5 6 7 8\nintr 1\nprocs_running x\n", "Tcp:\n", "Tcp: RetransSegs\n", "Tcp: RetransSegs\nTcp:\n", "Tcp: RetransSegs\nTcp: -1\n", "Tcp: InSegs\nTcp: 1\n"} {
		if _, ok := parseStat([]byte(broken)); ok {
			t.Errorf("stat %q is understood", broken)
		}
		if _, ok := parseSNMP([]byte(broken)); ok {
			t.Errorf("snmp %q is understood", broken)
		}
	}
}

func FuzzCounters(f *testing.F) {
	f.Add([]byte(statText))
	f.Add([]byte(snmpText))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseStat(b); !ok && p != (processors{}) {
			t.Errorf("not understood, and yet %+v", p)
		}
		parseSNMP(b)
	})
}

func TestHealthTellsOfItsSecond(t *testing.T) {
	h := newHealth(0)
	runtime.GC()
	var s runlog.Second
	h.fill(&s, time.Second)
	if s.GCPauseMS <= 0 {
		t.Errorf("%v ms of pauses in a second with a collection", s.GCPauseMS)
	}
	if runtime.GOOS == "linux" && s.Retransmits == nil {
		t.Error("the system's counters were not read")
	}
	h.system.processors = processors{}
	s = runlog.Second{}
	if h.fill(&s, 2*time.Second); runtime.GOOS == "linux" && (s.Busy == nil || !(*s.Busy > 0 && *s.Busy < 1) || s.Runnable == nil || *s.Runnable == 0) {
		t.Errorf("busy %v, runnable %v since the machine began", s.Busy, s.Runnable)
	}
	h.system.timed, h.system.counted = false, false
	s = runlog.Second{}
	h.fill(&s, 3*time.Second)
	if s.Steal != nil || s.Busy != nil || s.Runnable != nil || s.Retransmits != nil {
		t.Errorf("steal %v, busy %v, runnable %v, retransmits %v from counters of which only one reading is known", s.Steal, s.Busy, s.Runnable, s.Retransmits)
	}
}

func TestNoShareOfAMoment(t *testing.T) {
	h := newHealth(time.Second)
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); { // some processor time
	}
	var s runlog.Second
	h.fill(&s, time.Second+minWall-1)
	if s.CPU >= 0 || s.Steal != nil || s.Busy != nil {
		t.Errorf("CPU %v, steal %v of %v", s.CPU, s.Steal, minWall-1)
	}
	if want := (minWall - 1).Seconds(); s.WallS != want {
		t.Errorf("the second lasted %v s, want %v", s.WallS, want)
	}
}

func TestNobodyHasMoreThanAllProcessors(t *testing.T) {
	h := newHealth(0)
	h.cpu.used -= time.Hour
	var s runlog.Second
	if h.fill(&s, time.Second); s.CPU != 1 {
		t.Errorf("share %v of the processors after an hour of work in a second", s.CPU)
	}
}
