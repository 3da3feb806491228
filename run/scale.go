package run

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// servingWithin is how long a service that was scaled has until all of it answers.
const servingWithin = time.Minute

// scale gives the service the replicas that a step's target asks for, and returns when all of them
// serve. A leg with fewer would not be what its name says, so an error ends the run. A target that
// asks for none finds as many as there were before.
func (r *runner) scale(ctx context.Context, w *runlog.Writer, s Step) error {
	if r.scaler == nil {
		return nil
	}
	t, err := r.target(s.Target)
	if err != nil {
		return err
	}
	ctx, cancel := r.untilAsked(ctx)
	defer cancel()
	n := t.Replicas
	if t.Of == "" {
		n = 0
	}
	began, served := time.Now(), ""
	from, err := r.scaler.To(ctx, n)
	if err == nil && from >= 0 && t.Of != "" {
		served, err = r.serving(ctx, t, from)
	}
	switch {
	case err != nil:
		return fmt.Errorf("before the leg of %s: %w", t.Name, err)
	case from < 0:
		return nil
	}
	e := blotted(r.sc.Secrets(), runlog.Event{
		At: time.Since(r.begun).Seconds(), Kind: runlog.EventScale,
		Text:  fmt.Sprintf("%s has the replicas for %s after %.1f s%s", r.sc.Cluster.Service, t.Name, time.Since(began).Seconds(), served),
		Attrs: map[string]string{runlog.AttrReplicas: strconv.Itoa(n)},
	})
	r.told.tell(Noted{e})
	return w.Event(e)
}

// serving sends passes to a target, each by a client of its own, until those of a series come from as
// many hosts as it has replicas and none fails: two for each replica that there is or was, so that
// tasks which are to end and still answer are seen. Answers name their hosts, or else the rows that
// they wrote do; where neither does, a series without a failure must do. It says how many answered.
func (r *runner) serving(ctx context.Context, t scenarios.Target, from int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, servingWithin)
	defer cancel()
	p := &passes{runner: r, target: t, job: r.job(t, &r.loads[0]), series: 2 * max(1, t.Replicas, from), before: r.rowsNow(ctx)}
	p.job.Names, p.job.Connections = r.names(claim.NewLeg()), attack.PerClient
	for {
		answered, why, err := p.all(ctx)
		if err != nil {
			return "", err
		}
		if why == "" {
			r.ownRows(ctx, p)
			return answered, nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("%s of %s run, and after %v %s", words.Counted(t.Replicas, "task"), r.sc.Cluster.Service, servingWithin, why)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// passes are those that are sent to a target before its leg.
type passes struct {
	*runner
	target  scenarios.Target
	job     attack.Job
	series  int              // how many make one
	before  map[string]int64 // rows before the first pass; nil without
	written int64            // rows that were written at most
}

// all sends a series. why says what is not as it should be; "" is nothing, and answered then says what
// there is.
func (p *passes) all(ctx context.Context) (answered, why string, err error) {
	since, named := p.rowsNow(ctx), &namesSink{}
	for range p.series {
		failed := ""
		err := p.pass(ctx, p.target.Name, p.job, named, func(o *attack.Outcome) {
			p.written += int64(p.job.Requests[o.Request].Claims)
			if o.Class != runlog.Success {
				failed = p.sc.Secrets().Blot(o.Reason)
			}
		})
		if err != nil {
			return "", "", err
		}
		if failed != "" {
			return "", "an answer is not as expected: " + failed, nil
		}
	}
	hosts := len(named.hosts)
	if hosts == 0 && since != nil {
		hosts = len(newRows(since, p.rowsNow(ctx)))
	}
	switch {
	case p.target.HostFrom == (attack.HostFrom{}) && since == nil:
		return ", and it answers", "", nil
	case hosts < p.target.Replicas:
		return "", fmt.Sprintf("%d of %s: a proxy that looks up the name of a service once asks none of the new tasks", hosts, words.Counted(p.target.Replicas, "host")+" answer"), nil
	case hosts > p.target.Replicas:
		return "", fmt.Sprintf("%s answer: tasks that are to end still do, or others than those of the service", words.Counted(hosts, "host")), nil
	}
	return ", and " + words.Counted(hosts, "host") + " answer", "", nil
}

// pass has the engine of a target send every request once, by a client of its own.
func (r *runner) pass(ctx context.Context, target string, job attack.Job, to attack.Sink, done func(*attack.Outcome)) error {
	var err error
	if job.Plan, err = plan.New(plan.Load{Type: plan.ClientsPerTest, Clients: 1, Duration: time.Millisecond}); err != nil {
		return err
	}
	_, err = r.probe(ctx, r.engines.byTarget[target], job, time.Now(), attack.MeterConfig{
		Sink: to, Requests: requestNames(job.Requests), Secrets: r.sc.Secrets(), OnDone: done,
	})
	return err
}

// rowsNow are the rows per host; nil without a ledger, and where it does not answer.
func (r *runner) rowsNow(ctx context.Context) map[string]int64 {
	if r.ledger == nil {
		return nil
	}
	rows, err := r.ledger.Count(ctx)
	if err != nil {
		return nil
	}
	return rows
}

// newRows are the rows that came between two counts, by host.
func newRows(before, after map[string]int64) map[string]int64 {
	came := map[string]int64{}
	for host, n := range after {
		if n > before[host] {
			came[host] = n - before[host]
		}
	}
	return came
}

// ownRows have the next leg's ledger tell which rows passes wrote: they are not late ones of the leg
// before. Where more rows came than the passes can have written, nobody can say which.
func (r *runner) ownRows(ctx context.Context, p *passes) {
	if p.before == nil {
		return
	}
	came := newRows(p.before, r.rowsNow(ctx))
	var sum int64
	for _, n := range came {
		sum += n
	}
	if sum <= p.written {
		r.rows.probed = came
	}
}
