package lead

import (
	"testing"

	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/runlog"
)

// Agents of one kind of machine are that machine, so many times; figures of other numbers of
// agents, and of other machines, are kept apart.
func TestMachinesOfAFleet(t *testing.T) {
	small := runlog.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "Small", CPUs: 2, MemoryMB: 4000}
	large := runlog.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "Large", CPUs: 8, MemoryMB: 16000, Quota: 4}
	alike := small
	alike.Agents = 2
	if got := together([]runlog.Machine{small, small}); got != alike {
		t.Errorf("two of %+v are %+v", small, got)
	}
	mixed := runlog.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "Large and Small", CPUs: 2, MemoryMB: 4000, Quota: 4, Agents: 2}
	for _, ms := range [][]runlog.Machine{{small, large}, {large, small}} {
		if got := together(ms); got != mixed {
			t.Errorf("%+v are %+v", ms, got)
		}
	}
	kinds := map[string]bool{}
	for _, m := range []runlog.Machine{small, together([]runlog.Machine{small}), alike, mixed} {
		kinds[history.Machine(m)] = true
	}
	if len(kinds) != 4 {
		t.Errorf("kinds of machines: %v", kinds)
	}
}
