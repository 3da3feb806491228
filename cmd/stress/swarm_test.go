package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/lab"
	"github.com/stress-tool/stress/lab/swarm"
	"github.com/stress-tool/stress/runlog"
)

// testSwarm is a real Docker Swarm of three nodes, all managers, for a test to use and break.
type testSwarm struct {
	*swarm.Swarm
	db *sql.DB
}

func startSwarm(t *testing.T) *testSwarm {
	t.Helper()
	if err := swarm.Able(t.Context()); err != nil {
		t.Skip("!!! LEFT OUT: no Docker Swarm can run here: ", err)
	}
	s, err := swarm.Start(t.Context(), swarm.Options{Managers: 3, RestartDelay: time.Second, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	db, err := sql.Open("mysql", s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &testSwarm{s, db}
}

// What the program tells of a real Swarm beside what its engines, nginx and the table say
// themselves.
func TestRealSwarm(t *testing.T) {
	s := startSwarm(t)
	t.Run("a check", s.testCheck)
	t.Run("ten kills", s.testKills)
	t.Run("behind a proxy that looks its name up once", s.testInside)
	t.Run("a drained node with room elsewhere", s.testDrain)
	t.Run("runs that end in the middle of a drain", s.testEndedRuns)
	t.Run("hosts named by a template", s.testTemplate)
	t.Run("a fleet on its nodes", s.testFleet)
	// A pulled cable comes after it: managers that were out of touch with each other can be so for
	// a while when the leader already reaches both, and elect nobody.
	t.Run("the leader without power", s.testLeader)
	t.Run("a cable pulled", s.testCable)
}

// asked is what a leg on the Swarm is asked for.
type asked struct {
	seconds int
	clients int    // 0 is 2
	url     string // "" is nginx at the edge
	service string // "" is that behind it
	faults  string // as a list of YAML
	fleet   string // generators, as a mapping of YAML; "" is this machine
	// during does something while the run goes on, whose directory it gets; nil does nothing
	during func(dir string)
}

// leg is what a leg told, and what the engines, nginx and the table told of the same time.
type leg struct {
	result.Leg
	ran     ran
	a       *result.Analysis
	started time.Time
	deaths  []life           // of containers, in their order
	rows    map[string]int64 // per host
	doubled int64            // rows beyond the first of a request
	tries   []string         // of nginx at the edge, a line per answer
}

// life is a container of the service as its engine told it.
type life struct {
	node, task, host string
	at               time.Time
}

// prepared is a run to start: its arguments, environment and directory.
type prepared struct {
	args, env []string
	dir       string
}

func (s *testSwarm) prepare(t *testing.T, a asked) prepared {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`load: {type: maintain-client-load, clients: %d, duration: %ds, timeout: 10s, error_threshold: 0%%}
request: {path: /index.php, expect: {status: 200, body: New record created successfully}}
targets: [{name: cluster, url: "${STRESS_CLUSTER}", host_from: {header: X-Served-By}}]
ledger: {dsn: "${STRESS_DSN}", table: dados, column: Host, claim: {column: Nome, request: header X-Stress-Claim}}
cluster: {docker: "${STRESS_DOCKER}", service: "${STRESS_SERVICE}", lab: "${STRESS_LAB}"}
allow_faults: true
faults: [%s]
`, cmp.Or(a.clients, 2), a.seconds, a.faults)
	if a.fleet != "" {
		text += "generators: " + a.fleet + "\n"
	}
	scenario, run := filepath.Join(dir, "s.yaml"), filepath.Join(dir, "run")
	if err := os.WriteFile(scenario, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"STRESS_CLUSTER=" + cmp.Or(a.url, s.Cluster), "STRESS_DSN=" + s.DSN(), "STRESS_DOCKER=" + strings.Join(s.Docker, ","),
		"STRESS_SERVICE=" + cmp.Or(a.service, s.Service), "STRESS_LAB=" + s.Control, "XDG_STATE_HOME=" + dir,
	}
	return prepared{[]string{"run", scenario, "--yes", "--json", "--out", run}, env, run}
}

// run puts a load on the Swarm.
func (s *testSwarm) run(t *testing.T, a asked) *leg {
	t.Helper()
	p := s.prepare(t, a)
	rows, doubled, tries := s.count(t), s.doubled(t), len(s.tries(t))
	cmd, said := command(t, p.env, p.args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if a.during != nil {
		a.during(p.dir)
	}
	l := &leg{ran: wait(t, cmd.Wait(), said)}
	l.a = l.ran.summary(t)
	l.Leg = l.a.Legs[0]
	stored, err := runlog.Open(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	l.started = stored.Legs[0].Started
	l.deaths = s.told(t, cmp.Or(a.service, s.Service), l.started, events.ActionDie)
	l.rows, l.doubled = s.count(t), s.doubled(t)-doubled
	for host, n := range rows {
		if l.rows[host] -= n; l.rows[host] == 0 {
			delete(l.rows, host)
		}
	}
	l.tries = s.tries(t)[tries:]
	return l
}

// count are the rows of every host.
func (s *testSwarm) count(t *testing.T) map[string]int64 {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), "SELECT Host, COUNT(*) FROM "+lab.Table+" GROUP BY Host")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var host string
		var n int64
		if err := rows.Scan(&host, &n); err != nil {
			t.Fatal(err)
		}
		out[host] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// doubled is how many rows have the name of a request that another row has.
func (s *testSwarm) doubled(t *testing.T) (n int64) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), "SELECT COUNT(*) - COUNT(DISTINCT Nome) FROM "+lab.Table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// tries are the lines of nginx.
func (s *testSwarm) tries(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(s.Tries())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// told is what every engine told of the containers of a service since an instant.
func (s *testSwarm) told(t *testing.T, service string, since time.Time, action events.Action) (out []life) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, n := range s.Nodes {
		stream := n.Client.Events(ctx, client.EventsListOptions{
			Since: since.Format(time.RFC3339Nano), Until: time.Now().Format(time.RFC3339Nano),
			Filters: client.Filters{}.Add("type", string(events.ContainerEventType)).Add("event", string(action)),
		})
		for more := true; more; {
			select {
			case m := <-stream.Messages:
				of := m.Actor.Attributes
				if of["com.docker.swarm.service.name"] != service {
					continue
				}
				name := strings.TrimSuffix(of["com.docker.swarm.task.name"], "."+of["com.docker.swarm.task.id"])
				out = append(out, life{n.Name, name, m.Actor.ID[:12], time.Unix(0, m.TimeNano)})
			case <-stream.Err: // the end
				more = false
			}
		}
	}
	slices.SortFunc(out, func(a, b life) int { return a.at.Compare(b.at) })
	return out
}

// next is the container that took the place of one.
func (l life) next(starts []life) *life {
	for i := range starts {
		if starts[i].task == l.task && starts[i].at.After(l.at) {
			return &starts[i]
		}
	}
	return nil
}

// within says how near an instant of a report must be to that of an engine.
const within = 300 * time.Millisecond

// near reports that a time of the leg is an instant of an engine.
func (l *leg) near(s float64, at time.Time) bool {
	return math.Abs(s-at.Sub(l.started).Seconds()) <= within.Seconds()
}

// A check asks every replica at its own address, and says what a start of a task waits for.
func (s *testSwarm) testCheck(t *testing.T) {
	p := s.prepare(t, asked{seconds: 10})
	r := stress(t, p.env, "check", p.args[1])
	r.wantCode(t, exitPass)
	said := unfolded(r.stdout)
	for _, want := range []string{
		"3 of 3 replicas running", "the same on 3 of 3 replicas: status 200, sha256 ", "endpoint mode dnsrr", "80 to 80/tcp (mode=host)",
		"no registry gives it to the manager",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, r.stdout)
		}
	}
}

// Ten containers are removed by force, six of them in one slot, which is more than a manager
// remembers. Each is replaced once; task, node, hosts and times are what the engines say, and the
// rows that are there twice those that nginx asked twice for.
func (s *testSwarm) testKills(t *testing.T) {
	var faults []string
	for _, kill := range []struct {
		at   int
		slot int
	}{{2, 2}, {6, 1}, {9, 2}, {16, 2}, {20, 3}, {23, 2}, {30, 2}, {34, 1}, {37, 2}, {44, 3}} {
		faults = append(faults, fmt.Sprintf("{at: %ds, kill: %s.%d}", kill.at, s.Service, kill.slot))
	}
	l := s.run(t, asked{seconds: 50, faults: strings.Join(faults, ", ")})
	starts := s.told(t, s.Service, l.started, events.ActionStart)
	// On a busy machine a task may not yet run again when it is to be killed.
	done := slices.DeleteFunc(l.Resilience, func(r result.Resilience) bool { return strings.Contains(r.Failure, "no such task runs") })
	if len(done) < 8 || len(l.deaths) != len(done) {
		t.Fatalf("%d containers died, %d of %d kills were done: %+v", len(l.deaths), len(done), len(faults), l.Resilience)
	}
	for i, died := range l.deaths {
		r, next := done[i], died.next(starts)
		if r.Failure != "" || r.Task != died.task || r.Node != died.node || r.Host != died.host {
			t.Errorf("kill %d: %+v, the engine says %+v", i+1, r, died)
		}
		if next == nil || next.at.Sub(l.started).Seconds() > l.LoadS {
			t.Logf("kill %d: nothing took the place of %+v within the leg, on a machine so busy", i+1, died)
			continue
		}
		h := slices.IndexFunc(l.Cluster.Happenings, func(h result.Happening) bool { return h.Host == died.host })
		if h < 0 {
			t.Errorf("kill %d: nothing is told of %+v in %+v", i+1, died, l.Cluster.Happenings)
			continue
		}
		told := l.Cluster.Happenings[h]
		if told.Task != died.task || told.Node != died.node || told.NewHost != next.host || !l.near(told.AtS, died.at) || told.ReplacedS == nil || !l.near(told.AtS+*told.ReplacedS, next.at) {
			t.Errorf("kill %d: %+v, the engine says %+v, then %+v", i+1, told, died, next)
			continue
		}
		t.Logf("kill %d: %s on %s, host %s died at %.3f s (engine %.3f), %s took its place after %.2f s (engine %.2f)", i+1, died.task, died.node, died.host,
			told.AtS, died.at.Sub(l.started).Seconds(), next.host, *told.ReplacedS, next.at.Sub(died.at).Seconds())
	}
	began := lab.DefaultReplicas
	for _, s := range starts {
		if s.at.Sub(l.started).Seconds() < l.LoadS {
			began++
		}
	}
	if len(l.Cluster.Tasks) < began { // one that comes later may be told of too
		t.Errorf("%d tasks are told of, want %d: %+v", len(l.Cluster.Tasks), began, l.Cluster.Tasks)
	}
	l.account(t)
}

// account holds the rows of a leg against the table, and those that are there twice against nginx.
func (l *leg) account(t *testing.T) {
	t.Helper()
	var rows int64
	told := map[string]int64{}
	for host, n := range l.rows {
		rows += n
		told[host] = 0
	}
	for _, h := range l.Hosts {
		if h.Rows > 0 {
			told[h.Host] = h.Rows
		}
	}
	r := l.Reconcile
	// What a host cut off had in hand is written once it is in touch again, and told of as unknown.
	late := int64(r.Unknown)
	for host, n := range told {
		if l.rows[host] < n || l.rows[host] > n+late {
			t.Errorf("%d rows of %s are told of, %d are there", n, host, l.rows[host])
		}
	}
	repeated := 0
	for _, line := range l.tries {
		if strings.Contains(line, ", ") {
			repeated++
		}
	}
	t.Logf("%d answers (%d in nginx's log, %d of them tried again), %d rows, %d doubled; unknown %d, lost %d to %d, extra %d to %d: %s",
		r.Successes, len(l.tries), repeated, rows, l.doubled, r.Unknown, r.Lost, r.LostMost, r.Extra, r.ExtraMost, r.Words)
	if r.ByName == nil {
		t.Fatalf("rows were not counted by names: %+v", r)
	}
	if r.Rows > rows || r.Rows+late < rows || r.ByName.Doubled > l.doubled || r.ByName.Doubled+late < l.doubled || len(l.tries) > 0 && l.doubled > int64(repeated) {
		t.Errorf("%+v, %+v: %d rows are there, %d doubled, %d answers tried again", r, r.ByName, rows, l.doubled, repeated)
	}
	if rows-int64(r.Successes)-l.doubled > late+int64(r.ByName.FailedWrote) || rows < int64(r.Successes) {
		t.Errorf("%d rows, %d answers, %d doubled, %d unknown", rows, r.Successes, l.doubled, late)
	}
}
