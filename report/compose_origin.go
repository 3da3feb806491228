package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
)

// excerptRunes is how much of a body is shown.
const excerptRunes = 160

// failures shows the first of each kind, as the target worded it.
func (c *composer) failures() {
	var blocks []block
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		t := &table{Caption: legName(c.a, l), Columns: []column{
			right("count"), left("outcome"), right("first at"), left("what happened"),
		}}
		for _, f := range l.Failures {
			outcome := outcomeName(f.Class.String())
			if f.Status != 0 {
				outcome += " (" + strconv.Itoa(f.Status) + ")"
			}
			t.Rows = append(t.Rows, []cell{
				textCell(count(f.Count)), textCell(outcome), textCell(seconds(f.At)), {Text: words.Join(": ", f.Request, f.Reason), Sub: quote(f.Excerpt)},
			})
		}
		blocks = append(blocks, block{Table: t})
	}
	c.add("Failures, the first of each kind", blocks...)
}

// outcomeName turns a class's name in the files into the words of the tables.
func outcomeName(class string) string {
	names := map[string]string{
		"http_4xx": "HTTP 4xx", "http_5xx": "HTTP 5xx", "unexpected": "unexpected answer",
		"too_slow": "too slow", "network": "network error",
	}
	if w, ok := names[class]; ok {
		return w
	}
	return class
}

// quote puts an excerpt in quotation marks, on one line, and clips it.
func quote(excerpt string) string {
	s := strings.Join(strings.Fields(plain.Line(excerpt)), " ")
	if s == "" {
		return ""
	}
	return "“" + plain.Clip(s, excerptRunes) + "”"
}

// events lists what happened to the run and its legs.
func (c *composer) events() {
	var list []string
	const line = "%s at %s: %s: %s"
	for _, e := range c.a.Run.Events {
		list = append(list, fmt.Sprintf(line, "run", seconds(e.At), e.Kind, e.Text))
	}
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		name := legName(c.a, l)
		for _, e := range l.Events {
			if l.Cluster != nil && result.OfCluster(e.Kind) { // see "What happened to the cluster"
				continue
			}
			list = append(list, fmt.Sprintf(line, name, seconds(e.At), e.Kind, e.Text))
		}
		if l.Stopped != "" {
			list = append(list, name+" was stopped: "+l.Stopped)
		} else if !l.Complete {
			list = append(list, name+" has no end: what is shown is what reached the disk")
		}
	}
	c.add("Events", block{List: list})
}

// facts is a table of names and values; what has no value is left out.
type facts struct{ table }

func (f *facts) row(name, value string) {
	if value != "" {
		f.Rows = append(f.Rows, []cell{textCell(name), textCell(value)})
	}
}

func newFacts() *facts { return &facts{table{Columns: []column{left(""), left("")}}} }

// originOfLoad shows what is a load's own, in a run of several.
func (c *composer) originOfLoad() {
	t := newFacts()
	t.row("load", c.a.Run.Load.Words)
	t.row("pacing", c.a.Run.Load.Pacing)
	t.row("clock of arrivals", c.a.Run.Clock)
	c.add("Where the figures come from", block{Table: &t.table})
}

// origin shows the scenario, the load, the program and the machine of the run.
func (c *composer) origin() {
	r := c.a.Run
	t := newFacts()
	row := t.row
	row("label", c.a.Label)
	row("scenario", r.Source)
	row("load", r.Load.Words)
	for i := range c.a.Legs {
		if l := &c.a.Legs[i]; l.Load != nil {
			row("load of "+legName(c.a, l), l.Load.Words)
		}
	}
	row("success", r.Success)
	for _, name := range c.a.Targets() {
		if legs := c.a.Parts()[0].LegsOf(name, func(*result.Leg) bool { return true }); len(legs) > 0 {
			row("target "+name, strings.TrimSpace(legs[0].URL+" "+legs[0].Way))
		}
	}
	if !r.Started.IsZero() {
		row("started", r.Started.UTC().Format(time.RFC3339))
	}
	row("engine", r.Engine)
	row("pacing", r.Load.Pacing)
	row("clock of arrivals", r.Clock)
	row("tool", words.Join(" · ", "stress "+r.Tool.Version, r.Tool.Go))
	row("machine", machine(c.a))
	notes := r.Notes
	if r.Partial {
		notes = append([]string{"The run is partial: " + partial(r.Stopped)}, notes...)
	}
	c.add("How it was measured", block{Table: &t.table}, block{List: notes})
	measured := &c.Sections[len(c.Sections)-1]
	measured.Last, measured.Scenario, measured.Repeat = true, yamlOf(r.Scenario), repeatOf(r)
}

func partial(why string) string {
	if why == "" {
		return "it was killed before its end."
	}
	return sentence(why)
}

// machinesDiffer reports that the agents of a leg are on machines of several kinds.
func machinesDiffer(a *result.Analysis) bool {
	return slices.ContainsFunc(a.Legs, func(l result.Leg) bool {
		return l.Fleet != nil && slices.ContainsFunc(l.Fleet.Agents, func(of result.Agent) bool { return of.Machine != l.Fleet.Agents[0].Machine })
	})
}

func machine(a *result.Analysis) string {
	m := a.Run.Machine
	var agents, cpus, memory string
	if m.Agents > 0 {
		agents = words.Counted(m.Agents, "agent") + ", each on"
		if machinesDiffer(a) {
			agents = words.Counted(m.Agents, "agent") + " on machines that differ, the least of each figure:"
		}
	}
	if m.CPUs > 0 {
		cpus = count(m.CPUs) + " CPUs"
	}
	if m.Quota > 0 {
		cpus = words.Join(", ", cpus, "of which its control group may use "+digits3(m.Quota))
	}
	if m.MemoryMB > 0 {
		memory = count(m.MemoryMB) + thin + "MB"
	}
	return words.Join(" · ", words.Join(" ", agents, words.Join("/", m.OS, m.Arch)), m.Kernel, cpus, m.CPU, memory)
}
