package analyze

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
)

// named is a run of one leg whose answers name their hosts: answers of each, all as expected, on
// as many connections as they are used by equally.
func named(leg synthLeg, connections uint64, answers map[string]uint64) synth {
	var all uint64
	for _, n := range answers {
		all += n
	}
	leg.target, leg.seconds, leg.total = "cluster", 10, int(all)
	leg.spoil = func(s *runlog.Second) {
		if s.T > 0 {
			return
		}
		s.Served = map[string]runlog.Served{}
		for host, n := range answers {
			s.Served[host] = runlog.Served{Answers: n, Success: n, Squares: n * n / connections}
		}
		s.Carried = runlog.Carried{Connections: connections, Squares: all * all / connections, NamedSquares: all * all / connections}
	}
	return synth{replicas: map[string]int{"cluster": 3}, hostFrom: "header X-Served-By", legs: []synthLeg{leg}}
}

// Without a database answers alone say who served.
func TestWhoServedByAnswers(t *testing.T) {
	s := named(synthLeg{}, 30, map[string]uint64{"web1": 1500, "web2": 900, "web3": 600})
	s.noLedger = true
	s.thresholds = []string{"hosts == 3", "max_deviation < 10%"}
	a := analyzed(t, s)
	l := a.Legs[0]
	if l.Spread == nil || l.Spread.Of != result.OfAnswers || l.Spread.Verdict != result.SpreadUneven || len(l.Hosts) != 3 || l.Reconcile != nil {
		t.Fatalf("%+v, %+v", l.Spread, l.Hosts)
	}
	if h := l.Hosts[0]; h.Host != "web1" || h.Answers != 1500 || h.Rows != 0 || h.Share != 0.5 || h.ShareLo < 0.47 || h.ShareHi > 0.53 {
		t.Errorf("%+v", h)
	}
	if want := "uneven per request: web1 is 50 % from its fair share"; !strings.Contains(l.Spread.Words, want) || !strings.Contains(l.Spread.Words, "connections do not stay with a host") {
		t.Errorf("%q", l.Spread.Words)
	}
	if a.Thresholds[0].Verdict != result.Pass || a.Thresholds[1].Verdict != result.Fail {
		t.Errorf("%+v", a.Thresholds)
	}
	if len(a.Warnings) > 0 {
		t.Errorf("%q", a.Warnings)
	}
}

// A host that answers and whose rows are missing shows where both are known.
func TestAnswersAgainstRowsByHost(t *testing.T) {
	answers := map[string]uint64{"web1": 1000, "web2": 1000, "web3": 1000}
	for name, c := range map[string]struct {
		rows    map[string]int64
		warning string // "" is none
	}{
		"all there":     {map[string]int64{"web1": 1000, "web2": 1000, "web3": 1000}, ""},
		"one wrote not": {map[string]int64{"web1": 1000, "web2": 1000}, "web3 gave 1 000 answers as expected and wrote 0 rows: 1 000 rows are missing, or under another name"},
		"hidden by rows that were doubled": {map[string]int64{"web1": 1150, "web2": 1150, "web3": 700},
			"web3 gave 1 000 answers as expected and wrote 700 rows: 300 rows are missing"},
		"other names": {map[string]int64{"a": 1000, "b": 1000, "c": 1000},
			"answers and rows call the hosts by different names (web1, web2 and web3; a, b and c), so they cannot be held against each other"},
	} {
		a := analyzed(t, named(synthLeg{hosts: c.rows}, 30, answers))
		text := strings.Join(a.Warnings, "\n")
		if c.warning == "" && text != "" || !strings.Contains(text, c.warning) {
			t.Errorf("%s: %q", name, text)
		}
		if l := a.Legs[0]; len(l.Hosts) != 3 || l.Spread.Of != result.OfRows {
			t.Errorf("%s: %+v", name, l.Hosts)
		}
	}
}

// What does not name hosts is said, and counts for none.
func TestAnswersThatNameNoHosts(t *testing.T) {
	for want, answers := range map[string]map[string]uint64{
		"the header X-Served-By names more hosts than are told apart":    {"r1": 1, "r2": 1, runlog.OtherHosts: 2998},
		"none of 3 000 answers names its host by the header X-Served-By": {"": 3000},
	} {
		s := named(synthLeg{}, 30, answers)
		s.noLedger = true
		if spoil := s.legs[0].spoil; answers[""] > 0 {
			s.legs[0].spoil = func(sec *runlog.Second) { spoil(sec); sec.Served = nil }
		}
		a := analyzed(t, s)
		if text := strings.Join(a.Warnings, "\n"); !strings.Contains(text, want) || a.Legs[0].Spread != nil || len(a.Legs[0].Hosts) > 0 {
			t.Errorf("%q, want %q; %+v", text, want, a.Legs[0].Hosts)
		}
	}
}

// Several rounds say together what none says alone.
func TestSpreadOfRounds(t *testing.T) {
	s := synth{replicas: map[string]int{"cluster": 3}}
	for round := 1; round <= 3; round++ {
		s.legs = append(s.legs, synthLeg{target: "cluster", round: round, seconds: 10, total: 3000,
			hosts: map[string]int64{"a": 1500, "b": 900, "c": 600}, connects: func(n uint64) uint64 { return 2 }})
	}
	a := analyzed(t, s)
	if leg := a.Legs[0].Spread; leg.Verdict != result.SpreadTooFew || !strings.Contains(leg.Words, "20 connections are too few to say whether because each stays with a host") {
		t.Errorf("%+v", leg)
	}
	if len(a.Pools) != 1 || a.Pools[0].Spread == nil {
		t.Fatalf("%+v", a.Pools)
	}
	pool := a.Pools[0]
	if all := pool.Spread; all.Verdict != result.SpreadUneven || all.Evidence != result.EvidenceRounds || !strings.Contains(all.Words, "the shares are alike in all rounds, though each had new connections") {
		t.Errorf("%+v", all)
	}
	if h := pool.Hosts[0]; h.Host != "a" || h.Rows != 4500 || h.Share != 0.5 {
		t.Errorf("%+v", h)
	}
}
