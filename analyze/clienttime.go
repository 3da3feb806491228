package analyze

import (
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
)

// Tolerances of the check of the clients' time: a share of that of the plan, and what each client may have
// lost between its last answer and the end of its work.
const (
	clientTimeShare = 0.01
	clientTimeEnd   = 0.1 // s
)

// clientTime says how the clients of a closed load spent their time, by Little's law: the clients at work
// are the throughput times what a request takes of a client, its response time and the pause before the
// next. nil for an open load, for a warm-up, whose plan is another, and for runs from before it was kept.
func clientTime(rec *runlog.Record, load runlog.Load, l *result.Leg) *result.ClientTime {
	t := &result.ClientTime{PlannedS: load.ClientS, MostRPS: mostRPS(load)}
	for _, s := range rec.Seconds {
		t.WaitingS += s.BusyS
		t.ThinkingS += s.ThoughtS
		t.Overdue += s.Overdue
	}
	n := float64(l.Outcomes.Ended())
	if load.Open || rec.WarmUp || load.ClientS == 0 || t.WaitingS == 0 || l.LoadS <= 0 || n == 0 {
		return nil
	}
	t.Words = fmt.Sprintf("%s requests/s × (%s until the answer + %s of thinking) = %s clients at work, by the plan %s",
		words.Significant(n/l.LoadS, 3), words.Millis(1000*t.WaitingS/n), words.Millis(1000*t.ThinkingS/n),
		words.Significant((t.WaitingS+t.ThinkingS)/l.LoadS, 3), words.Significant(load.ClientS/load.DurationS, 3))
	if t.WaitingS+t.ThinkingS > t.PlannedS*(1+clientTimeShare) {
		t.Words += " and the waits for the last answers behind its end"
	}
	if t.MostRPS > 0 {
		t.Words += fmt.Sprintf("; at most %s requests/s, were the answers instant", words.Significant(t.MostRPS, 3))
	}
	return t
}

// mostRPS is how many requests per second the clients of a closed load send at most if every answer is
// instant, the pass with which each begins among them; 0 where only the answers bound that.
func mostRPS(load runlog.Load) float64 {
	pass := max(load.PauseS, load.EveryS)
	if load.Open || pass == 0 || load.DurationS == 0 {
		return 0
	}
	return load.ClientS / load.DurationS * float64(max(load.Requests, 1)) * (1/pass + 1/load.DurationS)
}

// lostClientTime says that the clients' time does not add up, "" where it does or cannot be told. Clients
// wait for an answer or think from their start to the end of their work, and beyond it for the last answer
// alone. So the sum lies between the plan's and that with those last waits. The numbers of clients of
// stages, whose slots may be taken again, are not known here, nor when those of a lost agent ended.
func lostClientTime(rec *runlog.Record, load runlog.Load, l *result.Leg) string {
	t := l.ClientTime
	if t == nil || !rec.Complete || rec.Stopped != "" || load.Type == "stages" ||
		slices.ContainsFunc(rec.Agents, func(a runlog.Agent) bool { return a.Lost != "" }) {
		return ""
	}
	var clients int64
	var still float64
	for _, s := range rec.Seconds {
		clients = max(clients, s.Active)
		for _, span := range s.Standstills {
			still += span.To - span.From
		}
	}
	end := float64(clients) * (clientTimeEnd + still)
	least := t.PlannedS*(1-clientTimeShare) - end
	most := t.PlannedS*(1+clientTimeShare) + end + float64(clients)*max(l.DrainS, l.Response.Max/1000)
	if sum := t.WaitingS + t.ThinkingS; sum < least || sum > most {
		return fmt.Sprintf("the counts do not add up: clients were at work for %s s by the plan, but waited and thought for %s s",
			words.Significant(t.PlannedS, 4), words.Significant(sum, 4))
	}
	return ""
}

func overdueWords(n uint64) string {
	if n == 1 {
		return "1 pass"
	}
	return words.Number(n) + " passes"
}
