package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/stress-tool/stress/fleet/calibration"
	"github.com/stress-tool/stress/fleet/roster"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// agentView is an agent as a line of a table.
type agentView struct {
	roster.Agent
	Can []canView
}

// canView is what an agent can send with an engine.
type canView struct {
	calibration.Record
	Send, Lag string
}

func (s *Site) agents(r *http.Request) (reply, error) {
	who := s.Control.Who(r.Context())
	if who == nil {
		return reply{}, store.ErrNotFound
	}
	v := struct {
		*control.Who
		Members []agentView
		Free    int
	}{Who: who}
	if who.Roster != nil {
		v.Free = len(who.Free())
		for _, a := range who.Agents {
			row := agentView{Agent: a}
			for _, c := range a.Calibrations {
				row.Can = append(row.Can, canView{c, words.Significant(c.CapacityRPS, 2) + words.Thin + "requests/s", words.Table.Millis(c.LagP99MS)})
			}
			v.Members = append(v.Members, row)
		}
	}
	return settingsPage("agents", "Agents", settingsView{Data: v}), nil
}

func (s *Site) calibrate(r *http.Request) (reply, error) {
	if err := s.Control.Calibrate(r.Context()); err != nil {
		return reply{}, err
	}
	return goTo("settings", "agents")
}

// mostNamed is how many agents the form of a test names.
const mostNamed = 8

// agentsHint says at the field of the generators which there are.
func agentsHint(w *control.Who) string {
	const empty = "empty: the load comes from this server alone; "
	switch {
	case w == nil:
		return empty + "it has no agents"
	case w.Broker == "":
		return empty + fmt.Sprintf("a number up to %d, how many processors it has, starts so many for each run as processes of its own machine, which bring no more load; agents on other machines need stress serve --nats", w.Most)
	case w.Problem != "":
		return empty + "which agents there are is not known: " + plain.Line(w.Problem)
	case len(w.Agents) == 0:
		return empty + plain.Line(w.Broker) + " has no agents now: start them with stress agent --nats " + plain.Line(w.Broker)
	}
	free := w.Free()
	text := empty + "no agent is free"
	switch {
	case len(free) == 1:
		text = empty + "1 agent is free: "
	case len(free) > 1:
		text = empty + fmt.Sprintf("%d agents are free: ", len(free))
	}
	if len(free) > mostNamed {
		free = append(free[:mostNamed:mostNamed], fmt.Sprintf("%d more", len(free)-mostNamed))
	}
	text += plain.Line(strings.Join(free, ", "))
	if work := len(w.Agents) - len(w.Free()); work > 0 {
		text += fmt.Sprintf("; at work for another run: %d", work)
	}
	return text
}
