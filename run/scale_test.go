package run

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// balanced is a performer whose answers come from hosts in turn, and fail where fails says so.
func balanced(hosts []string, fails func(n int) bool) Here {
	n := 0
	return func(ctx context.Context, e attack.Engine, job attack.Job, start time.Time, cfg attack.MeterConfig) (attack.Totals, error) {
		o := &attack.Outcome{Class: runlog.Success}
		if fails != nil && fails(n) {
			o = &attack.Outcome{Class: runlog.HTTP5xx, Reason: "status 502"}
		}
		cfg.OnDone(o)
		served := map[string]runlog.Served{}
		if len(hosts) > 0 {
			served[hosts[n%len(hosts)]] = runlog.Served{Answers: 1}
		}
		n++
		return attack.Totals{}, cfg.Sink.Second(runlog.Second{Served: served})
	}
}

// A service serves when a series of passes comes from as many hosts as it has replicas and none fails.
// Where nothing names hosts, answers without a failure must do.
func TestServing(t *testing.T) {
	const named = `
load: {type: maintain-client-load, clients: 1, duration: 1s}
request: {path: /}
targets: [{name: web, url: "http://127.0.0.1:1", replicas: [2, 3], host_from: {header: X-Served-By}}]
cluster: {service: web}
`
	unnamed := strings.Replace(named, ", host_from: {header: X-Served-By}", "", 1)
	all := []string{"a", "b", "c"}
	for _, test := range []struct {
		what, yaml string
		performer  Here
		want       []string // of each look, what is missing, or what answers
	}{
		{"all at once", named, balanced(all, nil), []string{", and 3 hosts answer"}},
		{"two of three", named, balanced(all[:2], nil), []string{"2 of 3 hosts answer: a proxy that looks up the name of a service once asks none of the new tasks"}},
		{"without names", named, balanced(nil, nil), []string{"0 of 3 hosts answer: a proxy that looks up the name of a service once asks none of the new tasks"}},
		{"a failure in between", named, balanced(all, func(n int) bool { return n == 2 }), []string{"an answer is not as expected: status 502", ", and 3 hosts answer"}},
		{"one that is to end", named, balanced([]string{"a", "b", "c", "old"}, nil), []string{"4 hosts answer: tasks that are to end still do, or others than those of the service"}},
		{"hosts that nothing names", unnamed, balanced(nil, func(n int) bool { return n == 5 }), []string{"an answer is not as expected: status 502", ", and it answers"}},
	} {
		sc := scenario(t, test.yaml)
		r, err := newRunner(sc, Options{Guard: offline(t)})
		if err != nil {
			t.Fatal(err)
		}
		r.probe = test.performer
		p := &passes{runner: r, target: sc.Targets[1], series: 6, job: r.job(sc.Targets[1], &r.loads[0])}
		for _, want := range test.want {
			if answered, why, err := p.all(t.Context()); err != nil || answered+why != want {
				t.Errorf("%s: %q, %v, want %q", test.what, answered+why, err, want)
			}
		}
	}
}

// Without permission and confirmation nothing is scaled.
func TestChangesNeedBoth(t *testing.T) {
	sc := &scenarios.Scenario{Cluster: &scenarios.Cluster{}, Targets: []scenarios.Target{{Of: "web"}}}
	for allowed, want := range map[bool]string{false: "the scenario scales its cluster and does not allow that", true: "changing a cluster needs a directory"} {
		sc.AllowFaults = allowed
		if _, err := OpenChanges(t.Context(), sc, sc.Targets, Faults{Confirmed: true}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v", err)
		}
	}
	if c, err := OpenChanges(t.Context(), sc, nil, Faults{}); c != nil || err != nil {
		t.Errorf("for other targets: %+v, %v", c, err)
	}
}
