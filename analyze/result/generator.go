package result

import "github.com/stress-tool/stress/runlog"

// Generator is the health of what sent the load.
type Generator struct {
	CPU      float64 `json:"cpu"` // mean share of the machine, 0 to 1; negative: not known
	CPUMax   float64 `json:"cpu_max"`
	LagP99MS float64 `json:"lag_p99_ms"`
	// QueueP50MS and QueueP99MS are of Leg.Queue.
	QueueP50MS float64 `json:"queue_p50_ms"`
	QueueP99MS float64 `json:"queue_p99_ms"`
	// Steal is the mean share of the machine, 0 to 1, that a hypervisor gave to
	// others; negative: not known. StealMax is that of the worst second.
	Steal    float64 `json:"steal"`
	StealMax float64 `json:"steal_max"`
	// Busy is the mean share of the machine, 0 to 1, that all its programs took, Runnable the mean
	// number of their threads that had a processor or waited for one; nil: not known.
	Busy     *float64 `json:"busy,omitempty"`
	Runnable *float64 `json:"runnable,omitempty"`
	// GCPauseMS is how long garbage collection stopped the generator in all,
	// GCPauseMaxMS in the worst second.
	GCPauseMS    float64 `json:"gc_pause_ms"`
	GCPauseMaxMS float64 `json:"gc_pause_max_ms"`
	// Standstills is how often the generator did not run for a tenth of a second or more
	// while load was put on: its process was suspended, its virtual machine paused, or
	// others had its processors. StandstillS is how long in all, LongestStandstill when
	// it did not for longest.
	Standstills       int         `json:"standstills"`
	StandstillS       float64     `json:"standstill_s"`
	LongestStandstill runlog.Span `json:"longest_standstill"`
	// Retransmits are the TCP segments that the machine sent again, whoever's they
	// were; nil: not known.
	Retransmits *uint64 `json:"retransmits,omitempty"`
	// Waited is how many requests waited for one of the generator's own connections.
	Waited uint64 `json:"waited,omitempty"`
	// Own is how many requests failed at a limit of the generator's own.
	Own uint64 `json:"own,omitempty"`
	// Limited says that the generator, not the target, set the figures; Why says
	// what gave it away.
	Limited bool      `json:"limited"`
	Why     []Finding `json:"why,omitempty"`
}
