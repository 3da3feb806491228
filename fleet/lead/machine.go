package lead

import (
	"slices"
	"strings"

	"github.com/stress-tool/stress/runlog"
)

// Machine implements [run.Performer]: that of the agents.
func (f *Fleet) Machine() runlog.Machine {
	ms := make([]runlog.Machine, len(f.members))
	for i, m := range f.members {
		ms[i] = m.Machine
	}
	return together(ms)
}

// together is one machine for all: its texts name each kind once, and its numbers are the least.
func together(ms []runlog.Machine) runlog.Machine {
	each := func(text func(runlog.Machine) string) string {
		var all []string
		for _, m := range ms {
			all = append(all, text(m))
		}
		slices.Sort(all)
		return strings.Join(slices.Compact(all), " and ")
	}
	out := ms[0]
	for _, m := range ms[1:] {
		out.CPUs, out.MemoryMB = min(out.CPUs, m.CPUs), min(out.MemoryMB, m.MemoryMB)
		if m.Quota > 0 && (out.Quota == 0 || m.Quota < out.Quota) {
			out.Quota = m.Quota
		}
	}
	out.OS = each(func(m runlog.Machine) string { return m.OS })
	out.Arch = each(func(m runlog.Machine) string { return m.Arch })
	out.Kernel = each(func(m runlog.Machine) string { return m.Kernel })
	out.CPU = each(func(m runlog.Machine) string { return m.CPU })
	out.Agents = len(ms)
	return out
}
