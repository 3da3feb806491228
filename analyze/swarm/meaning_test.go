package swarm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// counted is a leg of 60 s whose rows were counted each second, with ten rows a second of each host
// while it served.
func counted(events []runlog.Event, serves map[string][2]int) *runlog.Record {
	began := time.Unix(1000, 0)
	rec := &runlog.Record{Leg: runlog.Leg{Started: began}, Events: events, Ledger: &runlog.Ledger{Before: map[string]int64{}, After: map[string]int64{}, AfterAt: began.Add(61 * time.Second)}}
	sum := rec.Ledger.After
	for at := 1; at <= 60; at++ {
		line := runlog.Rows{AtS: float64(at), TookS: 0.1, Hosts: map[string]int64{}}
		for host, span := range serves {
			if at > span[0] && at <= span[1] {
				sum[host] += 10
				line.Hosts[host] = sum[host]
			}
		}
		rec.Rows = append(rec.Rows, line)
	}
	return rec
}

// kill is what is seen of a container that is killed at second 10 and replaced at second 16.5.
func kill() []runlog.Event {
	asked := runlog.Event{At: -1, Kind: runlog.EventService, Attrs: map[string]string{runlog.AttrReplicas: "3"}}
	return []runlog.Event{
		asked, task(-1, "a", "web.1", "h1", "running", ""), task(-1, "b", "web.2", "h2", "running", ""), task(-1, "c", "web.3", "h3", "running", ""),
		task(10, "b", "web.2", "h2", "failed", "running"), task(16.5, "d", "web.2", "h4", "running", "starting"),
	}
}

func TestRecoveryOfAKill(t *testing.T) {
	rec := counted(kill(), map[string][2]int{"h1": {0, 60}, "h2": {0, 10}, "h3": {0, 60}, "h4": {21, 60}})
	c := Of(rec, 60)
	h := c.Happenings[0]
	if len(c.Happenings) != 1 || h.Host != "h2" || h.NewHost != "h4" || *h.ReplacedS != 6.5 {
		t.Fatalf("%+v", c.Happenings)
	}
	// Counted at 21 and from 22 to 22.1: so its first row came within these 1.1 s; the last row of
	// the old one between 9 and 10.1.
	if got, want := fmt.Sprintf("%.1f %.1f, %.1f %.1f", h.FirstRow.FromS, h.FirstRow.ToS, h.Recovered.FromS, h.Recovered.ToS), "21.0 22.1, 10.9 13.1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var steps []string
	for _, r := range c.Replicas {
		steps = append(steps, fmt.Sprintf("%.1f:%d/%d/%d", r.AtS, r.Desired, r.Running, r.Serving))
	}
	if got, want := strings.Join(steps, " "), "0.0:3/3/3 10.0:3/2/3 10.1:3/2/2 16.5:3/3/2 22.1:3/3/3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if at := Changes(c, 60); !slices.Equal(at, []float64{10, 22.1}) {
		t.Errorf("changes at %v", at)
	}
	if rows, first, last := Between(rec, 10, 22.1); first != 10.1 || last != 22 || !maps.Equal(rows, map[string]int64{"h1": 120, "h3": 120, "h4": 10}) {
		t.Errorf("%v from %v to %v", rows, first, last)
	}
	if rows, _, _ := Between(rec, 30.2, 30.9); rows != nil {
		t.Errorf("%v between two counts", rows)
	}
}

func TestRowsThatWereNotCountedMeanwhile(t *testing.T) {
	rec := counted(kill(), map[string][2]int{"h1": {0, 60}})
	rec.Rows = nil
	c := Of(rec, 60)
	if c.Happenings[0].FirstRow != nil || c.Replicas[0].Serving != -1 || Written(rec) != nil {
		t.Errorf("%+v", c)
	}
}

func TestFindingsOfACluster(t *testing.T) {
	drained := append(kill()[:4], task(5, "d", "web.3", "", "pending", ""), task(6, "c", "web.3", "h3", "shutdown", "stopping"))
	for name, c := range map[string]struct {
		events []runlog.Event
		serves map[string][2]int
		want   []string
	}{
		"a replacement that serves": {kill(), map[string][2]int{"h1": {0, 60}, "h2": {0, 10}, "h3": {0, 60}, "h4": {21, 60}}, nil},
		// A balancer that looked the name up once never asks the new address.
		"a replacement that is never asked": {kill(), map[string][2]int{"h1": {0, 60}, "h2": {0, 10}, "h3": {0, 60}}, []string{
			"1 task ran and wrote nothing: web.2 on , host h4, from second 16.5 on", "nobody who writes took the place of h2 (web.2 on ) to second 10.0",
		}},
		"a drain without room": {drained, map[string][2]int{"h1": {0, 60}, "h2": {0, 60}, "h3": {0, 6}}, []string{
			"took the place of h3", "2 of 3 replicas ran from second 6.0 to the end; web.3 waits: no suitable node",
		}},
		"a target beside the cluster": {kill(), map[string][2]int{"other": {0, 60}}, nil},
		"too few rows to tell":        {kill()[:4], map[string][2]int{"h1": {0, 2}}, nil},
	} {
		rec := counted(c.events, c.serves)
		cluster := Of(rec, 60)
		var hosts []result.Host
		for host, n := range rec.Ledger.After {
			hosts = append(hosts, result.Host{Host: host, Rows: n})
		}
		Name(hosts, cluster)
		found := Findings(cluster, hosts, 60)
		if len(found) != len(c.want) {
			t.Errorf("%s: %+v", name, found)
			continue
		}
		for i, f := range found {
			if !strings.Contains(f.Text, c.want[i]) || f.Verdict != result.Pass || f.Code == "" {
				t.Errorf("%s: %+v, want %q", name, f, c.want[i])
			}
		}
	}
}
