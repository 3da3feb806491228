package figure

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// class is one layer of the outcomes figure.
type class struct {
	name  string
	count func(result.Point) uint64
	style fillStyle
}

// classes are stacked in this order: what went well lies below.
func classes() []class {
	return []class{
		{"success", func(p result.Point) uint64 { return p.Outcomes.Success }, fillStyle{color: grey}},
		{"unexpected answer", func(p result.Point) uint64 { return p.Outcomes.Unexpected }, fillStyle{orange, rising, ink}},
		{"too slow", func(p result.Point) uint64 { return p.Outcomes.TooSlow }, fillStyle{orange, lying, ink}},
		{"HTTP 4xx", func(p result.Point) uint64 { return p.Outcomes.HTTP4xx }, fillStyle{purple, falling, ink}},
		{"HTTP 5xx", func(p result.Point) uint64 { return p.Outcomes.HTTP5xx }, fillStyle{red, flat, ink}},
		{"timeout", func(p result.Point) uint64 { return p.Outcomes.Timeout }, fillStyle{plum, crossed, paper}},
		{"network error", func(p result.Point) uint64 { return p.Outcomes.Network }, fillStyle{ink, standing, paper}},
		{"cut", func(p result.Point) uint64 { return p.Outcomes.Cut }, fillStyle{rule, lying, soft}},
	}
}

// mostSteps is how many steps a panel has room for.
const mostSteps = 450

// outcomesFigure stacks what became of the requests of each second, under the line
// of those due and those sent.
func outcomesFigure(a *result.Analysis, legs []*result.Leg, of string) drawing {
	longest := 0
	for _, l := range legs {
		longest = max(longest, len(l.WholeSeconds()))
	}
	per := (longest + mostSteps - 1) / mostSteps
	series := make([][]bucket, len(legs))
	top, late := 0.0, false
	occurs := make([]bool, len(classes()))
	for i, l := range legs {
		series[i] = buckets(l.WholeSeconds(), per)
		for _, b := range series[i] {
			top = max(top, b.due, b.sent, b.stack[len(b.stack)-1])
			late = late || b.due != b.sent
			for k := range occurs {
				occurs[k] = occurs[k] || b.classes[k] > 0
			}
		}
	}
	var row []panel
	for i, l := range legs {
		p := newPanel("")
		p.X.Label.Text = "time since the leg began (" + clock(&p.X, lasting(legs)) + ")"
		wholes(&p.Y, top, 6)
		pn := targetPanel(a, l)
		pn.yLabel, pn.plot = "requests per second", p
		p.Add(rules{})
		if len(series[i]) == 0 || l.Sent == 0 {
			pn.message = "no requests in this leg"
		} else {
			addOutcomes(p, series[i], occurs, late)
		}
		row = append(row, pn)
	}
	d := drawing{
		title:    "Requests and outcomes per second" + of,
		subtitle: words.Join(" · ", a.Name, a.Run.Load.Words, eachStep(per)),
		caption:  "The stack shows what became of the requests that ended in each second; the line shows those sent" + dueToo(late) + "." + partial,
		legend:   outcomesLegend(occurs, late),
		width:    figureWidth / 2 * length(max(2, len(legs))),
		body:     func(c draw.Canvas) { grid(c, []float64{1}, [][]panel{row}) },
	}
	return d
}

func dueToo(late bool) string {
	if late {
		return ", the dashed one those due"
	}
	return ""
}

func length(n int) vg.Length { return vg.Length(n) }

func eachStep(per int) string {
	if per <= 1 {
		return ""
	}
	return fmt.Sprintf("each step is the mean of %d s", per)
}

func sentStroke() draw.LineStyle { return stroke(ink, 1.4) }
func dueStroke() draw.LineStyle  { return stroke(ink, 1.4, 4, 3) }

func outcomesLegend(occurs []bool, late bool) []entry {
	sent, due := sentStroke(), dueStroke()
	legend := []entry{{text: "sent", line: &sent}}
	if late {
		legend = append(legend, entry{text: "due", line: &due})
	}
	for k, c := range classes() {
		if occurs[k] {
			legend = append(legend, entry{text: c.name, fill: &c.style})
		}
	}
	return legend
}

// bucket is a step of the figure: one second, or the mean of several where a pixel
// holds more than one.
type bucket struct {
	from, to  float64
	due, sent float64
	classes   []float64
	stack     []float64 // classes, added up from below
}

func buckets(series []result.Point, per int) []bucket {
	if per < 1 {
		per = 1
	}
	var out []bucket
	for i := 0; i < len(series); i += per {
		part := series[i:min(i+per, len(series))]
		b := bucket{from: part[0].Begins(), to: part[len(part)-1].T, classes: make([]float64, len(classes()))}
		share := 1 / float64(len(part))
		for _, p := range part {
			b.due += float64(p.Due) * share
			b.sent += float64(p.Sent) * share
			for k, c := range classes() {
				b.classes[k] += float64(c.count(p)) * share
			}
		}
		sum := 0.0
		for _, v := range b.classes {
			sum += v
			b.stack = append(b.stack, sum)
		}
		out = append(out, b)
	}
	return out
}

func addOutcomes(p *plot.Plot, series []bucket, occurs []bool, late bool) {
	var from, to, sent, due []float64
	low := make([]float64, len(series))
	for _, b := range series {
		from, to = append(from, b.from), append(to, b.to)
		sent, due = append(sent, b.sent), append(due, b.due)
	}
	for k, c := range classes() {
		if !occurs[k] {
			continue
		}
		high := make([]float64, len(series))
		for i, b := range series {
			high[i] = b.stack[k]
		}
		p.Add(band{from, to, low, high, c.style}, steps{from, to, high, stroke(ink, 0.6)})
		low = high
	}
	p.Add(steps{from, to, sent, sentStroke()})
	if late {
		p.Add(steps{from, to, due, dueStroke()})
	}
}
