package scenarios

import (
	"fmt"
	"strings"
	"testing"
)

// sized is a scenario whose target has several replicas.
const sized = `
load: {type: maintain-client-load, clients: 5, duration: 1s}
request: {path: /}
targets: [{name: web, url: "http://h", replicas: [5, 1, 3], host_from: {header: X-Served-By}}]
cluster: {service: web-server}
`

// A target of several replicas is one for each number, and the fewest are the baseline of the most.
func TestSeveralReplicas(t *testing.T) {
	for set, want := range map[string]string{
		"":                                     "web-5=5 of web, web-1=1 of web, web-3=3 of web; web-1 web-5",
		"targets.0.replicas=3":                 "web=3; ",
		"targets.0.replicas=[3]":               "web=3; ",
		"targets.0.replicas=[2, 4]":            "web-2=2 of web, web-4=4 of web; web-2 web-4",
		"compare.rounds=6":                     "web-5=5 of web, web-1=1 of web, web-3=3 of web; web-1 web-5",
		"compare={baseline: web-3, rounds: 2}": "web-5=5 of web, web-1=1 of web, web-3=3 of web; web-3 web-5",
		"thresholds=[web-3.hosts == 3]":        "web-5=5 of web, web-1=1 of web, web-3=3 of web; web-1 web-5",
		"faults=[{at: 0s, kill: one, target: web-3}]": "web-5=5 of web, web-1=1 of web, web-3=3 of web; web-1 web-5",
	} {
		var sets []string
		if set != "" {
			sets = []string{set}
		}
		s := parse(t, sized, sets...)
		var targets []string
		for _, target := range s.Targets {
			text := fmt.Sprintf("%s=%d", target.Name, target.Replicas)
			if target.Of != "" {
				text += " of " + target.Of
			}
			targets = append(targets, text)
		}
		got := strings.Join(targets, ", ") + "; "
		if s.Compare != nil {
			got += strings.TrimSpace(s.Compare.Baseline + " " + s.Compare.Candidate)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
}

func TestFaultsOfSeveralReplicas(t *testing.T) {
	for set, want := range map[string]string{
		"targets.0.replicas=[0, 1]":                 "--set targets.0.replicas.0: must be at least 1 in a list: of 0 replicas nobody answers",
		"targets.0.replicas=[2, 3, 2]":              "--set targets.0.replicas.2: is in the list already, got 2",
		"targets.0.replicas=[2, -3]":                "--set targets.0.replicas.1: must be at least 0, got -3",
		"targets.0.replicas=[]":                     "--set targets.0.replicas: must be a whole number or a list of them, got a list",
		"compare.baseline=web":                      "--set compare.baseline: must be the name of a target, got \"web\"",
		"thresholds=[web.p95 < 1s]":                 `--set thresholds.0: is about a target that there is not, got "web.p95 < 1s"`,
		"faults=[{at: 0s, scale: 4}]":               "--set faults: scale the service to another number than the leg under way asks for",
		"faults=[{at: 0s, kill: one, target: web}]": "--set faults.0.target: is no target, got \"web\"",
		"targets=[{name: a, url: 'http://h', replicas: [1, 2]}, {name: a-2, url: 'http://h'}]": "--set targets.1.name: is the name of another target too",
	} {
		_, err := Parse("a.yaml", []byte(sized), Options{Set: []string{set}})
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", set, err, want)
		}
	}
	_, err := Parse("a.yaml", []byte(strings.Replace(sized, "cluster: {service: web-server}", "", 1)), Options{})
	if err == nil || !strings.Contains(err.Error(), "targets.0.replicas: are several, which need a cluster") {
		t.Errorf("without a cluster: %v", err)
	}
}
