package run

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// tenPerSecond is a scenario of ten requests a second for ten seconds, and of a secret.
const tenPerSecond = `
load: {type: clients-per-second, clients: 10, duration: 10s, error_threshold: 0%%}
request: {path: /, auth: {user: me, password: hunter2}}
targets: [{name: a, url: "http://%[1]s"}, {name: b, url: "http://%[1]s"}]
`

// faked runs a test by a clock of its own. Runs of the scenario send nothing: their engine
// is [answering].
func faked(t *testing.T, set []string, test func(*testing.T, *scenarios.Scenario, Options)) {
	t.Helper()
	fakedOf(t, tenPerSecond, set, test)
}

// fakedOf is [faked] with another scenario, of the address of its targets.
func fakedOf(t *testing.T, yaml string, set []string, test func(*testing.T, *scenarios.Scenario, Options)) {
	t.Helper()
	there, err := net.Listen("tcp", "127.0.0.1:0") // runs look whether targets are there
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	dir, guard := filepath.Join(t.TempDir(), "run"), offline(t)
	sc := scenario(t, fmt.Sprintf(yaml, there.Addr()), set...)
	synctest.Test(t, func(t *testing.T) {
		test(t, sc, Options{Guard: guard, Dir: dir, Performer: Here(answering)})
	})
}

// answering is a performer whose engine sends nothing: every request is answered after
// 10 ms.
func answering(ctx context.Context, _ attack.Engine, job attack.Job, start time.Time, cfg attack.MeterConfig) (attack.Totals, error) {
	return attack.Perform(ctx, fakeEngine{}, job, start, cfg)
}

type fakeEngine struct{}

func (fakeEngine) Name() string { return "fake" }

func (fakeEngine) Run(ctx context.Context, job attack.Job, m *attack.Meter) error {
	for s := range job.Plan.Starts() {
		select {
		case <-time.After(s.Due - m.Now()):
		case <-m.Draining():
			return nil
		case <-ctx.Done():
			return nil
		}
		m.Join()
		sent := m.Now()
		m.Sent(sent)
		time.Sleep(10 * time.Millisecond)
		m.Done(&attack.Outcome{Client: s.N, Due: s.Due, Sent: sent, Done: m.Now(), Class: runlog.Success, Status: 200})
		m.Leave()
	}
	return nil
}

// started begins a run that must begin.
func started(ctx context.Context, t *testing.T, sc *scenarios.Scenario, o Options) *Running {
	t.Helper()
	r, err := Start(ctx, sc, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stored is a run as its directory has it.
func stored(t *testing.T, dir string) (*runlog.Run, []*runlog.Record) {
	t.Helper()
	r, err := runlog.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []*runlog.Record
	for rec, err := range r.Records(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
	return r, all
}

// fakeObserver does what its functions do, where there are any.
type fakeObserver struct {
	before func(runlog.Leg)
	during func(context.Context, runlog.Notes) error
	after  func(context.Context, runlog.Notes) error
}

func (o *fakeObserver) Before(_ context.Context, l runlog.Leg) {
	if o.before != nil {
		o.before(l)
	}
}

func (o *fakeObserver) During(ctx context.Context, _ runlog.Leg, n runlog.Notes) error {
	if o.during == nil {
		return nil
	}
	return o.during(ctx, n)
}

func (o *fakeObserver) After(ctx context.Context, _ attack.Totals, n runlog.Notes) error {
	if o.after == nil {
		return nil
	}
	return o.after(ctx, n)
}

// log is a list that several goroutines add to.
type log struct {
	mu   sync.Mutex
	said []string
}

func (l *log) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, fmt.Sprintf(format, args...))
}
