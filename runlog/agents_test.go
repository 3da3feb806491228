package runlog_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/runlog"
)

func agents() []runlog.Agent {
	return []runlog.Agent{
		{Name: "n1", Version: "v1", Machine: runlog.Machine{OS: "linux", Arch: "amd64", CPUs: 2}, Part: 0, Of: 2, Start: &runlog.Clock{BoundS: 2e-5}},
		{Name: "n2", Version: "v1", Machine: runlog.Machine{OS: "linux", Arch: "arm64", CPUs: 4}, Part: 1, Of: 2, Weight: 3, Witness: true,
			Start: &runlog.Clock{OffsetS: -0.0012, BoundS: 2.1e-5}},
	}
}

// fleet writes a run whose only leg two agents put on, and ends it where they did.
func fleet(t *testing.T, dir string, seconds ...runlog.GeneratorSecond) (ended []runlog.Agent) {
	t.Helper()
	w, err := runlog.Create(dir, manifest())
	must(t, err)
	ended = agents()
	lw, err := w.StartLeg(runlog.Leg{Target: "single", Round: 1, Started: began, Planned: 4, Agents: slices.Clone(ended)})
	must(t, err)
	for _, s := range seconds {
		must(t, lw.Generator(s))
	}
	ended[0].Planned, ended[0].Sent, ended[0].End = 2, 2, &runlog.Clock{OffsetS: 3e-6, BoundS: 2e-5}
	ended[1].Planned, ended[1].Sent, ended[1].Dropped, ended[1].Unsure = 2, 1, 1, 1
	ended[1].Lost, ended[1].LostS = "no lease for 2 s", 3.5
	must(t, lw.Close(), w.SetAgents(ended), w.EndLeg(4, 1, 2*time.Second, ""), w.Seal(began.Add(3*time.Second), ""))
	return ended
}

func generators(rec *runlog.Record) (all []runlog.GeneratorSecond, err error) {
	for s, err := range rec.Generators(context.Background()) {
		if err != nil {
			return all, err
		}
		all = append(all, s)
	}
	return all, nil
}

// What is stored of agents is read again, without what is told apart for all of them together.
func TestAgentsOfALeg(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	steal := 0.03
	wrote := []runlog.GeneratorSecond{
		{Agent: 0, Second: runlog.Second{T: 0, Due: 1, Sent: 1, Done: 1, Outcomes: runlog.Outcomes{Success: 1}, CPU: 0.2}, LagP99MS: 0.5, LagMaxMS: 0.7, OffsetMS: 0.001},
		{Agent: 1, Second: runlog.Second{T: 0, Due: 1, Sent: 1, Done: 1, Outcomes: runlog.Outcomes{Timeout: 1}, CPU: -1, Steal: &steal}, QueueP99MS: 0.1, OffsetMS: -1.2},
		{Agent: 0, Second: runlog.Second{T: 1, Due: 1, Sent: 1, Done: 1, Outcomes: runlog.Outcomes{Success: 1}, Standstills: []runlog.Span{{From: 1.1, To: 1.4}}}},
	}
	apart := wrote[0]
	apart.Requests, apart.Statuses, apart.Addresses = map[string]runlog.RequestCounts{"GET /": {Outcomes: runlog.Outcomes{Success: 1}}}, map[int]uint64{200: 1}, map[string]uint64{"a": 1}
	apart.Served, apart.Carried = map[string]runlog.Served{"h": {Answers: 1}}, runlog.Carried{Connections: 1}
	ended := fleet(t, dir, apart, wrote[1], wrote[2])

	r, err := runlog.Open(dir)
	must(t, err)
	if !reflect.DeepEqual(r.Legs[0].Agents, ended) {
		t.Errorf("agents read %+v, wrote %+v", r.Legs[0].Agents, ended)
	}
	rec := records(t, r)[0]
	got, err := generators(rec)
	must(t, err)
	if !reflect.DeepEqual(got, wrote) {
		t.Errorf("read %+v, wrote %+v", got, wrote)
	}
	for range rec.Generators(context.Background()) {
		break // ends without a second call
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range rec.Generators(cancelled) {
		if err == nil {
			t.Error("the seconds of agents do not end with the context")
		}
	}
}

// A leg of one generator has no file of agents, and a reader finds none of them.
func TestNoAgents(t *testing.T) {
	dir := t.TempDir()
	small(t, dir)
	r, err := runlog.Open(dir)
	must(t, err)
	rec := records(t, r)[0]
	if got, err := generators(rec); err != nil || got != nil || rec.Agents != nil {
		t.Errorf("agents %v, seconds %v, error %v", rec.Agents, got, err)
	}
	if _, err := os.Stat(filepath.Join(dir, rec.Dir, runlog.GeneratorsFile)); !os.IsNotExist(err) {
		t.Errorf("%v, want no file", err)
	}
}

// The last line of an agent may be cut short by the death of the writer.
func TestATornSecondOfAnAgent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	fleet(t, dir, runlog.GeneratorSecond{}, runlog.GeneratorSecond{Agent: 1})
	path := filepath.Join(dir, "legs/01-single", runlog.GeneratorsFile)
	whole, err := os.ReadFile(path)
	must(t, err)
	for n := range whole {
		must(t, os.WriteFile(path, whole[:n], 0o644))
		r, err := runlog.Open(dir)
		must(t, err)
		got, err := generators(records(t, r)[0])
		if want := strings.Count(string(whole[:n]), "\n"); err != nil || len(got) != want {
			t.Fatalf("%d bytes: %d seconds and error %v, want %d", n, len(got), err, want)
		}
	}
}

// What no fleet can have is named, wherever it stands.
func TestWhatNoAgentIs(t *testing.T) {
	leg := func(agents string) string {
		return `{"schema": 1, "legs": [{"dir": "legs/01-single", "round": 1, "agents": [` + agents + `]}]}`
	}
	for _, c := range []struct{ name, text, want string }{
		{runlog.ManifestFile, leg(strings.Repeat(`{"name": "n"},`, runlog.MaxAgents) + `{"name": "n"}`), "legs.0.agents: cannot be a list of 257"},
		{runlog.ManifestFile, leg(`{"name": ""}`), "legs.0.agents.0.name: cannot be empty"},
		{runlog.ManifestFile, leg(`{"name": "n", "part": -1, "of": 2}`), "legs.0.agents.0.part: cannot be -1 of 2"},
		{runlog.ManifestFile, leg(`{"name": "n", "part": 2, "of": 2}`), "legs.0.agents.0.part: cannot be 2 of 2"},
		{runlog.ManifestFile, leg(`{"name": "n", "of": 4611686018427387904}`), "agents.0.of: cannot be"},
		{runlog.ManifestFile, leg(`{"name": "n", "weight": -0.5}`), "agents.0.weight: cannot be -0.5"},
		{runlog.ManifestFile, leg(`{"name": "n", "weight": 1e308}`), "agents.0.weight: cannot be 1e+308"},
		{runlog.ManifestFile, leg(`{"name": "n", "weight": NaN}`), "invalid character 'N'"},
		{runlog.ManifestFile, leg(`{"name": "n", "lost_s": -1}`), "agents.0.lost_s: cannot be -1"},
		{runlog.ManifestFile, leg(`{"name": "n", "start": {"bound_s": -1}}`), "agents.0.bound_s: cannot be negative"},
		{runlog.ManifestFile, leg(`{"name": "n", "planned": -1}`), "cannot unmarshal"},
		{runlog.GeneratorsFile, `{"agent": 2}`, "generators.jsonl:1: agent: cannot be 2: the leg has 2"},
		{runlog.GeneratorsFile, `{"agent": -1}`, "agent: cannot be -1"},
		{runlog.GeneratorsFile, `{"agent": 4611686018427387904}`, "agent: cannot be"},
		{runlog.GeneratorsFile, `{"t": -1}`, "t: cannot be -1"},
		{runlog.GeneratorsFile, `{"t": 1}` + "\n" + `{"agent": 1}` + "\n" + `{"t": 1}`, "generators.jsonl:3: t: cannot be 1 after 1"},
		{runlog.GeneratorsFile, `{"lag_p99_ms": 1e308}`, "lag_p99_ms: cannot be 1e+308"},
		{runlog.GeneratorsFile, `{"offset_ms": NaN}`, "invalid character 'N'"},
		{runlog.GeneratorsFile, strings.Repeat(" ", 5<<20), "is a line of more than 4 MiB"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		fleet(t, dir, runlog.GeneratorSecond{})
		path := filepath.Join(dir, c.name)
		if c.name != runlog.ManifestFile {
			path = filepath.Join(dir, "legs/01-single", c.name)
		}
		must(t, os.WriteFile(path, []byte(c.text+"\n"), 0o644))
		r, err := runlog.Open(dir)
		if err == nil {
			_, err = generators(records(t, r)[0])
		}
		if err == nil || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s %.60s: %.300v, want %q", c.name, c.text, err, c.want)
		}
	}
}
