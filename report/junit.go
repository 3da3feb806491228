package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// runJUnit writes a run's thresholds as JUnit XML: a test suite per target and load, a test case
// per threshold, and per round where those are judged by themselves. The file is valid by the schemas of Jenkins' xUnit plugin
// and of Apache Ant.
//
// FAIL is a failure, INVALID an error. INCONCLUSIVE is a skipped test: servers know
// no fourth state, a failure would blame the target, and a pass would be a lie. What
// the run as a whole is, is the test case "measurement". The type of a failure or an
// error is its code; the schemas allow a skipped test none, so the property "findings"
// has the codes of all.
func runJUnit(w io.Writer, a *result.Analysis, _ Options) error {
	j := junitReport{name: a.Name, verdict: a.Verdict, findings: a.Findings, remedy: a.Remedy, headline: a.Headline, started: a.Run.Started}
	if a.Answer != nil {
		j.property("answer", string(a.Answer.Verdict)+": "+a.Answer.Words)
	}
	j.property("load", a.Run.Load.Words)
	j.property("measure", a.Run.Measure)
	j.property("tool", toolName(a.Run.Tool.Version, a.Run.Tool.Go))
	j.property("machine", machine(a))
	j.property("generators", a.Run.Fleet)
	for i := range a.Legs {
		l := &a.Legs[i]
		for _, s := range l.SkippedFor {
			j.property("skipped", l.Label()+", no value for "+s.Value+": "+words.Counted(s.Requests, "request"))
		}
		for _, r := range l.Requests {
			if r.Skipped > 0 {
				j.property("skipped", l.Label()+", "+r.Name+": "+words.Counted(r.Skipped, "request"))
			}
			if r.Share != nil {
				j.property("share", l.Label()+", "+r.Name+": asked "+percent(r.Asked)+", "+observed(*r.Share, percent))
			}
		}
	}
	for _, part := range a.Parts() {
		j.part(part)
	}
	return j.write(w)
}

// part adds the run under one load.
func (j *junitReport) part(a *result.Analysis) {
	load := a.Run.Load.Name
	for _, name := range a.Targets() {
		s := j.suite(underLoad(load, name))
		for i := range a.Legs {
			if a.Legs[i].Target == name {
				s.seconds += a.Legs[i].DurationS
			}
		}
	}
	for _, t := range a.Thresholds {
		name := t.Threshold
		if a.LastRound() > 1 && t.Round > 0 {
			name += fmt.Sprintf(", round %d", t.Round)
		}
		show := t.Unit.Cell
		j.add(underLoad(load, t.Target), junitCase{name, t.Verdict, t.Code, t.Words, observed(t.Observed, show)})
	}
}

// underLoad names a target, in a run whose load has a name with that.
func underLoad(load, target string) string { return words.Join(": ", load, target) }

// observed shows an estimate with its interval and its sample in one line.
func observed(e result.Estimate, show func(float64) string) string {
	if !e.Known() {
		return "observed " + words.NoData
	}
	s := "observed " + show(e.Value)
	if in := between(e.Lo, e.Hi, show); e.Confidence > 0 && in != "" {
		what := percent(e.Confidence) + " interval "
		if e.Confidence == 1 { // what lies outside cannot be
			what = "range "
		}
		s += " (" + what + in + ")"
	}
	return s + ", n = " + count(e.N)
}

// gateJUnit is [JUnit] for the checks of a gate.
func gateJUnit(w io.Writer, g *result.Gate, _ Options) error {
	j := junitReport{name: g.Name, verdict: g.Verdict, findings: g.Findings, remedy: g.Remedy, headline: g.Headline, started: g.Candidate.Started}
	side := func(what string, s *result.Side) {
		j.property(what, s.Label)
		j.property(what+" tool", toolName(s.Tool.Version, s.Tool.Go))
		j.property(what+" machine", machine(&result.Analysis{Run: result.RunInfo{Machine: s.Machine}}))
		if s.Rounds > 0 {
			j.property(what+" rounds", strconv.Itoa(s.Rounds))
		}
	}
	side("candidate", &g.Candidate)
	if g.Baseline != nil {
		side("baseline", g.Baseline)
	}
	j.property("method", g.Method)
	for i := range g.Checks {
		k := &g.Checks[i]
		j.add(underLoad(k.Load, k.Target), junitCase{k.Limit, k.Verdict, k.Code, k.Words, checkLines(k)})
	}
	return j.write(w)
}

// checkLines are the figures of a check.
func checkLines(k *result.Check) string {
	var lines []string
	if k.Metric.Rounds > 0 {
		lines = append(lines, inRounds(k.Metric.Rounds))
	}
	row := checkRow(k)
	for i, what := range []string{"", "baseline", "candidate", "ratio or figure", "margin"} {
		if c := row[i]; what != "" && c.Text != "–" {
			lines = append(lines, words.Join(", ", what+" "+c.Text, c.Sub))
		}
	}
	if p := pValue(k); p != "" {
		lines = append(lines, p)
	}
	return strings.Join(lines, "\n")
}

// junitReport collects suites in the order in which they are named.
type junitReport struct {
	name, headline string
	verdict        result.Verdict
	findings       []result.Finding
	remedy         string
	started        time.Time
	properties     []junitProperty
	suites         []*junitSuite
}

// junitSuite is one target; junitCase one question about it.
type (
	junitSuite struct {
		name    string
		seconds float64
		cases   []junitCase
	}
	junitCase struct {
		name    string
		verdict result.Verdict
		code    result.Code // of what is no pass
		words   string
		figures string // lines
	}
)

func (j *junitReport) property(name, value string) {
	if value != "" {
		j.properties = append(j.properties, junitProperty{name, plain.Line(value)})
	}
}

func (j *junitReport) suite(target string) *junitSuite {
	for _, s := range j.suites {
		if s.name == target {
			return s
		}
	}
	s := &junitSuite{name: target}
	j.suites = append(j.suites, s)
	return s
}

func (j *junitReport) add(target string, c junitCase) {
	s := j.suite(target)
	s.cases = append(s.cases, c)
}

// measurement is the test case for an invalid run, and for any verdict that no other
// case explains. It is there when all is well too, so that a server sees the same
// tests every time.
func (j *junitReport) measurement() junitCase {
	c := junitCase{"measurement", j.verdict, "", j.headline, strings.Join(withRemedy(j.findings, j.remedy), "\n")}
	if len(j.findings) > 0 {
		c.code = j.findings[0].Code
	}
	explains := func(k junitCase) bool { return k.verdict == j.verdict }
	explained := slices.ContainsFunc(j.suites, func(s *junitSuite) bool { return slices.ContainsFunc(s.cases, explains) })
	if explained && j.verdict != result.Invalid {
		return junitCase{name: c.name, verdict: result.Pass}
	}
	return c
}

// codes are those of the findings, each once.
func codes(findings []result.Finding) []string {
	var out []string
	for _, f := range findings {
		if code := string(f.Code); code != "" && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

func (j *junitReport) write(w io.Writer) error {
	all := append([]*junitSuite{{name: j.name, cases: []junitCase{j.measurement()}}}, j.suites...)
	j.property("findings", strings.Join(codes(j.findings), " "))
	var doc junitDocument
	for i, s := range all {
		x := s.element(j.name, i)
		x.Timestamp = j.started.UTC().Format("2006-01-02T15:04:05")
		x.Properties.List = j.properties
		doc.Suites = append(doc.Suites, x)
	}
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(doc); err != nil {
		return fmt.Errorf("report as JUnit XML: %w", err)
	}
	// No attribute has a line break, so those of the text can be real ones: people
	// read these files too.
	_, err := io.WriteString(w, xml.Header+strings.ReplaceAll(b.String(), "&#xA;", "\n")+"\n")
	return err
}
