package analyze

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
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

// The units a balancer assigns.
const (
	unitRequest    = "request"
	unitConnection = "connection"
)

// hostRows are the hosts that wrote, most rows first, and nil without a usable
// ledger. Hosts whose rows were deleted are not among them.
func hostRows(rec *runlog.Record) []result.Host {
	if ledgerGap(rec.Ledger) != "" {
		return nil
	}
	var total int64
	hosts := []result.Host{}
	for host, rows := range rowsWritten(rec.Ledger) {
		if rows > 0 {
			hosts = append(hosts, result.Host{Host: host, Rows: rows})
			total += rows
		}
	}
	slices.SortFunc(hosts, func(a, b result.Host) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Host, b.Host))
	})
	for i := range hosts {
		hosts[i].Share = float64(hosts[i].Rows) / float64(total)
	}
	return hosts
}

// spread judges how the rows divide over the hosts, and fills in the intervals of
// their shares. expected is the replicas that should share the work, 0 unknown; a
// missing one counts as a host with no rows.
//
// A balancer assigns requests (layer 7) or connections (layer 4), and the rows do
// not say which. Where a connection carries several requests both are tried: rows
// no more uneven than requests assigned at random are even either way; rows that
// are, but whose connections are not, are sticky: X² of the requests, divided by
// the requests a connection carries, is X² of the connections when each stays with
// its host.
func spread(rec *runlog.Record, hosts []result.Host, expected int) *result.Spread {
	s := &judgedSpread{result.Spread{Hosts: len(hosts), Expected: expected, Unit: unitRequest, P: 1, Jain: 1}}
	classes := max(len(hosts), expected)
	s.Missing = classes - len(hosts)
	if s.Missing > 0 {
		s.Silent = silentHosts(rec.Ledger, hosts)
	}
	var total float64
	rows := make([]float64, classes)
	for i, h := range hosts {
		rows[i] = float64(h.Rows)
		total += rows[i]
	}
	s.Units = total
	switch {
	case total == 0:
		s.Verdict, s.Words = result.SpreadNothing, "no host wrote a row"
		return &s.Spread
	case classes == 1:
		hosts[0].ShareLo, hosts[0].ShareHi = 1, 1
		s.FairShare, s.Verdict, s.Words = 1, result.SpreadOneHost, fmt.Sprintf("one host wrote all %s", words.Counted(hosts[0].Rows, "row"))
		return &s.Spread
	}
	s.FairShare = 1 / float64(classes)
	s.Jain = stats.Jain(rows)
	s.judge(rows, rowsPerConnection(rec, total))
	s.enclose(hosts, rows, total)
	s.Words = s.sentence(hosts, rows)
	return &s.Spread
}

// judgedSpread is a spread while its verdict and words are found.
type judgedSpread struct{ result.Spread }

// rowsPerConnection is 1 when each request had its own connection, or when
// connections were not counted.
func rowsPerConnection(rec *runlog.Record, rows float64) float64 {
	var connects uint64
	for _, sec := range rec.Seconds {
		connects += sec.Connects
	}
	if connects == 0 || rows <= ownEach*float64(connects) {
		return 1
	}
	return rows / float64(connects)
}

// silentHosts had rows before the leg and wrote none, most rows first.
func silentHosts(led *runlog.Ledger, wrote []result.Host) []string {
	names := slices.Collect(maps.Keys(led.Before))
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(wrote, func(h result.Host) bool { return h.Host == name })
	})
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(led.Before[b], led.Before[a]), strings.Compare(a, b))
	})
	return names
}

// judge sets the unit, the test and the verdict.
func (s *judgedSpread) judge(rows []float64, perConnection float64) {
	byRequest := tested(rows, 1)
	if perConnection == 1 || byRequest.p >= level || byRequest.lo <= smallEnough {
		s.adopt(unitRequest, byRequest)
		return
	}
	byConnection := tested(rows, perConnection)
	s.adopt(unitConnection, byConnection)
	if s.Verdict == result.SpreadEven {
		s.Verdict = result.SpreadSticky
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

// tested takes rows as units of that many rows each.
func tested(rows []float64, perUnit float64) trial {
	var t trial
	units := make([]float64, len(rows))
	for i, r := range rows {
		units[i] = r / perUnit
		t.units += units[i]
	}
	t.x2, t.df, t.p = stats.ChiSquare(units, nil)
	k := float64(len(rows))
	shares := make([]float64, len(rows))
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

// adopt takes a trial's figures and the verdict they give. A deviation is uneven
// when it is both beyond chance and large enough to matter: with a million rows
// chance alone would convict a balancer of a third of a percent.
func (s *judgedSpread) adopt(unit string, t trial) {
	s.Unit, s.Units = unit, t.units
	s.Chi2, s.DF, s.P = t.x2, t.df, t.p
	s.MaxDeviation, s.MaxDeviationLo, s.MaxDeviationHi = t.most, t.lo, t.hi
	s.Detectable = stats.DetectableDeviation(t.df+1, t.units, result.Power, level)
	switch {
	case t.units*s.FairShare < fewestEach:
		s.Verdict = result.SpreadTooFew
	case t.p < level && t.lo > smallEnough:
		s.Verdict = result.SpreadUneven
	case t.p < level && t.hi > tooWide:
		s.Verdict = result.SpreadTooFew
	default:
		s.Verdict = result.SpreadEven
	}
}

// enclose gives every host's share its interval and names the worst.
func (s *judgedSpread) enclose(hosts []result.Host, rows []float64, total float64) {
	shares := make([]float64, len(rows))
	for i, r := range rows {
		shares[i] = r / total
	}
	for i, iv := range stats.WilsonShares(shares, s.Units, result.Confidence) {
		if i < len(hosts) {
			hosts[i].ShareLo, hosts[i].ShareHi = iv.Lo, iv.Hi
		}
	}
	if worst := tested(rows, 1).worst; worst < len(hosts) {
		s.MaxHost = hosts[worst].Host
	}
}

func (s *judgedSpread) sentence(hosts []result.Host, rows []float64) string {
	var text string
	switch s.Verdict {
	case result.SpreadTooFew:
		text = s.tooFewWords()
	case result.SpreadUneven:
		text = fmt.Sprintf("uneven per %s: %s is %s from its fair share (%s), beyond chance (p %s)",
			s.Unit, s.worstName(), words.Percent(s.MaxDeviation), result.Span(result.Bound(s.MaxDeviationLo), result.Bound(s.MaxDeviationHi), words.Percent), words.PValue(s.P))
	case result.SpreadSticky:
		text = fmt.Sprintf("uneven per request, because connections stick to a host: %s is %s from its fair share; the %s divide as evenly as chance does (p %s)",
			s.worstName(), words.Percent(s.MaxDeviation), words.Counted(int64(math.Round(s.Units)), "connection"), words.PValue(s.P))
	default:
		text = s.evenWords(rows)
	}
	return text + s.missingWords(len(hosts))
}

func (s *judgedSpread) evenWords(rows []float64) string {
	text := "even: "
	switch gap := slices.Max(rows) - slices.Min(rows); {
	case gap <= 1:
		text += "the hosts are within one row of each other"
	default:
		text += fmt.Sprintf("no host is more than %s from its fair share", words.Percent(s.MaxDeviation))
	}
	switch {
	case s.P > rotation:
		text += fmt.Sprintf("; more even than chance (p %s): a deterministic rotation", words.PValue(s.P))
	case s.P < level:
		text += fmt.Sprintf("; beyond chance (p %s), but too small to matter", words.PValue(s.P))
	case s.Detectable > tooWide:
		text += fmt.Sprintf("; %s could show only a deviation of %s", words.Counted(int64(math.Round(s.Units)), s.Unit), words.Percent(s.Detectable))
	}
	return text
}

func (s *judgedSpread) tooFewWords() string {
	units := words.Counted(int64(math.Round(s.Units)), s.Unit)
	if s.Units*s.FairShare < fewestEach {
		return fmt.Sprintf("too few to tell: %s over %d hosts is fewer than %d each", units, s.DF+1, fewestEach)
	}
	return fmt.Sprintf("too few to tell: %s is %s from its fair share, beyond chance (p %s), but after %s it may be anything from %s to %s",
		s.worstName(), words.Percent(s.MaxDeviation), words.PValue(s.P), units, words.Percent(s.MaxDeviationLo), words.Percent(s.MaxDeviationHi))
}

func (s *judgedSpread) worstName() string { return cmp.Or(s.MaxHost, "a host that wrote nothing") }

func (s *judgedSpread) missingWords(wrote int) string {
	switch {
	case s.Missing > 0:
		text := fmt.Sprintf("; %d of %d expected hosts wrote nothing", s.Missing, s.Expected)
		if len(s.Silent) > 0 {
			text += " (with rows from before: " + words.List(s.Silent, silentInList) + ")"
		}
		return text
	case s.Expected > 0 && wrote > s.Expected:
		return fmt.Sprintf("; %d hosts wrote where %d were expected: one was replaced, or someone else writes", wrote, s.Expected)
	}
	return ""
}
