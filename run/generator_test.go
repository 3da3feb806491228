package run

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/scenarios"
)

// What an order says survives its way to another machine, a key of the settings that has no JSON form
// elsewhere too.
func TestOrdersTravel(t *testing.T) {
	var o Order
	fillIn(reflect.ValueOf(&o).Elem())
	// What load makes of Timeout and its like stands beside the settings.
	o.Settings.Timeout, o.Settings.Every, o.Settings.NoKeepAlive = 0, 0, false
	o.Settings.Pause = plan.Pause{Least: 1e6, Most: 2e9}
	o.Settings.LocalAddresses = []netip.Addr{netip.MustParseAddr("127.0.0.7"), netip.MustParseAddr("fe80::1%eth0")}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var came Order
	if err := json.Unmarshal(text, &came); err != nil || !reflect.DeepEqual(came, o) {
		t.Errorf("%s\nis read as %+v\nwas %+v: %v", text, came, o, err)
	}
}

// fillIn gives every field a value.
func fillIn(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Struct && v.NumField() > 0 && v.Type().Field(0).IsExported():
		for i := range v.NumField() {
			fillIn(v.Field(i))
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillIn(v.Index(i))
		}
	case v.CanInt():
		v.SetInt(7e6)
	case v.CanUint():
		v.SetUint(1<<63 + 1)
	case v.CanFloat():
		v.SetFloat(0.1)
	case v.Kind() == reflect.String:
		v.SetString("text")
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	}
}

const fedElsewhere = `
load: {type: clients-per-second, clients: 10, duration: 2s, arrivals: poisson, timeout: 3s, pause: 1s, seed: 5}
feeds: [{name: names, file: %q, order: unique}]
requests: [{path: "/{{n}}"}, {path: /two}]
targets: [{name: a, url: "http://%s"}]
ledger: {dsn: "u:p@tcp(127.0.0.1:1)/d", table: t, column: Host, claim: {column: Nome, request: query claim}}
`

// A generator makes of an order the job that the run itself has of it, feeds and names included.
func TestJobsOfOrders(t *testing.T) {
	there, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	data, file := "n\n"+strings.Repeat("row\n", 59)+"last\n", filepath.Join(t.TempDir(), "names.csv")
	if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	sc := scenario(t, fmt.Sprintf(fedElsewhere, file, there.Addr()))
	open := func(scenarios.Feed) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }
	g, err := NewGenerator(t.Context(), sc, GeneratorOptions{Guard: offline(t), Open: open})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r := &runner{Generator: g, o: Options{Performer: Here(attack.Perform)}}
	for _, s := range []Step{{Target: "a"}, {Target: "a", WarmUp: 1e9}, {Target: "a", Load: &g.loads[0]}} {
		j, l, err := r.order(s, &g.loads[0])
		if err != nil {
			t.Fatal(err)
		}
		engine, job, err := g.Job(j.Order)
		if err != nil {
			t.Fatal(err)
		}
		starts, want := slices.Collect(job.Plan.Starts()), slices.Collect(j.Job.Plan.Starts())
		if !slices.Equal(starts, want) || len(want) == 0 || engine != j.Engine || job.Seed != j.Job.Seed || job.Names.Leg != j.Job.Names.Leg || !reflect.DeepEqual(job.Settings, j.Job.Settings) {
			t.Errorf("%+v: %+v\nwant %+v", s, job, j.Job)
		}
		turn := job.Turn(3, 0)
		if got, want := job.Values["n"].Append(nil, turn, 0), j.Job.Values["n"].Append(nil, turn, 0); string(got) != string(want) || l.FirstRow != j.Order.FirstRow {
			t.Errorf("%+v: row %q, want %q", s, got, want)
		}
	}
	if _, _, err := g.Job(Order{Target: "b"}); err == nil {
		t.Error("an order for a target that there is not")
	}
	if _, _, err := g.Job(Order{Target: "a"}); err == nil {
		t.Error("an order of no load")
	}
}
