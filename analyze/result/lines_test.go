package result

import (
	"slices"
	"testing"
)

func TestLinesJoinWhatOneMachineDid(t *testing.T) {
	steal := func(target string, round int, percent string) Finding {
		return Finding{Verdict: Invalid, Code: CodeGeneratorLimited, Target: target, Round: round, Text: "a hypervisor gave " + percent + " % of 2 CPUs to others"}
	}
	late := Finding{Verdict: Invalid, Code: CodeGeneratorLimited, Target: "single", Text: "9 990 requests left late"}
	later := late
	later.Target, later.Text = "cluster", "12 000 requests left late"
	slow := Finding{Verdict: Fail, Code: CodeThresholdNotMet, Target: "single", Limit: "p95 < 1s", Text: "p95 was 2 s"}
	slower := slow
	slower.Target, slower.Text = "cluster", "p95 was 3 s"
	rounds := Found(Invalid, CodeGeneratorLimited, "2 of 4 rounds were limited")
	for name, c := range map[string]struct {
		found []Finding
		want  []string
		lead  int // findings that the first line says
	}{
		"none":             {nil, nil, 0},
		"one":              {[]Finding{steal("single", 0, "13")}, []string{"single: a hypervisor gave 13 % of 2 CPUs to others"}, 1},
		"the same figure":  {[]Finding{steal("a", 0, "13"), steal("b", 0, "13"), steal("c", 0, "13")}, []string{"a, b and c: a hypervisor gave 13 % of 2 CPUs to others"}, 3},
		"two of two":       {[]Finding{steal("single", 0, "13"), late, steal("cluster", 0, "11.5"), later}, []string{"single and cluster: a hypervisor gave 11.5 to 13 % of 2 CPUs to others", "single and cluster: 9 990 to 12 000 requests left late"}, 2},
		"by round":         {[]Finding{steal("single", 1, "13"), steal("single", 3, "12"), steal("cluster", 3, "14"), rounds}, []string{"single, rounds 1 and 3; cluster, round 3: a hypervisor gave 12 to 14 % of 2 CPUs to others", "2 of 4 rounds were limited"}, 3},
		"targets' figures": {[]Finding{slow, slower}, []string{"single: p95 < 1s: p95 was 2 s", "cluster: p95 < 1s: p95 was 3 s"}, 1},
	} {
		if got := Lines(c.found); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
		if len(c.found) == 0 {
			continue
		}
		said := 0
		if got := Lead(c.found); got != c.want[0] {
			t.Errorf("%s leads with %q", name, got)
		}
		for _, f := range c.found {
			if f.InHeadline {
				said++
			}
		}
		if said != c.lead {
			t.Errorf("%s: %d findings are marked as said", name, said)
		}
	}
}
