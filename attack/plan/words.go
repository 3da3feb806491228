package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/stress-tool/stress/internal/words"
)

// Words describes the load in one line for people: "50 clients spread evenly over 1m0s".
func (p Plan) Words() string {
	l := p.load
	switch l.Type {
	case ClientsPerTest:
		spread := map[Arrivals]string{
			Even:    "spread evenly over",
			Burst:   "in bursts on whole seconds over",
			Poisson: "at random over",
		}[l.Arrivals]
		return fmt.Sprintf("%s %s %v", clients(l.Clients), spread, l.Duration)
	case ClientsPerSecond:
		return fmt.Sprintf("%s new %s every second for %v", words.Number(l.Clients), clientNoun(l.Clients), l.Duration) + l.arrivalWords()
	case MaintainClientLoad:
		if l.From == l.Clients {
			return fmt.Sprintf("%s at work for %v", clients(l.Clients), l.Duration)
		}
		return fmt.Sprintf("%s to %s over %v", words.Number(l.From), clients(l.Clients), l.Duration) + l.arrivalWords()
	case Rate:
		return fmt.Sprintf("%s for %v", perSecondWords(l.Rate), l.Duration) + l.arrivalWords()
	default:
		return l.stageWords() + l.arrivalWords()
	}
}

// arrivalWords is how the starts arrive, "" for [Even].
func (l Load) arrivalWords() string {
	return map[Arrivals]string{
		Burst:   ", in bursts on whole seconds",
		Poisson: ", at random",
	}[l.Arrivals]
}

func (l Load) stageWords() string {
	var parts []string
	level := Stage{}
	for _, s := range l.Stages {
		from, to := words.Number(level.Clients), clients(s.Clients)
		if l.ByRate {
			from, to = number(level.Rate), perSecondWords(s.Rate)
		}
		parts = append(parts, oneStageWords(from, to, level.Clients == s.Clients && level.Rate == s.Rate, s.Duration))
		level = s
	}
	return strings.Join(parts, ", ")
}

func oneStageWords(from, to string, hold bool, d time.Duration) string {
	switch {
	case d == 0:
		return "at once " + to
	case hold:
		return fmt.Sprintf("%s for %v", to, d)
	default:
		return fmt.Sprintf("%s to %s over %v", from, to, d)
	}
}

func clients(n int) string { return words.Counted(n, "client") }

func clientNoun(n int) string {
	if n == 1 {
		return "client"
	}
	return "clients"
}

func perSecondWords(r float64) string { return number(r) + " requests/s" }

func number(r float64) string { return words.Decimal(r) }
