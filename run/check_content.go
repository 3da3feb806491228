package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/observe/swarm"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
	"github.com/stress-tool/stress/scenarios"
)

// contents are what the hosts behind a target answered.
type contents struct {
	target scenarios.Target
	of     map[string][]map[string]bool // by host, then by request: status and hash of the body
}

// note keeps the newest answers as those of a host.
func (c *contents) note(host string, all []answers) {
	if c.of[host] == nil {
		c.of[host] = make([]map[string]bool, len(all))
	}
	for i, a := range all {
		if c.of[host][i] == nil {
			c.of[host][i] = map[string]bool{}
		}
		c.of[host][i][a.last] = true
	}
}

// askedOfATask is how often a task is asked for the same request: what differs between two answers
// of one host tells nothing of another.
const askedOfATask = 2

// checkContent says of every target in front of the service whether all its tasks give the same
// answers. A task that publishes a port of its node is asked there; of the others it is known what
// answers said that named them. Addresses of an overlay network are not asked: from here they would
// be somebody else's.
func (c *checker) checkContent(ctx context.Context, serving []swarm.Task) {
	tasks := map[string]swarm.Task{}
	for _, t := range serving {
		tasks[t.Host] = t
	}
	for _, of := range c.contents {
		if !c.inFrontOf(of, tasks) {
			continue
		}
		for _, t := range serving {
			if t.Address != "" {
				c.askTask(ctx, of, t)
			}
		}
		for i, r := range c.sc.Requests {
			c.say(fmt.Sprintf("target %s, %s, content", of.target.Name, r.Name), nil, "%s", contentWords(of, i, serving))
		}
	}
}

// inFrontOf reports that a task answered for the target, by what answers named, or that nothing is
// known of who did.
func (c *checker) inFrontOf(of *contents, tasks map[string]swarm.Task) bool {
	for host := range of.of {
		if _, known := tasks[host]; known {
			return true
		}
	}
	return len(of.of) == 0 && (c.answered == nil || slices.ContainsFunc(slices.Collect(maps.Keys(tasks)), func(h string) bool { return c.answered[h] }))
}

// askTask asks a task at its own address, under the URL of the target. One that does not answer is
// one that nothing is known of.
func (c *checker) askTask(ctx context.Context, of *contents, t swarm.Task) {
	at := of.target
	at.ConnectTo, at.Proxy = []string{t.Address}, nil
	if c.checkTarget(ctx, at) != nil {
		return
	}
	p := c.prober(at, nil)
	for range askedOfATask {
		if _, err := p.pass(ctx); err != nil {
			return
		}
		of.note(t.Host, p.answers)
	}
}

// contentWords compare what tasks answered to a request.
func contentWords(of *contents, request int, serving []swarm.Task) string {
	var unknown, each []string
	all := map[string]bool{}
	varies := false
	for _, t := range serving {
		known := of.of[t.Host]
		if known == nil {
			unknown = append(unknown, t.Name+" on "+t.Node)
			continue
		}
		varies = varies || len(known[request]) > 1
		maps.Copy(all, known[request])
		each = append(each, fmt.Sprintf("%s on %s: %s", t.Name, t.Node, strings.Join(slices.Sorted(maps.Keys(known[request])), ", ")))
	}
	var text string
	switch {
	case len(each) == 0:
		text = "not known"
	case varies:
		text = "answers of the same replica differ, so they cannot tell whether all have the same content"
	case len(all) == 1:
		text = fmt.Sprintf("the same on %d of %s: %s", len(each), words.Counted(len(serving), "replica"), slices.Collect(maps.Keys(all))[0])
	default:
		text = "NOT the same on all replicas: " + strings.Join(each, "; ") + ": look whether they name themselves in it, or have files that are not shared between the nodes"
	}
	if len(unknown) > 0 {
		text += "; nothing is known of " + words.List(unknown, namesSaid) + ": answers that name their host (host_from) would tell, and more of them, or a port of each node (mode=host)"
	}
	return text
}

// namesSink is a sink that keeps the hosts which answers name.
type namesSink struct{ hosts map[string]bool }

// Second implements [attack.Sink].
func (s *namesSink) Second(sec runlog.Second, _ ...hist.Interval) error {
	if s.hosts == nil {
		s.hosts = map[string]bool{}
	}
	for name := range sec.Served {
		s.hosts[name] = true
	}
	return nil
}

// Failure implements [attack.Sink].
func (*namesSink) Failure(runlog.Failure) error { return nil }

// Event implements [attack.Sink].
func (*namesSink) Event(runlog.Event) error { return nil }
