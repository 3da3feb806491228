package run

import (
	"context"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/scenarios"
)

// unseen stands for a performer of which nothing is known.
type unseen struct{ Here }

// Able implements [Performer].
func (unseen) Able(attack.Engine, *attack.Job) error { return nil }

// checkLegs has the agents make the legs of a target ready.
func (c *checker) checkLegs(ctx context.Context, t scenarios.Target) {
	for i := range c.loads {
		what := "agents, target " + t.Name
		if len(c.loads) > 1 {
			what += ", load " + c.loads[i].Name
		}
		j, _, err := c.order(Step{Target: t.Name, Round: 1}, &c.loads[i])
		if err == nil {
			err = c.o.Performer.Able(j.Engine, &j.Job)
		}
		if err == nil {
			_, err = c.o.Performer.Ready(ctx, j)
		}
		if err != nil {
			c.say(what, &UnreachableError{What: what, Err: err}, "")
			continue
		}
		text := ""
		if e, ok := c.o.Performer.(Estimator); ok {
			text = e.Estimate(j.Engine, &j.Job)
		}
		c.say(what, nil, "%s", words.Join("; ", "each can put its part on", text))
	}
}
