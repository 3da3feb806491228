package analyze

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/analyze/stats"
	"github.com/stress-tool/stress/analyze/swarm"
	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

// judgedLeg is a leg with what only the judgement needs. A run may have thousands: what
// grows with a leg's length is dropped as soon as the leg has been judged.
type judgedLeg struct {
	result.Leg
	shape
	record *runlog.Record
	times  measured // nil once the leg has been judged
	// length is how many seconds the timeline knows of, stamped how many answers the
	// kernel stamped, flow what rates are made of.
	length  int
	stamped uint64
	flow    flow
	// vanished is how many requests were cut with an agent that was lost, of which nothing else is known.
	vanished uint64
	// flows are those of its requests, where a pass has several.
	flows []flow
	// stored are the tags under which the times of a request are stored, by those of a leg; nil for
	// the leg of all requests.
	stored map[string]string
	// scaled says that the service was scaled for the target.
	scaled bool
	// division is what its hosts got, as the rounds' spread needs it.
	division division
	// figures are what the thresholds ask of this leg, in their order, and without is the leg
	// with what they would have been without the generator's own delays; nil for such a leg.
	figures []figure
	without *judgedLeg
	// disturbed are the seconds that a standstill of the generator disturbed. undisturbed says
	// that this is the leg without them.
	disturbed   map[int]bool
	undisturbed bool
	// leftOut says that the leg does not count because the generator limited it.
	leftOut bool
	// broken are accounting identities that do not hold, aborted says that too many
	// errors stopped the leg, warnings are for the run's list, and faults are what the
	// leg after a warm-up may suffer from.
	broken   []string
	aborted  bool
	warnings []string
	alerts   []string // those of warnings that belong beside the verdict
	faults   []string
}

func aborted(rec *runlog.Record) bool {
	return slices.ContainsFunc(rec.Events, func(e runlog.Event) bool { return e.Kind == runlog.EventAbort })
}

// judge is what a run's legs are judged by.
type judge struct {
	strays     map[string]*stray // by the folders of legs
	run        *runlog.Run
	thresholds []threshold.Threshold
}

// leg judges one leg, and keeps of what it read only what a run's judgement needs.
func (j *judge) leg(ctx context.Context, rec *runlog.Record) (*judgedLeg, error) {
	l, err := j.summarize(ctx, rec)
	if err != nil {
		return nil, err
	}
	if open := j.run.LoadOf(rec.Leg).Open; len(j.thresholds) > 0 {
		l.figures, l.without = j.figures(l, open), l.undelayed()
		l.without.figures, l.without.times = j.figures(l.without, open), nil
	}
	l.times = nil
	l.sayOutage(j.run.LoadOf(rec.Leg).Open)
	rec.Seconds, rec.Requests, rec.Failures, rec.Ledger = nil, nil, nil, nil
	return l, nil
}

// summarize reads one leg.
func (j *judge) summarize(ctx context.Context, rec *runlog.Record) (*judgedLeg, error) {
	run, load := j.run, j.run.LoadOf(rec.Leg)
	tag := runTag(load.Open)
	var points []result.Point
	if rec.Round <= result.DrawnRounds && !rec.WarmUp {
		points = series(rec, run.Requests)
	}
	times, err := measure(ctx, rec, seconds(rec), shapeOf(load), func(second int, iv hist.Stored) {
		if points != nil {
			draw(points, second, iv, tag)
		}
	})
	if err != nil {
		return nil, err
	}
	agents, err := j.fleetOf(ctx, rec, load, times)
	if err != nil {
		return nil, err
	}
	target := targetOf(run, rec.Target)
	l := &judgedLeg{record: rec, times: times, length: seconds(rec), shape: shapeOf(load), flow: flowOf(rec, loaded(rec, load), load.Varies()), Leg: result.Leg{
		Target: rec.Target, URL: target.URL, Way: target.Way, Round: rec.Round, Rounds: roundsIn(run), Load: rec.Load,
		Planned: rec.Planned, Dropped: rec.Dropped, DurationS: duration(rec), LoadS: loaded(rec, load),
		Response: times.latency(runlog.TagResponse), Service: times.latency(runlog.TagService),
		FirstByte: times.latency(runlog.TagFirstByte),
		Lag:       times.plainLatency(runlog.TagLag), Connect: times.plainLatency(runlog.TagConnect), Handshake: times.plainLatency(runlog.TagHandshake),
		Queue: times.plainLatency(runlog.TagQueue), UserSpace: times.plainLatency(runlog.TagUserSpace),
		Generator: generator(rec, load, times, loaded(rec, load)),
		Failures:  failures(rec), Events: rec.Events,
		Complete: rec.Complete, Stopped: rec.Stopped,
		Series: points, Curve: curve(times.timing(tag).bars), Bars: histogram(times.timing(tag).bars),
	}}
	if agents != nil {
		l.judgeFleet(agents, run, load, times)
	}
	l.total()
	drawStatuses(l.Series, rec.Seconds, l.Statuses)
	doubt(l.Rates, times.memory(tag))
	if l.Rounds == 0 { // of rounds, all together say more
		l.warnOfFewRequests(times.timing(tag), tag)
	}
	if run.Ledger != nil || rec.Ledger != nil {
		rec.Ledger = j.strays[rec.Dir].settle(rec.Ledger)
		l.Reconcile = reconcile(run, rec, &l.Leg)
		j.strays[rec.Dir].makeUnknown(l.Reconcile)
		if refused := refusedConnections(l.Reconcile); refused != "" {
			l.warnings = append(l.warnings, l.Label()+": "+refused)
		}
		rec.Ledger = ownRows(rec.Ledger)
	}
	l.Cluster = swarm.Of(rec, l.LoadS)
	l.scaled = target.Of != ""
	if d, ok := divisionOf(rec, target.Replicas); ok {
		l.division, l.Hosts = d, d.hosts
		swarm.Name(l.Hosts, l.Cluster)
		l.timeHosts(swarm.Written(rec))
		l.attributeRows(rec)
		l.Spread = spreadOfLeg(rec, l.Cluster, d, l.LoadS)
		amongOthers(l.Spread, l)
	}
	l.Outage = outage(rec, load, l.LoadS, l.Service.At(metric.P50)/1000, run.OutageS)
	l.Resilience = resilience(rec, l, j.thresholds)
	l.disturbed = disturbed(rec.Seconds, load.Open)
	if len(l.disturbed) > 0 {
		left := l.undisturbedTimes().latency(runlog.TagService)
		l.Undisturbed = &left
	}
	l.countRequests(run, tag)
	l.ClientTime = clientTime(rec, load, &l.Leg)
	l.broken = append(l.broken, accounting(rec, l, times)...)
	if lost := lostClientTime(rec, load, &l.Leg); lost != "" {
		l.broken = append(l.broken, lost)
	}
	l.aborted = aborted(rec)
	l.warn(load, target)
	l.warnings = append(l.warnings, resilienceWarnings(&l.Leg)...)
	l.faults = l.warmUpFaults()
	return l, nil
}

// timeHosts says when each host wrote its first and its last row, where that is known.
func (l *judgedLeg) timeHosts(written map[string]swarm.Times) {
	for i := range l.Hosts {
		if t, known := written[l.Hosts[i].Host]; known {
			l.Hosts[i].FirstRow, l.Hosts[i].LastRow = &t.First, &t.Last
		}
	}
}

// total adds up the seconds.
func (l *judgedLeg) total() {
	answers := map[string]uint64{}
	for _, s := range l.record.Seconds {
		addAnswers(answers, s.Addresses)
		l.Sent += s.Sent
		l.Outcomes.Merge(s.Outcomes)
		l.BytesSent += s.BytesSent
		l.BytesReceived += s.BytesReceived
		l.Connects += s.Connects
		l.Redirects += s.Redirects
		l.stamped += s.Stamped
		l.Skipped += s.AllSkipped()
	}
	l.SkippedFor = skippedFor(l.record.Seconds)
	l.Addresses, l.Statuses = addresses(answers), statuses(l.record.Seconds)
	l.Completed = l.Outcomes.Completed()
	if l.Completed > 0 {
		l.Stamped = float64(l.Queue.N) / float64(l.Completed)
	}
	l.DrainS, l.Drained = max(0, l.DurationS-l.LoadS), l.flow.ended.drained
	l.Rates = rates(l.flow)
	l.RateRPS, l.SuccessRPS = l.Rates[metric.Rate.Name].Value, l.Rates[metric.Successes.Name].Value
	l.ErrorRate = shareEstimate(errorClusters(l.record.Seconds, l.planned))
}

func errorClusters(seconds []runlog.Second, planned bool) stats.Clusters {
	return secondClusters(seconds, planned, func(s runlog.Second) (size, sum float64) {
		return float64(result.Ended(s.Outcomes)), float64(s.Failed())
	})
}

// shareEstimate encloses a share by Wilson at the number of independent requests
// that the sample is worth: errors come in bursts.
func shareEstimate(c stats.Clusters) result.Estimate {
	ended, failed := c.Total()
	if ended == 0 {
		return result.Estimate{}
	}
	worth := func(confidence float64) (k, n float64) {
		effective, _ := c.Effective(confidence)
		return failed * effective / ended, effective
	}
	few, of := worth(result.Confidence)
	iv := stats.Wilson(few, of, result.Confidence)
	few, of = worth(result.OneSidedConfidence)
	side := stats.ClopperPearson(few, of, result.OneSidedConfidence)
	return doubted(result.Estimate{Value: failed / ended, Lo: result.Bound(iv.Lo), Hi: result.Bound(iv.Hi), Confidence: result.Confidence, N: uint64(ended),
		OneSided: result.Bounds{Lower: result.Bound(side.Lo), Upper: result.Bound(side.Hi)}}, shareMemory(c))
}

// duration is the leg's length in seconds; of a leg without end, that of its
// timeline.
func duration(rec *runlog.Record) float64 {
	return cmp.Or(rec.DurationS, float64(seconds(rec)))
}

// seconds is how many the timeline knows of, up to its last one.
func seconds(rec *runlog.Record) int {
	if len(rec.Seconds) == 0 {
		return 0
	}
	return rec.Seconds[len(rec.Seconds)-1].T + 1
}

func targetOf(run *runlog.Run, name string) runlog.Target {
	for _, t := range run.Targets {
		if t.Name == name {
			return t
		}
	}
	return runlog.Target{Name: name}
}

// failures are the kinds of failure, most frequent first.
func failures(rec *runlog.Record) []runlog.Failure {
	out := slices.Clone(rec.Failures)
	slices.SortStableFunc(out, func(a, b runlog.Failure) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// warn collects what a reader must know of the leg before believing its figures.
func (l *judgedLeg) warn(load runlog.Load, target runlog.Target) {
	add := func(format string, args ...any) {
		l.warnings = append(l.warnings, l.Label()+": "+fmt.Sprintf(format, args...))
	}
	rec := l.record
	if delay := l.noteDelay(load.Open); delay != "" && !l.Generator.Limited {
		add("%s", delay)
	}
	if rec.Torn > 0 {
		add("%s cut short when the run was killed, and left out", words.Counted(rec.Torn, "last line"))
	}
	if len(rec.Seconds) > 0 && len(rec.Seconds) < stats.MinBatches {
		add("the leg lasted under %d s, too short to see how requests in a row resemble each other: its intervals take them as independent and may be too narrow", stats.MinBatches)
	}
	if own := l.Generator.Own; own > 0 && len(ownLimit(rec, load, l.Outcomes, own)) == 0 {
		add("%s", ownWords(rec, own, result.Ended(l.Outcomes)))
	}
	if late := l.Dropped - min(l.Dropped, l.Fleet.DroppedByLost()); late > 0 && l.Stopped == "" {
		add("%s planned, but never sent: what is still owed a timeout of %s s after the end of the load is dropped", words.Counted(late, "request"), words.Significant(load.TimeoutS, 2))
	}
	if l.Skipped > 0 {
		add("%s skipped: %s", words.Counted(l.Skipped, "request"), skippedWords(&l.Leg))
		l.alerts = append(l.alerts, l.warnings[len(l.warnings)-1])
	}
	if own := ownShare(&l.Leg); !load.Open && own > noteworthyQueue {
		add("clients spent %s of their time in the generator's own queue: the times are without it, but the rate could be up to %s times as high", words.Percent(own), words.Times(1/(1-own)))
	}
	if t := l.ClientTime; t != nil && t.Overdue > 0 {
		add("%s took longer than the %s s from one to the next that the load asks for, and the next began at once", overdueWords(t.Overdue), words.Significant(load.EveryS, 3))
	}
	if s := l.Spread; s != nil && s.Missing > 0 {
		add("%s", (&judgedSpread{*s}).missing())
	}
	for _, w := range namingWarnings(rec, &l.Leg, target.HostFrom) {
		add("%s", w)
	}
	r, led := l.Reconcile, rec.Ledger
	if r != nil && r.Verdict != result.RowsReconciled {
		add("%s", r.Words)
	}
	switch {
	case led == nil || r == nil || r.ByName != nil:
	case led.NamedError != "":
		add("rows could not be counted by the names of their requests: %s", led.NamedError)
	case led.Named != nil:
		add("no row bears the name of its request, so rows are counted without: does the page write it into the column of ledger.claim?")
	}
}

// roundsIn is how many rounds a run has, 0 for one.
func roundsIn(run *runlog.Run) int {
	most := 0
	for _, l := range run.Legs {
		most = max(most, l.Round)
	}
	if most == 1 {
		return 0
	}
	return most
}
