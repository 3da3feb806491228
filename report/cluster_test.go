package report

import (
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/runlog"
)

// What happened to the cluster is a table of its own, and the same events do not stand in the
// list too; who served names tasks and nodes.
func TestClusterTables(t *testing.T) {
	a := reporttest.Runs()["lost"]
	l := &a.Legs[0]
	after := 7.41
	l.Cluster = &result.Cluster{Happenings: []result.Happening{
		{AtS: 7.62, What: "failed, exit code 137", Task: "web-server.2", Node: "sw2", Host: "6b67a77fb9b9", NewHost: "73c66af0925a", ReplacedS: &after,
			FirstRow: &result.Between{FromS: 18.02, ToS: 19.03}, Recovered: &result.Between{FromS: 10.1, ToS: 12.2}},
		{AtS: 9, What: "waits: no suitable node (host-mode port already in use on 2 nodes; 1 node not available for new tasks)", Task: "web-server.1"},
	}}
	l.Cluster.Replicas = []result.Replicas{{Desired: 3, Running: 3, Serving: -1}, {AtS: 7.62, Desired: 3, Running: 2, Serving: 2}}
	l.Hosts[0].Task, l.Hosts[0].Node = "web-server.2", "sw2"
	l.Events = append(l.Events, runlog.Event{At: 7.62, Kind: runlog.EventTask, Text: "told by the table"}, runlog.Event{At: 8, Kind: runlog.EventAbort, Text: "told by the list"})
	for name, f := range map[string]Format[*result.Analysis]{"text": runText, "markdown": runMarkdown, "html": runHTML} {
		text := render(t, f, a, Options{Width: 100, Full: true})
		for _, want := range []string{"What happened to the cluster", "73c66af0925a", "7.41", "10.4–11.4", "asked for", "no suitable", "told by the list", "sw2"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		if strings.Contains(text, "told by the table") {
			t.Errorf("%s tells events of the cluster twice", name)
		}
	}
	for _, width := range []int{80, 100} {
		for _, line := range strings.Split(render(t, runText, a, Options{Width: width, Full: true}), "\n") {
			if twwidth.Width(line) > width {
				t.Errorf("at %d: %q is %d wide", width, line, twwidth.Width(line))
			}
		}
	}
}
