package scenarios

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
)

// lab are the variables that the demo sets itself.
var lab = env(map[string]string{
	"STRESS_SINGLE": "http://127.0.0.1:1", "STRESS_CLUSTER": "http://127.0.0.1:2", "STRESS_DSN": "root:x@tcp(127.0.0.1:3)/meubanco",
})

func TestCatalogue(t *testing.T) {
	var names []string
	for _, e := range Catalogue() {
		names = append(names, e.Name)
		opts := Options{}
		if e.Name == "demo" {
			opts.Lookup = lab
		}
		s, err := Load(e.Name, opts)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if s.Name != e.Title || e.Title == "" || s.Source != "scenarios/"+e.Name+".yaml" {
			t.Errorf("%s is called %q and comes from %s; the catalogue says %q", e.Name, s.Name, s.Source, e.Title)
		}
		if len(s.Notes) != 0 {
			t.Errorf("%s leaves things open: %q", e.Name, s.Notes)
		}
		if !strings.HasPrefix(e.Source, "# yaml-language-server: $schema=schema.json\n") {
			t.Errorf("%s does not name its schema", e.Name)
		}
	}
	if got := strings.Join(names, " "); got != "capacity cluster cluster-sustained demo resilience scaling single" {
		t.Errorf("the catalogue is %s", got)
	}
}

// The seed's form: GET, clients per test, 50 clients, one minute, index.php,
// against both targets. Then as many clients are maintained as long.
func TestClusterIsTheSeedsForm(t *testing.T) {
	s, err := Load("cluster", Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.New(s.Loads[0].Load)
	if err != nil {
		t.Fatal(err)
	}
	starts := 0
	for range p.Starts() {
		starts++
	}
	if starts != 50 || p.Duration() != time.Minute || s.Loads[0].Type != plan.ClientsPerTest {
		t.Errorf("%d starts in %v of %s", starts, p.Duration(), s.Loads[0].Type)
	}
	if r := s.Requests; len(r) != 1 || r[0].Method != "GET" || r[0].Path != "/index.php" {
		t.Errorf("requests are %+v", r)
	}
	if len(s.Targets) != 2 || s.Targets[0].Name != "single" || s.Targets[1].Name != "cluster" || s.Targets[1].URL.Host != "127.0.0.1:4500" {
		t.Errorf("targets are %+v", s.Targets)
	}
	if s.Loads[0].Timeout != 10*time.Second || s.Loads[0].ErrorThreshold != 0.5 || s.Loads[0].Connections != attack.PerClient {
		t.Errorf("load is %+v", s.Loads[0])
	}
	kept := s.Loads[1]
	if len(s.Loads) != 2 || kept.Type != plan.MaintainClientLoad || kept.Clients != 50 || kept.HasFrom || kept.Duration != time.Minute {
		t.Errorf("the second load is %+v", kept)
	}
	if s.Ledger == nil || s.Ledger.Table != "dados" || s.Ledger.Column != "Host" || *s.Compare != (Compare{Baseline: "single", Candidate: "cluster"}) {
		t.Errorf("ledger is %+v, compare is %+v", s.Ledger, s.Compare)
	}
	const words = `status 200 and body contains "New record created successfully"`
	if got := s.SuccessWords(); got != words {
		t.Errorf("success is %s, want %s", got, words)
	}
}

func TestDemoNeedsItsVariables(t *testing.T) {
	_, err := Load("demo", Options{})
	if fs := (Faults)(nil); !errors.As(err, &fs) || len(fs) != 3 {
		t.Errorf("got %v, want a fault for each of three variables", err)
	}
}

// Paths come first; a path to elsewhere is never taken for the catalogue's.
func TestLoadFindsFileOrCatalogue(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, found := range map[string]bool{
		"cluster": true, "cluster.yaml": true, "cluster.yml": true, "scenarios/cluster.yaml": true, "./scenarios/cluster.yaml": true,
		"elsewhere/cluster.yaml": false, dir + "/cluster.yaml": false, "clutser": false, "": false, ".": false,
	} {
		s, err := Load(name, Options{})
		if (err == nil) != found || found && s.Source != "scenarios/cluster.yaml" {
			t.Errorf("%q: %v", name, err)
		}
		if !found && (!strings.Contains(err.Error(), "cluster-sustained") || strings.Count(err.Error(), name) > 1 && name != "" && name != ".") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := Load("nowhere.yaml", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file is %v", err)
	}
	write(t, filepath.Join(dir, "cluster"), smallest)
	s, err := Load("cluster", Options{})
	if err != nil || s.Source != "cluster" {
		t.Errorf("got %+v, %v", s, err)
	}
}
