package analyze

import (
	"cmp"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
)

// What the spread is judged by; the reasons stand in docs/statistics.md.
const (
	level        = 0.05  // of the chi-square test
	fewestEach   = 5     // units expected per host, for chi-square to be trusted
	smallEnough  = 0.02  // a deviation that no capacity decision turns on
	tooWide      = 0.1   // a deviation that one may turn on
	rotation     = 0.999 // p beyond which chance would be less even
	ownEach      = 1.05  // requests a connection up to which each has its own
	silentInList = 5     // names in a sentence
)

// division is what each host got of the rows or answers of a leg, or of a target's rounds, and
// what is known of how they were assigned.
type division struct {
	of          string        // result.OfRows or result.OfAnswers
	hosts       []result.Host // most first
	expected    int           // replicas that should share the work; 0 is not known
	silent      []string      // hosts that had rows before and wrote none
	connections connections
	// rounds are the same by round and host; zero for one round.
	rounds stats.Nested
}

// spread judges a division, and fills in the intervals of the hosts' shares. An expected host
// that got nothing counts as one.
//
// A balancer assigns requests (layer 7) or connections (layer 4). Where a connection carries
// several requests, requests that are uneven beyond chance are the balancer's doing in the first
// case and may be chance in the second. Which of the two it is takes evidence: see
// [division.assignment]. Without it uneven is only what is so either way.
func spread(d division) *result.Spread {
	s := &judgedSpread{result.Spread{Of: d.of, Expected: d.expected, Unit: unitRequest, P: 1, Jain: 1}}
	classes := max(len(d.hosts), d.expected)
	counts := make([]float64, classes)
	for i, h := range d.hosts {
		if counts[i] = float64(h.Of(d.of)); counts[i] > 0 {
			s.Hosts++
		}
	}
	if s.Missing = classes - s.Hosts; s.Missing > 0 {
		s.Silent = d.silent
	}
	s.Connections, s.ConnectionsWorth = d.connections.n, d.connections.worth
	s.Units = addedUp(counts)
	switch {
	case s.Units == 0:
		s.Verdict, s.Words = result.SpreadNothing, s.nothingWords()
		return &s.Spread
	case classes == 1:
		d.hosts[0].ShareLo, d.hosts[0].ShareHi = 1, 1
		s.FairShare, s.Verdict, s.Words = 1, result.SpreadOneHost, s.oneWords(d.hosts[0])
		return &s.Spread
	}
	s.FairShare = 1 / float64(classes)
	s.Jain = stats.Jain(counts)
	a := d.assignment(counts)
	byRequest := tested(counts, 1, 0)
	if a.unit == unitRequest {
		byRequest = tested(counts, a.together, a.df)
	}
	if byRequest.worst < len(d.hosts) {
		s.MaxHost = d.hosts[byRequest.worst].Host
	}
	s.judge(counts, byRequest, a)
	s.enclose(d.hosts)
	s.Words = s.sentence(counts, byRequest, a)
	return &s.Spread
}

// judgedSpread is a spread while its verdict and words are found.
type judgedSpread struct{ result.Spread }

// judge sets the unit, the test and the verdict.
func (s *judgedSpread) judge(counts []float64, byRequest trial, a assignment) {
	s.Evidence, s.Together = a.evidence, a.together
	if a.unit == unitRequest {
		s.adopt(unitRequest, byRequest)
		s.Verdict = byRequest.verdict()
		return
	}
	t := tested(counts, a.together, a.df)
	s.adopt(cmp.Or(a.unit, unitConnection), t)
	switch requests := byRequest.verdict(); {
	case t.verdict() == result.SpreadUneven:
		s.Verdict = result.SpreadUneven // either way
	case requests == result.SpreadEven:
		s.Verdict = result.SpreadEven // either way
	case requests == result.SpreadUneven && a.unit == unitConnection:
		s.Verdict = result.SpreadSticky
	default:
		s.Verdict = result.SpreadTooFew
	}
}

// trial is the spread's test on one kind of unit.
type trial struct {
	units  float64
	x2, p  float64
	df     int
	worst  int     // the class that deviates most
	most   float64 // its relative deviation
	lo, hi float64 // all deviations at once at 95 %
}

// tested takes counts as units of so many each. Where that number was estimated with some
// degrees of freedom, p is by F (Rao and Thomas 1987); 0 is for one that is known.
func tested(counts []float64, perUnit, estimatedBy float64) trial {
	var t trial
	units := make([]float64, len(counts))
	for i, n := range counts {
		units[i] = n / perUnit
		t.units += units[i]
	}
	t.x2, t.df, t.p = stats.ChiSquare(units, nil)
	if estimatedBy > 0 {
		t.p = stats.FSurvival(t.x2/float64(t.df), float64(t.df), estimatedBy)
	}
	k := float64(len(counts))
	shares := make([]float64, len(counts))
	for i := range units {
		shares[i] = units[i] / t.units
		if d := math.Abs(shares[i]*k - 1); d > t.most {
			t.worst, t.most = i, d
		}
	}
	for _, iv := range stats.WilsonShares(shares, t.units, result.Confidence) {
		below, above := iv.Lo*k-1, iv.Hi*k-1
		t.lo = max(t.lo, below, -above) // ≤ 0 where the fair share lies inside
		t.hi = max(t.hi, math.Abs(below), math.Abs(above))
	}
	return t
}

// few reports that the units are too few for the chi-square test.
func (t trial) few() bool { return t.units < fewestEach*float64(t.df+1) }

// verdict of a deviation is uneven when it is both beyond chance and large enough to
// matter: with a million rows chance alone would convict a balancer of a third of a
// percent.
func (t trial) verdict() result.SpreadVerdict {
	switch {
	case t.few(), t.p < level && t.lo <= smallEnough && t.hi > tooWide:
		return result.SpreadTooFew
	case t.p < level && t.lo > smallEnough:
		return result.SpreadUneven
	}
	return result.SpreadEven
}

// adopt takes a trial's figures.
func (s *judgedSpread) adopt(unit string, t trial) {
	s.Unit, s.Units = unit, t.units
	s.Chi2, s.DF, s.P = t.x2, t.df, t.p
	s.MaxDeviation, s.MaxDeviationLo, s.MaxDeviationHi = t.most, t.lo, t.hi
	s.Detectable = stats.DetectableDeviation(t.df+1, t.units, result.Power, level)
}

// enclose gives every host's share its interval.
func (s *judgedSpread) enclose(hosts []result.Host) {
	shares := make([]float64, s.DF+1)
	for i, h := range hosts {
		shares[i] = h.Share
	}
	for i, iv := range stats.WilsonShares(shares, s.Units, result.Confidence) {
		if i < len(hosts) {
			hosts[i].ShareLo, hosts[i].ShareHi = iv.Lo, iv.Hi
		}
	}
}

// amongOthers takes back what the rows of legs say of a spread where rows are among them that
// no answer accounts for: nobody knows which of them are those of the requests.
func amongOthers(s *result.Spread, legs ...*judgedLeg) {
	mixed := func(l *judgedLeg) bool { return l.Reconcile != nil && l.Reconcile.Open() == result.CodeRowsMixed }
	if s.Of == result.OfAnswers || s.Verdict == result.SpreadOneHost || s.Verdict == result.SpreadNothing || !slices.ContainsFunc(legs, mixed) {
		return
	}
	s.Verdict, s.Words = result.SpreadMixed, "not known: rows are among these that no answer accounts for, so their shares are not those of the requests"
}
