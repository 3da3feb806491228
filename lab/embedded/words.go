package embedded

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// words say in a few lines what the lab is, so that nobody takes its figures for those of a
// real system.
func (o Options) words() []string {
	times := newServiceTimes(o.Service, nil)
	words := []string{
		"a lab on this machine, not a real system: its speed is set, not found",
		fmt.Sprintf("%s behind a round-robin proxy and one alone, %s each, %v of service per request: at most %s a replica",
			count(o.Replicas, "replica"), count(o.Workers, "worker"), o.Service, perSecond(o.Workers, o.Service)),
		fmt.Sprintf("service times are log-normal: mean %v, 95 %% below %v, 99 %% below %v; seed %d",
			o.Service, roughly(times.quantile(0.95)), roughly(times.quantile(0.99)), o.Seed),
		fmt.Sprintf("the database takes %s at a time, the proxy %s", count(o.MaxConnections, "connection"), count(o.ProxyConnections, "connection")),
	}
	return append(words, o.Faults.words()...)
}

func (f Faults) words() []string {
	var words []string
	if f.DropInsert > 0 {
		words = append(words, fmt.Sprintf("fault: %.3g %% of the successful answers write nothing", 100*f.DropInsert))
	}
	if f.SlowSingle != 0 {
		words = append(words, fmt.Sprintf("fault: the single replica takes %.3g times as long", f.SlowSingle))
	}
	for _, i := range slices.Sorted(maps.Keys(f.SlowReplica)) {
		words = append(words, fmt.Sprintf("fault: replica %d takes %.3g times as long", i, f.SlowReplica[i]))
	}
	return words
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func perSecond(workers int, service time.Duration) string {
	return fmt.Sprintf("%.4g requests/s", float64(workers)/service.Seconds())
}

func roughly(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
