package embedded

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stress-tool/stress/internal/words"
)

// words say in a few lines what the lab is, so that nobody takes its figures for those of a
// real system.
func (o Options) words() []string {
	times := newServiceTimes(o.Service, nil)
	lines := []string{
		"a lab on this machine, not a real system: its speed is set, not found",
		fmt.Sprintf("%s behind a round-robin proxy and one alone, %s each, %v of service per request: at most %s a replica",
			words.Counted(o.Replicas, "replica"), words.Counted(o.Workers, "worker"), o.Service, perSecond(o.Workers, o.Service)),
		fmt.Sprintf("service times are log-normal: mean %v, 95 %% below %v, 99 %% below %v; seed %d",
			o.Service, rounded(times.quantile(0.95)), rounded(times.quantile(0.99)), o.Seed),
		fmt.Sprintf("engines that clients take for those of a Docker Swarm of %d nodes run them, and replace one that ends after %v", len(nodes), o.RestartDelay),
		fmt.Sprintf("the database takes %s at a time, the proxy %s", words.Counted(o.MaxConnections, "connection"), words.Counted(o.ProxyConnections, "connection")),
	}
	return append(lines, o.Faults.words()...)
}

func (f Faults) words() []string {
	var lines []string
	if f.DropInsert > 0 {
		lines = append(lines, fmt.Sprintf("fault: %.3g %% of the successful answers write nothing", 100*f.DropInsert))
	}
	if f.SlowSingle != 0 {
		lines = append(lines, fmt.Sprintf("fault: the single replica takes %.3g times as long", f.SlowSingle))
	}
	for _, i := range slices.Sorted(maps.Keys(f.SlowReplica)) {
		lines = append(lines, fmt.Sprintf("fault: replica %d takes %.3g times as long", i, f.SlowReplica[i]))
	}
	return lines
}

func perSecond(workers int, service time.Duration) string {
	return fmt.Sprintf("%.4g requests/s", float64(workers)/service.Seconds())
}

func rounded(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
