package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// opening is what a document begins with, and all that a reader in a hurry looks at: the first
// screen of a page, the end of a run on a terminal.
type opening struct {
	Claims  []claim
	Next    []string // what to do, where a claim leaves the answer open
	Reasons []string // what else there is to say of the claims
	Key     *table   // a row for each target, a column for each figure; nil without figures
	Served  []served
}

// claim is a verdict or an answer with its sentence.
type claim struct {
	About string // "The thresholds"; "" where there is one claim alone
	Word  string // "PASS", "cluster better than single"; "" for a sentence alone
	Tone  tone
	Text  string
	More  string // another sentence
}

// Said is the word, with a full stop where a sentence follows.
func (c claim) Said() string {
	if c.Word == "" || c.Text == "" || c.Word == strings.ToUpper(c.Word) {
		return c.Word
	}
	return sentence(c.Word)
}

// served is who did a target's work.
type served struct {
	Target string
	Series int          // which of the targets it is, for its colour
	Hosts  []servedHost // none where one host did it all, or where they are not known
	More   int          // hosts that are left out
	Words  string       // how evenly the work divides
	Rows   string       // how the answers and the rows agree
}

// servedHost is a host's share of the work beside its fair share, each 0 to 1.
type servedHost struct {
	Host        string
	Share, Fair float64
	Lo, Hi      float64 // its 95 % interval; both 0 without one
}

// shownReasons is how many reasons a page shows at once: on a phone the figures come next.
const shownReasons = 2

// FirstReasons are those that a page shows, MoreReasons those that it opens.
func (o *opening) FirstReasons() []string { return firsts(o.Reasons, shownReasons) }

// MoreReasons are behind [opening.FirstReasons].
func (o *opening) MoreReasons() []string { return o.Reasons[len(o.FirstReasons()):] }

// open makes the opening of a run.
func (c *composer) open() {
	c.claims()
	c.replicaClaims()
	c.faultClaims()
	c.fleetClaim()
	c.Key = c.keyFigures()
	c.Served = c.whoServed()
}

// claims keep apart what the thresholds say and what the comparison answers. What makes a
// measurement invalid stands in the place of both.
func (c *composer) claims() {
	a := c.a
	verdict := claim{About: "The thresholds", Word: string(a.Verdict), Tone: toneOf(a.Verdict)}
	var first result.Finding
	rest := a.Findings
	if len(rest) > 0 {
		first, rest = rest[0], rest[1:]
	}
	verdict.Text = sentence(first.String())
	if first.Target == "" && first.Limit == "" { // names keep the case that their owner gave them
		verdict.Text = words.Capital(verdict.Text)
	}
	invalid := a.Verdict == result.Invalid
	if invalid {
		verdict.About, verdict.Text = "The measurement", cmp.Or(sentence(a.Headline), verdict.Text)
	}
	c.Claims = append(c.Claims, verdict)
	c.next(a.Remedy)
	said := invalid // what the headline has
	switch {
	case a.Answering().Comparison != nil && a.Answer != nil:
		c.Claims = append(c.Claims, c.answer())
	case a.Verdict == result.Pass && a.Headline != "":
		c.Claims, said = append(c.Claims, claim{About: "The run", Text: sentence(a.Headline)}), true
	}
	if said {
		rest = unsaid(rest)
	}
	c.Reasons = slices.Concat(a.Alerts, result.Lines(rest))
}

// unsaid are the findings that a headline leaves out.
func unsaid(findings []result.Finding) []result.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f result.Finding) bool { return f.InHeadline })
}

// answer is what the comparison comes to. Of an invalid measurement it has no figures.
func (c *composer) answer() claim {
	of := c.a.Answering().Comparison
	out := claim{About: "The question", Word: c.a.Answer.Words, Tone: toneOf(c.a.Answer.Verdict)}
	if c.a.Verdict == result.Invalid {
		return out
	}
	out.Text = sentence(cmp.Or(of.Ratios, of.Words))
	if of.Ratios != "" && slices.ContainsFunc(of.Requests, changedRequest) {
		out.Text += " " + of.RequestsWords
	}
	if of.Scaling != nil && len(c.a.Answering().Replicas) == 0 { // which say it for every number
		out.More = sentence(of.Scaling.Words)
	}
	c.next(of.Next)
	return out
}

func (o *opening) next(step string) {
	if step != "" {
		o.Next = append(o.Next, sentence(words.Capital(step)))
	}
}

// answeringFirst are the parts of the run, first the one that gives its answer: what stands last
// may have no room.
func (c *composer) answeringFirst() []*result.Analysis {
	first := c.a.Answering()
	parts := []*result.Analysis{first}
	for _, part := range c.a.Parts() {
		if part != first {
			parts = append(parts, part)
		}
	}
	return parts
}

// keyFigures sets the targets under each other, load by load; nil where nothing was measured.
func (c *composer) keyFigures() *table {
	var all *table
	for _, part := range c.answeringFirst() {
		of := composer{c.document, part}
		t := of.keyFiguresOfLoad()
		switch {
		case t == nil:
			continue
		case len(c.a.Loads) > 0:
			t.Columns[2].Title = metric.P95.Title // one is of another time than the other
			for i := range t.Rows {
				t.Rows[i][0].Text = underLoad(part.Run.Load.Name, t.Rows[i][0].Text)
			}
		}
		if all == nil {
			all = t
			continue
		}
		all.Rows = append(all.Rows, t.Rows...)
		all.Caption = cmp.Or(all.Caption, t.Caption)
	}
	return all
}

func (c *composer) keyFiguresOfLoad() *table {
	a := c.a
	if len(a.Key) == 0 {
		return nil
	}
	t := &table{Columns: []column{left("target")}}
	for _, title := range keyTitles(a) {
		t.Columns = append(t.Columns, right(title))
	}
	if a.Verdict == result.Invalid {
		t.Caption = "What was measured, which is not what the targets can do"
	}
	scale := timeScale(c.keyValues(metric.P95)...)
	for _, k := range a.Key {
		name := textCell(k.Target)
		if k.Rounds > 1 {
			name.Sub = inRounds(k.Rounds)
		}
		t.Rows = append(t.Rows, sameN(append([]cell{name}, c.keyCells(k, scale)...)))
	}
	c.sparks(t)
	return t
}

// keyMetrics are the key figures, in the order of their columns.
var keyMetrics = []metric.Metric{metric.Successes, metric.P95, metric.ErrorRate, metric.Outage, metric.Lost}

// keyTitles are those of keyMetrics in a run.
func keyTitles(a *result.Analysis) []string {
	return []string{"successes", "p95 " + a.Run.Measure, "error rate", "outage", "rows lost"}
}

// keyCells are the key figures of a target, its times by a scale.
func (c *composer) keyCells(k result.KeyFigures, scale words.Scale) []cell {
	return []cell{
		c.keyCell(k, metric.Successes, func(v float64) string { return digits3(v) + thin + "/s" }),
		c.keyCell(k, metric.P95, func(v float64) string { return scale.Cell(v) + thin + scale.Unit }),
		c.keyCell(k, metric.ErrorRate, percent),
		c.outageCell(k),
		c.keyCell(k, metric.Lost, nil),
	}
}

// sameN says the size of the sample once where all figures of a target have the same.
func sameN(row []cell) []cell {
	n := ""
	for _, c := range row[1:] {
		if c.N != "" && n != "" && c.N != n {
			return row
		}
		n = cmp.Or(n, c.N)
	}
	row[0].N = n
	for i := range row[1:] {
		row[i+1].N = ""
	}
	return row
}

func (c *composer) keyValues(of metric.Metric) []float64 {
	var values []float64
	for _, k := range c.a.Key {
		if f, ok := k.Of(of); ok {
			values = append(values, f.Observed.Value)
		}
	}
	return values
}

// keyCell is a key figure with its interval and its n. Rows lost have a range of their own.
func (c *composer) keyCell(k result.KeyFigures, of metric.Metric, show func(float64) string) cell {
	f, ok := k.Of(of)
	if !ok {
		return c.unknown(k, of)
	}
	e := f.Observed
	out := cell{N: "n = " + count(e.N)}
	if of == metric.Lost {
		lost := faultRange(e)
		out.Text, out.Sub, out.Tone = lost.Text, "counted", lost.Tone
		if e.Confidence > 0 {
			out.Sub = "any of these"
		}
		return out
	}
	out.Text, out.Mark = show(e.Value), c.note(e.Warnings...)
	if e.Confidence > 0 {
		lo := e.Lo
		if of != metric.ErrorRate {
			lo = openAtZero(lo)
		}
		out.Sub = between(lo, e.Hi, show)
		if k.Rounds <= 1 {
			out.How = &how{N: count(e.N), Method: methodOf(of)}
		}
	}
	return out
}

// outageCell is the longest time without a success, with how many seconds had none.
func (c *composer) outageCell(k result.KeyFigures) cell {
	out := c.keyCell(k, metric.Outage, millis)
	out.N = "" // it is of all of them, exactly
	for _, l := range c.a.LegsOf(k.Target, func(l *result.Leg) bool { return l.Outage != nil && l.Outage.Exceeds }) {
		out.Tone = bad
		if k.Rounds <= 1 {
			out.Sub = fmt.Sprintf("%d of %d s silent", l.Outage.Silent, l.Outage.Asked)
		}
	}
	return out
}

// methodOf says how the interval of a key figure of one leg was made.
func methodOf(m metric.Metric) string {
	switch m {
	case metric.P95:
		return result.MethodPercentile
	case metric.ErrorRate:
		return result.MethodErrorRate
	}
	return result.MethodRate
}

// unknown says why a target lacks a figure, shortly where it was never asked for.
func (c *composer) unknown(k result.KeyFigures, of metric.Metric) cell {
	out := cell{Text: "not known", Tone: faint}
	for _, f := range k.Figures {
		switch {
		case f.Metric != of.Key:
		case f.Missing == result.NoLedger.Words:
			out.Sub = "no ledger"
		default:
			out.Mark = c.note(f.Missing)
		}
	}
	return out
}

// whoServed says it of every target of which it is known.
func (c *composer) whoServed() []served {
	var all []served
	for _, part := range c.answeringFirst() {
		of := composer{c.document, part}
		for _, target := range part.Targets() {
			if s := of.served(target); s.Words != "" || s.Rows != "" {
				if len(c.a.Loads) > 0 {
					s.Target = underLoad(part.Run.Load.Name, target)
				}
				all = append(all, s)
			}
		}
	}
	return all
}

// mostServed is how many hosts of a target an opening shows.
const mostServed = 6

func (c *composer) served(target string) served {
	s := served{Target: target, Series: max(0, slices.Index(c.a.Targets(), target)) % sparkColors}
	for _, k := range c.a.Key {
		if k.Target == target && k.Rows != "" {
			s.Rows = sentence(words.Capital(k.Rows))
		}
	}
	hosts, spread := c.a.ServedBy(target)
	if spread == nil {
		return s
	}
	s.Words = spreadWords(spread)
	for _, h := range hosts {
		s.Hosts = append(s.Hosts, servedHost{Host: plain.Name(h.Host), Share: h.Share, Fair: spread.FairShare, Lo: h.ShareLo, Hi: h.ShareHi})
	}
	for _, name := range spread.Silent {
		s.Hosts = append(s.Hosts, servedHost{Host: plain.Name(name), Fair: spread.FairShare})
	}
	if len(s.Hosts) < 2 {
		s.Hosts = nil
	}
	if n := len(s.Hosts); n > mostServed {
		s.Hosts, s.More = s.Hosts[:mostServed], n-mostServed
	}
	return s
}

// Shares are the hosts' shares in one line: "33.4 %, 33.3 %, 33.3 %, fair is 33.3 %".
func (s *served) Shares() string {
	if len(s.Hosts) == 0 {
		return ""
	}
	var all []string
	for _, h := range s.Hosts {
		all = append(all, percent(h.Share))
	}
	if s.More > 0 {
		all = append(all, fmt.Sprintf("%d more hosts", s.More))
	}
	return words.Join(", ", append(all, "fair is "+percent(s.Hosts[0].Fair))...)
}

// FairText is the fair share in words.
func (h servedHost) FairText() string { return percent(h.Fair) }

// SVG is the share as a bar, with a mark at the fair share.
func (h servedHost) SVG() template.HTML {
	width := func(share float64) float64 { return barWidth * min(1, max(0, share)) }
	return template.HTML(fmt.Sprintf(`<svg class="bar" viewBox="0 0 %d 12" preserveAspectRatio="none" aria-hidden="true"><rect class="whole" width="%[1]d" height="12"/><rect class="part" width="%.4g" height="12"/><path d="M%.4g -3V15"/></svg>`,
		barWidth, width(h.Share), width(h.Fair)))
}

// barWidth is the length of the bar of a host that did all the work, in units of its own.
const barWidth = 200

// Text is the host's share in words, with its interval.
func (h servedHost) Text() string {
	text := percent(h.Share)
	if h.Lo < h.Hi {
		text += " (" + between(result.Bound(h.Lo), result.Bound(h.Hi), percent) + ")"
	}
	return text
}
