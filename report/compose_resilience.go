package report

import (
	"fmt"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
)

// faultClaims are what the faults in the cluster came to, over all rounds. An invalid
// measurement claims nothing.
func (c *composer) faultClaims() {
	if c.a.Verdict == result.Invalid {
		return
	}
	for _, r := range c.a.Resilience {
		c.Claims = append(c.Claims, claim{About: "The faults", Text: sentence(plain.Line(r.Words))})
	}
}

// resilience shows what each fault did to the callers, and all rounds together.
func (c *composer) resilience() {
	when := &table{Caption: "when, in seconds since the fault", Columns: []column{
		left("leg"), left("fault"), left("task"), left("node"), right("at"), right("task ended"), right("replaced"), right("first answer"), right("all hosts"), right("first failure"), right("last failure"),
	}}
	cost := &table{Caption: "what it cost", Columns: []column{
		left("leg"), left("fault"), right("before"), right("after"), right("failed"), right("unknown"), right("slow"), right("lost"), right("doubled"), right("budget"), left("then"),
	}}
	for i := range c.a.Legs {
		l := &c.a.Legs[i]
		for k := range l.Resilience {
			r := &l.Resilience[k]
			leg, fault := textCell(plain.Name(legName(c.a, l))), textCell(plain.Line(r.Fault))
			if r.Failure != "" {
				cost.Rows = append(cost.Rows, append(append([]cell{leg, fault}, repeated(missing(), len(cost.Columns)-3)...), cell{Text: "not done", Sub: plain.Line(r.Failure), Tone: bad}))
				continue
			}
			when.Rows = append(when.Rows, []cell{
				leg, fault, nameCell(r.Task), nameCell(r.Node), textCell(seconds(r.AtS)), instant(r.EndedS), instant(r.ReplacedS), instant(r.FirstAnswerS), instant(r.FullS), instant(r.FirstFailureS), instant(r.LastFailureS),
			})
			cost.Rows = append(cost.Rows, []cell{
				leg, fault, perSecond(r.Before), perSecond(r.After), textCell(count(r.Failed)), textCell(count(r.Unknown)), slowSeconds(r.SlowSeconds),
				rowRange(r.Lost), rowRange(r.Doubled), spent(r.Budget), {Text: string(r.Verdict), Sub: plain.Line(r.Why), Tone: recoveredTone(r.Verdict)},
			})
		}
	}
	if len(cost.Rows) == 0 {
		return
	}
	blocks := []block{{Table: c.overRounds()}, {Table: when}, {Table: cost}, {Text: resilienceNotes}}
	c.add("What the faults did", blocks...)
}

const resilienceNotes = "Ended and replaced are as the cluster counts them, the others as callers see it, to one second. First answer: each new task " +
	"has answered somebody. All hosts: as many answer in each second as before. Before and after are successes per second in the five seconds " +
	"before the fault and the last five of its time, which ends with the next fault or the load. Recovered: nothing fails in these last seconds, " +
	"as many hosts answer, and the rate is not shown to be below nine tenths. Slow: seconds whose p95 is above twice that before. Lost and doubled " +
	"are of the whole leg. Budget: failed requests over those that the threshold of the error rate allows."

// overRounds is a row per fault.
func (c *composer) overRounds() *table {
	t := &table{Caption: "over all rounds: median, and the worst below it", Columns: []column{
		left("target"), left("fault"), right("recovered"), right("task ended"), right("replaced"), right("first answer"), right("all hosts"), right("failed"), right("lost"), right("doubled"),
	}}
	for _, r := range c.a.Resilience {
		recovered := missing()
		if r.Rounds > 0 {
			recovered = cell{Text: fmt.Sprintf("%d of %d", r.Recovered, r.Rounds), Sub: "≥ " + percent(r.AtLeast)}
		}
		t.Rows = append(t.Rows, []cell{
			textCell(plain.Name(r.Target)), textCell(plain.Line(r.Fault)), recovered,
			middle(r.Times, "ended_s", seconds), middle(r.Times, "replaced_s", seconds), middle(r.Times, "first_answer_s", seconds), middle(r.Times, "full_s", seconds),
			middle(r.Counts, "failed", whole), middle(r.Counts, "lost", whole), middle(r.Counts, "doubled", whole),
		})
	}
	return t
}

func whole(x float64) string { return count(int64(x)) }

// middle is a median with the worst below it.
func middle(of map[string]result.MedianWorst, name string, show func(float64) string) cell {
	m, known := of[name]
	if !known {
		return missing()
	}
	out := cell{Text: show(m.Median), Sub: show(m.Worst)}
	if m.Never > 0 {
		out.Sub = fmt.Sprintf("%d never", m.Never)
	}
	return out
}

func repeated(c cell, n int) []cell {
	out := make([]cell, n)
	for i := range out {
		out[i] = c
	}
	return out
}

func instant(at *float64) cell {
	if at == nil {
		return missing()
	}
	return textCell(seconds(*at))
}

func perSecond(e *result.Estimate) cell {
	if e == nil {
		return missing()
	}
	return cell{Text: digits3(e.Value), Sub: between(e.Lo, e.Hi, digits3)}
}

func slowSeconds(n *int) cell {
	if n == nil {
		return missing()
	}
	return textCell(seconds(float64(*n)))
}

func rowRange(e *result.Estimate) cell {
	if e == nil {
		return missing()
	}
	out := textCell(whole(e.Value))
	if e.Hi > e.Lo {
		out.Sub = between(e.Lo, e.Hi, whole)
	}
	return out
}

func spent(share *float64) cell {
	if share == nil {
		return missing()
	}
	return textCell(percent(*share))
}

func recoveredTone(v result.ResilienceVerdict) tone {
	switch v {
	case result.Recovered:
		return good
	case result.NotRecovered:
		return bad
	}
	return faint
}
