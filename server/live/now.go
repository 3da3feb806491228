package live

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
)

// now is what is known of a run at a moment: its newest second, and sums over the leg.
type now struct {
	Phase   string
	left    string
	measure string // what its times are
	second  runlog.Second
	point   result.Point
	total   runlog.Outcomes
	sent    uint64
	served  map[string]uint64
	codes   map[int]uint64 // answers of the leg, by their status
	agents  []agentNow

	leg      string // what the leg is called
	happened []Happening
	stopping bool // somebody asked for the end
}

// Figures are those of the newest second, as texts, by their names.
type Figures struct {
	Phase string `json:"phase"`
	Left  string `json:"left"`
	// Rows are the figures, in their order.
	Rows []Figure `json:"rows"`
	// Served are the shares of the hosts that answered, the greatest first, as far as they are known.
	Served []Figure `json:"served"`
	// Codes are the shares of the status codes of the leg, the greatest first.
	Codes []Figure `json:"codes"`
	// Generators are the agents that put the load on, in the order of their shares; none where it comes from here.
	Generators []Figure `json:"generators"`
	// Happened is what happened so far, the newest first.
	Happened []Happening `json:"happened"`
}

// Happening is something that happened to the run, or to a leg of it.
type Happening struct {
	Leg  string `json:"leg,omitempty"` // whose; "" is the run's
	At   string `json:"at"`            // since the beginning of that
	Text string `json:"text"`
}

// Figure is one of them.
type Figure struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	About string `json:"about"` // what it is of
}

// hear takes an event in; it reports whether that changes what is shown.
func (n *now) hear(e run.Event, legs int) bool {
	switch e := e.(type) {
	case run.LegStarted:
		*n = now{left: n.left, happened: n.happened, stopping: n.stopping}
		n.Phase = plain.Line(e.Target)
		if e.WarmUp > 0 {
			n.Phase += ", warm-up"
		}
		if legs > 1 {
			n.Phase = fmt.Sprintf("leg %d of %d: %s", e.N, legs, n.Phase)
		}
		n.leg = n.Phase
	case run.Waiting:
		n.Phase = cmp.Or(waits[e.For], "it waits")
		if e.Most > 0 {
			n.Phase += ", at most " + words.TableSeconds(e.Most.Seconds())
		}
	case run.LegEnded:
		n.Phase = "the leg has ended"
	case run.Noted:
		of := Happening{Leg: n.leg, At: words.TableSeconds(e.At), Text: plain.Clip(plain.Line(e.Text), mostText)}
		if ofRun(e.Kind) {
			of.Leg = ""
		}
		n.happened = append([]Happening{of}, n.happened[:min(len(n.happened), mostHappened-1)]...)
		return false // the next second tells it, too
	default:
		return false
	}
	return true
}

var waits = map[run.Wait]string{
	run.ForCoolDown: "the target cools down", run.ForEarlierRows: "rows of the leg before are still coming", run.ForRows: "rows are still coming",
	run.ForReplicas: "the service is scaled", run.ForCluster: "the service starts its replicas", run.ForNames: "rows are counted by their names",
	run.ForAgents: "agents are waited for, and make the scenario ready",
}

// Beginning is what is shown of a run of which nothing is known yet.
func Beginning() Figures {
	n := now{Phase: "it begins", second: runlog.Second{CPU: -1}, point: result.Point{Steal: -1}}
	return n.Figures()
}

// take takes the newest second in.
func (n *now) take(s *runlog.Second, p *result.Point, elapsed, planned time.Duration) {
	n.second, n.point = *s, *p
	n.total.Merge(s.Outcomes)
	n.sent += s.Sent
	for host, of := range s.Served {
		if n.served == nil {
			n.served = map[string]uint64{}
		}
		n.served[host] += of.Answers
	}
	for code, answers := range s.Statuses {
		if n.codes == nil {
			n.codes = map[int]uint64{}
		}
		n.codes[code] += answers
	}
	n.left = ""
	if left := planned - elapsed; left > 0 {
		n.left = words.TableSeconds(max(1, left.Round(time.Second).Seconds()))
	}
}

// agentNow is one of several generators: its newest second, and its sum over the leg.
type agentNow struct {
	name   string
	sent   uint64
	second *runlog.GeneratorSecond // nil where none came of the newest second
}

// generators takes in what each agent did in a second.
func (n *now) generators(leg runlog.Leg, all []runlog.GeneratorSecond) {
	if len(n.agents) != len(leg.Agents) {
		n.agents = make([]agentNow, len(leg.Agents))
		for i, a := range leg.Agents {
			n.agents[i].name = plain.Name(plain.Line(a.Name))
		}
	}
	for i := range n.agents {
		n.agents[i].second = nil
	}
	for _, s := range all {
		if s.Agent < len(n.agents) {
			a := &n.agents[s.Agent]
			a.sent, a.second = a.sent+s.Sent, &s
		}
	}
}

// shownAgents are the figures of the first of them.
func shownAgents(agents []agentNow) []Figure {
	out := []Figure{}
	for _, a := range agents[:min(len(agents), mostAgents)] {
		f := Figure{a.name, "nothing came", words.TableCount(a.sent) + " sent in the leg"}
		if s := a.second; s != nil {
			f.Value = words.Table.Digits(float64(s.Sent)/cmp.Or(s.WallS, 1)) + words.Thin + "/s"
			f.About += "; in this second processors " + share(s.CPU) + ", lag " + metric.P99.Title + " " + words.Table.Millis(s.LagP99MS) + " of " + words.Table.Counted(float64(s.Sent), "requests")
		}
		out = append(out, f)
	}
	if more := len(agents) - len(out); more > 0 {
		out = append(out, Figure{"and", words.Counted(more, "agent"), "more, which the report has"})
	}
	return out
}

// share is a share of the processors, below 0 where it is not known.
func share(v float64) string {
	if v < 0 {
		return "not known"
	}
	return words.Table.Percent(v)
}

// Figures are what is shown of it.
func (n *now) Figures() Figures {
	s, p := n.second, n.point
	wall := cmp.Or(s.WallS, 1)
	perSecond := func(count uint64) string { return words.Table.Digits(float64(count)/wall) + words.Thin + "/s" }
	times := func(v float64, least uint64) string {
		if p.N < least || p.N == 0 {
			return "–"
		}
		return words.Table.Millis(v)
	}
	answers := words.Join(" of ", n.measure, words.Table.Counted(float64(p.N), "answers"))
	phase := n.Phase
	if n.stopping {
		phase += ", being stopped"
	}
	f := Figures{Phase: phase, Left: cmp.Or(n.left, "–"), Served: []Figure{}, Codes: []Figure{}, Generators: shownAgents(n.agents), Happened: append([]Happening{}, n.happened...), Rows: []Figure{
		{"clients at work", words.TableCount(s.Active), words.TableCount(s.InFlight) + " in flight"},
		{"sent", perSecond(s.Sent), words.TableCount(n.sent) + " in the leg"},
		{"successes", perSecond(s.Success), words.TableCount(n.total.Success) + " in the leg"},
		{"failures", perSecond(s.Failed()), words.TableCount(n.total.Failed()) + " in the leg" + classes(n.total)},
		{"mean", times(p.Mean, 1), answers},
		{metric.P50.Title, times(p.P50, 1), answers},
		{metric.P95.Title, times(p.P95, metric.P95.Fewest()), answers},
		{metric.P99.Title, times(p.P99, metric.P99.Fewest()), answers},
		{"received", words.TableBytes(uint64(float64(s.BytesReceived)/wall)) + "/s", words.TableBytes(uint64(float64(s.BytesSent)/wall)) + "/s sent"},
		{"processors of the generator", share(s.CPU), "steal " + share(p.Steal)},
		{"lag of the generator, " + metric.P99.Title, cmp.Or(map[bool]string{true: words.Table.Millis(p.LagP99)}[p.LagP99 >= 0 && p.T > 0], "–"), words.Table.Counted(float64(s.Sent), "requests")},
	}}
	f.Served = shares(n.served, mostHosts, func(host string) string { return plain.Name(plain.Line(host)) })
	f.Codes = shares(n.codes, result.DrawnStatuses, func(code int) string {
		if code == runlog.OtherStatuses {
			return "others"
		}
		return strconv.Itoa(code)
	})
	return f
}

// classes are the failures by their classes, as far as there are any.
func classes(o runlog.Outcomes) string {
	var all []string
	for c := runlog.HTTP4xx; c < runlog.Cut; c++ {
		if n := o.Of(c); n > 0 {
			all = append(all, strings.ReplaceAll(c.String(), "_", " ")+" "+words.TableCount(n))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, ", ")
}

// shares are those of answers, the greatest first.
func shares[K cmp.Ordered](of map[K]uint64, most int, name func(K) string) []Figure {
	var all uint64
	for _, n := range of {
		all += n
	}
	keys := slices.SortedFunc(maps.Keys(of), func(a, b K) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	out := []Figure{}
	for _, k := range keys[:min(len(keys), most)] {
		out = append(out, Figure{name(k), words.Table.Percent(float64(of[k]) / float64(max(1, all))), words.Table.Counted(float64(of[k]), "answers")})
	}
	return out
}

// What is shown while a run goes on.
const (
	mostHosts    = 12
	mostAgents   = 20
	mostHappened = 50
	mostText     = 300 // of what happened, in characters
)
