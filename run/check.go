package run

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/secret"
)

// Finding is one thing looked at before a run.
type Finding struct {
	What string
	// Err is nil when all is well; an [*UnreachableError] means that a run could not begin.
	Err error
	// Text says what is well; "" with an Err.
	Text string
}

// Check looks at everything a run with the same options needs, and refuses what the run would
// refuse. It sends no load: each target gets a few passes one after the other, as the run's
// engine sends them, every one on new connections so that a balancer has to choose anew; on
// a page that writes, each of them writes a row, and the ledger is asked which hosts wrote. A performer makes every leg
// ready, and puts none on; without one the agents that the scenario asks for are not looked at.
// The error is of a scenario that no run could begin with.
func Check(ctx context.Context, sc *scenarios.Scenario, o Options) ([]Finding, error) {
	agents := sc.Generators != nil && o.Performer != nil
	if sc.Generators != nil && !agents {
		o.Performer = unseen{}
	}
	r, err := newRunner(sc, o)
	if err != nil {
		return nil, err
	}
	c := &checker{runner: r, agents: agents}
	c.scenario()
	defer r.closeSources()
	readable := c.feeds(ctx)
	c.openLedger(ctx)
	for _, t := range c.unscaled() {
		if readable {
			c.target(ctx, t)
		}
	}
	c.checkCluster(ctx)
	for i, f := range c.found {
		c.found[i].Err, c.found[i].Text = withoutSecrets(sc, f.Err), sc.Secrets().Blot(f.Text)
	}
	return c.found, nil
}

type checker struct {
	*runner
	found    []Finding
	agents   bool            // there are some, which are to put the load on
	answered map[string]bool // the hosts that probes reached; nil where that is not known
	contents []*contents     // of every target that was asked
}

// reached notes hosts that answered.
func (c *checker) reached(hosts []string) {
	if c.answered == nil {
		c.answered = map[string]bool{}
	}
	for _, h := range hosts {
		c.answered[h] = true
	}
}

// unscaled are the targets as the cluster is now: those of several replicas once, with as many as
// there are.
func (c *checker) unscaled() (targets []scenarios.Target) {
	for _, t := range c.targets {
		if t.Of != "" {
			t.Replicas = 0
			if slices.ContainsFunc(targets, func(o scenarios.Target) bool { return o.Of == t.Of }) {
				continue
			}
		}
		targets = append(targets, t)
	}
	return targets
}

func (c *checker) say(what string, err error, format string, args ...any) {
	c.found = append(c.found, Finding{What: what, Err: err, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) scenario() {
	for i, l := range c.sc.Loads {
		c.load(l, pace{&c.loads[i], c.sc.Requests})
	}
	if round, err := RoundTime(c.sc, c.o.Targets); err == nil && len(c.loads) > 1 {
		c.say("time", nil, "%v by the plans, for all loads on all targets%s", round, roundsWords(c.sc.Compare))
	}
}

// feeds says which data requests are made of, and reports that there are enough.
func (c *checker) feeds(ctx context.Context) (ok bool) {
	if err := c.openFeeds(ctx); err != nil {
		c.say("feeds", err, "")
		return false
	}
	for i, s := range c.data.sources {
		f := c.data.read[i]
		c.say("feed "+s.Name, nil, "%s of %s, %s", words.Counted(f.Rows(), "row"), words.List(f.Columns(), namesSaid), s.Order)
	}
	return true
}

// load says before any load is sent what one of them will send, and what that can show.
func (c *checker) load(l scenarios.NamedLoad, p pace) {
	what, of := "scenario", ""
	if len(c.loads) > 1 {
		what, of = "load "+l.Name, ", load "+l.Name
	}
	n, ok := attack.Planned(p.Plan, attack.PerPass(p.requests))
	if !ok {
		c.say(what, nil, "%s%s, on each target%s%s", p.Plan.Words(), p.words(), roundsWords(c.sc.Compare), p.most())
		return
	}
	c.say(what, nil, "%s%s: %s on each target%s", p.Plan.Words(), p.words(), words.Counted(n, "request"), roundsWords(c.sc.Compare))
	if c.sc.Compare != nil && c.sc.Compare.Budget > 0 {
		return
	}
	n *= uint64(c.sc.Compare.MostRounds())
	c.say("what it can show"+of, nil, "of each target at best, by %s: %s", words.Counted(n, "request"), analyze.ExpectedPrecision(n))
	if few := analyze.NeedMoreRequests(l.Thresholds, func(name string) uint64 { return attack.Part(p.requests, name, n) }); len(few) > 0 && l.Decide == "" {
		c.say("thresholds"+of, nil, "so few requests will leave it open whether they are met: %s; more clients or a longer duration tell, or decide: observed", strings.Join(few, ", "))
	}
}

// roundsWords end a sentence about what a target gets; "" for a single round.
func roundsWords(c *scenarios.Compare) string {
	switch {
	case c.MostRounds() == 1:
		return ""
	case c.Budget == 0:
		return fmt.Sprintf(" in each of %d rounds", c.Rounds)
	case c.Rounds == 0:
		return fmt.Sprintf(" in each round, as many as fit in %v", c.Budget)
	}
	return fmt.Sprintf(" in each of at most %d rounds, as many as fit in %v", c.Rounds, c.Budget)
}

func (c *checker) openLedger(ctx context.Context) {
	var err error
	c.ledger, err = OpenLedger(ctx, c.sc)
	switch {
	case err != nil:
		c.say("ledger", err, "")
	case c.ledger == nil:
		c.say("ledger", nil, "none: answers will not be held against rows%s", c.uncountedReplicas())
	default:
		first := c.ledger.First()
		c.say("ledger", nil, "%s at %s can be read: %s of %s, counted in %v", c.sc.Ledger.What(),
			c.ledger.Address(), words.Counted(first.Rows, "row"), words.Counted(first.Hosts, "host"), first.Took.Round(time.Millisecond))
	}
}

// uncountedReplicas names the targets whose replicas cannot be counted, as there is no ledger;
// "" for none.
func (c *checker) uncountedReplicas() string {
	var names []string
	for _, t := range c.targets {
		if t.Replicas > 1 {
			names = append(names, fmt.Sprintf("%d of %s", t.Replicas, t.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", and replicas are not looked for: " + strings.Join(names, ", ")
}

func (c *checker) target(ctx context.Context, t scenarios.Target) {
	what := "target " + t.Name
	var err error
	if !c.agents {
		err = c.able(t)
	}
	if err == nil {
		err = c.checkTarget(ctx, t)
	}
	if err != nil {
		var away *UnreachableError
		if !errors.As(err, &away) {
			away = &UnreachableError{What: what, Err: err}
		}
		c.say(away.What, away, "")
		return
	}
	if c.agents {
		c.checkLegs(ctx, t)
	}
	for _, w := range c.withheld {
		c.say(what, nil, "%s", w)
	}
	c.withheld = nil
	before := c.rowsNow(ctx)
	passes := max(2, 2*t.Replicas)
	names := c.names(claim.NewLeg())
	if c.probe(ctx, t, names, passes) {
		c.checkHosts(ctx, t, before, passes*len(c.sc.Requests))
		c.checkNames(ctx, t, names)
	}
}

// checkNames looks whether the page writes the names of requests where the ledger reads them.
func (c *checker) checkNames(ctx context.Context, t scenarios.Target, names *claim.Names) {
	if c.ledger == nil || names == nil {
		return
	}
	what, column := fmt.Sprintf("target %s, names", t.Name), c.sc.Ledger.Claim.Column
	hosts, err := c.ledger.RowsOfLeg(ctx, names.Leg)
	switch {
	case err != nil:
		c.say(what, err, "")
	case len(hosts) == 0:
		c.say(what, fmt.Errorf("no row has the name of its request in %s: look whether the page writes the %s into it", column, names.Place), "")
	default:
		c.say(what, nil, "rows of %s have the names of their requests in %s", words.Counted(len(hosts), "host"), column)
	}
}

// answers are those to one request.
type answers struct {
	body   hash.Hash // of the one under way
	bodies map[string]int
	last   string // the content of the newest
	err    error  // why one was not as expected
}

// probe has the engine send some passes, each by a client of its own, up to one that is not
// answered as expected; that is a finding, and not ok. Bodies are held against each other.
func (c *checker) probe(ctx context.Context, t scenarios.Target, names *claim.Names, passes int) (ok bool) {
	p := c.prober(t, names)
	ok = true
	for done := 0; done < passes && ok; done++ {
		var err error
		if ok, err = p.pass(ctx); err != nil {
			c.say("target "+t.Name, err, "")
			return false
		}
	}
	c.contents = append(c.contents, p.contents)
	for i := range p.answers {
		what := fmt.Sprintf("target %s, %s", t.Name, p.job.Requests[i].Name)
		a := &p.answers[i]
		answered := 0
		for _, n := range a.bodies {
			answered += n
		}
		switch {
		case a.err != nil:
			c.say(what, a.err, "")
		case answered == 0:
			c.say(what, errors.New("not sent: an answer before it has no value for what follows"), "")
		case len(a.bodies) > 1:
			c.say(what, nil, "%s, all as expected, with %d different bodies: replicas may not serve the same content", words.Counted(answered, "answer"), len(a.bodies))
		default:
			c.say(what, nil, "%s, all as expected, with the same body", words.Counted(answered, "answer"))
		}
	}
	if from := c.sc.HostWords(t); ok && from != "" {
		c.sayNames(t, from, slices.Sorted(maps.Keys(p.named)))
	}
	return ok
}

// prober sends passes to a target, and keeps what was answered.
type prober struct {
	c        *checker
	target   string
	job      attack.Job
	answers  []answers       // per request
	named    map[string]bool // the hosts that answers name
	contents *contents
}

func (c *checker) prober(t scenarios.Target, names *claim.Names) *prober {
	p := &prober{c: c, target: t.Name, job: c.job(t, &c.loads[0]), named: map[string]bool{}}
	p.job.Names = names
	p.job.Connections = attack.PerClient
	p.job.Requests = slices.Clone(p.job.Requests)
	p.answers = make([]answers, len(p.job.Requests))
	for i := range p.answers {
		p.job.Requests[i].Weight = 0 // each is tried
		p.answers[i] = answers{body: sha256.New(), bodies: map[string]int{}}
		p.job.Requests[i].Expect.Seen = p.answers[i].body
	}
	p.contents = &contents{target: t, of: map[string][]map[string]bool{}}
	return p
}

// pass sends one pass, and reports that all its answers were as expected.
func (p *prober) pass(ctx context.Context) (ok bool, err error) {
	ok = true
	sink := &namesSink{}
	err = p.c.pass(ctx, p.target, p.job, sink, func(o *attack.Outcome) { ok = p.answers[o.Request].take(o, p.c.sc.Secrets()) && ok })
	for host := range sink.hosts {
		p.named[host] = true
		if len(sink.hosts) == 1 { // else nobody knows whose answer was which
			p.contents.note(host, p.answers)
		}
	}
	return ok, err
}

// sayNames says which hosts the answers name. Where none does the scenario's ledger may tell
// all the same, so that is no fault then.
func (c *checker) sayNames(t scenarios.Target, from string, hosts []string) {
	what := fmt.Sprintf("target %s, %s", t.Name, from)
	switch {
	case len(hosts) > 0:
		c.reached(hosts)
		c.say(what, nil, "answers name %s: %s", words.Counted(len(hosts), "host"), words.List(hosts, namesSaid))
	case c.ledger != nil:
		c.say(what, nil, "no answer names its host: whether connections stay with one will not be known")
	default:
		c.say(what, errors.New("no answer names its host there: look at an answer's head, or leave host_from out"), "")
	}
}

// namesSaid is how many hosts stand in a sentence.
const namesSaid = 10

// take notes an answer, and reports that it was as expected.
func (a *answers) take(o *attack.Outcome, secrets *secret.Set) bool {
	sum := a.body.Sum(nil)
	a.bodies[string(sum)]++
	a.last = fmt.Sprintf("status %d, sha256 %x", o.Status, sum[:6])
	a.body.Reset()
	switch o.Class {
	case runlog.Success:
	case runlog.Timeout, runlog.Network, runlog.Cut:
		a.err = errors.New("no answer: " + o.Reason)
	default:
		a.err = fmt.Errorf("not as expected: %s: the body begins %q", o.Reason, secrets.BlotCut(head(o.Excerpt)))
	}
	return a.err == nil
}

// checkHosts says which hosts the probes reached, by the rows they wrote.
func (c *checker) checkHosts(ctx context.Context, t scenarios.Target, before map[string]int64, probes int) {
	if before == nil {
		return
	}
	var hosts []string
	var total int64
	for h, n := range newRows(before, c.rowsNow(ctx)) {
		hosts, total = append(hosts, h), total+n
	}
	slices.Sort(hosts)
	c.reached(hosts)
	what := fmt.Sprintf("target %s, hosts", t.Name)
	if len(hosts) == 0 {
		look := fmt.Sprintf("%s is the table that the page writes, and %s its column", c.sc.Ledger.Table, c.sc.Ledger.Column)
		if c.sc.Ledger.Query != "" {
			look = "ledger.query counts what the page writes"
		}
		c.say(what, fmt.Errorf("%s wrote no row: look whether %s", words.Counted(probes, "request"), look), "")
		return
	}
	text := fmt.Sprintf("%s from %s: %s", words.Counted(total, "row"), words.Counted(len(hosts), "host"), strings.Join(hosts, ", "))
	if t.Replicas > 0 && len(hosts) < t.Replicas {
		c.say(what, fmt.Errorf("%s; the scenario says %s", text, words.Counted(t.Replicas, "replica")), "")
		return
	}
	c.say(what, nil, "%s", text)
}

// head is the beginning of a body, for a person.
func head(body []byte) string { return string(body[:min(len(body), 160)]) }
