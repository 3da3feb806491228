package run

import (
	"fmt"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/words"
)

// fewPauses is how many pauses of single requests are named.
const fewPauses = 3

// pace is how the clients of a load pause, and how long they keep a connection.
type pace struct {
	*Load
	requests []attack.Request
}

// words go on after those of the plan; "" where there is nothing to say.
func (l pace) words() string {
	var parts []string
	if l.Pause != (plan.Pause{}) {
		parts = append(parts, l.Pause.Words()+" after each request")
	}
	for _, r := range l.requests {
		switch {
		case r.Pause == nil:
		case *r.Pause == (plan.Pause{}):
			parts = append(parts, "not after "+r.Name)
		default:
			parts = append(parts, r.Pause.Words()+" after "+r.Name)
		}
	}
	if len(parts) > fewPauses {
		parts = []string{fmt.Sprintf("%v in each pass on average", l.pauses().Round(time.Millisecond))}
	}
	out := ""
	if len(parts) > 0 {
		out = ", thinking " + strings.Join(parts, ", ")
	}
	if l.Every > 0 {
		out += fmt.Sprintf(", each beginning a pass every %v", l.Every)
	}
	switch {
	case l.NoKeepAlive:
		out += ", without keep-alive"
	case l.RequestsPerConnection > 0:
		out += ", " + words.Counted(l.RequestsPerConnection, "request") + " per connection"
	}
	return out
}

// pauses is the sum of the pauses of a pass, on average; nothing follows the last request of an open load.
func (l pace) pauses() time.Duration {
	var sum, weights float64
	mixed := attack.Mixed(l.requests)
	for i, r := range l.requests {
		p := l.Pause
		if r.Pause != nil {
			p = *r.Pause
		}
		switch weights += float64(r.Weight); {
		case l.Plan.Open() && (mixed || i == len(l.requests)-1):
		case mixed:
			sum += float64(r.Weight) * float64(p.Average())
		default:
			sum += float64(p.Average())
		}
	}
	if mixed {
		sum /= weights
	}
	return time.Duration(sum)
}

// most says how many requests per second the clients of a closed load send at most; "" where only the
// answers decide that, and in an open load.
func (l pace) most() string {
	pass := max(l.pauses(), l.Every)
	if l.Plan.Open() || pass == 0 {
		return ""
	}
	clients := l.Plan.ClientSeconds() / l.Plan.Duration().Seconds()
	rate := clients * float64(attack.PerPass(l.requests)) * (1/pass.Seconds() + 1/l.Plan.Duration().Seconds())
	return fmt.Sprintf(": at most %s requests/s, were the answers instant", words.Significant(rate, 3))
}
