package scenarios

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/capacity"
)

const hypermarket = `
name: Hypermarket
currency: EUR
demand: {now: 200/s, peak: 2, growth: 25%, years: 2, kb_out: 10}
options:
  - name: three containers
    target: cluster
    nodes: 3
    carries: {held: 540/s, broken: 560/s, measured: twice, 6 rounds}
    cloud:
      node_hour: {price: 0.1008, source: AWS Pricing API, date: 2026-06-09}
      discount: 30%
  - name: own server
    carries: {held: 149/s}
    own:
      purchase: {price: 3000, source: an offer, date: 2026-01-02}
      years: 5
      watts: 200
      kwh: {price: 0.1902, source: Eurostat nrg_pc, date: 2025-10-29}
limits: [the database is not scaled]
`

func TestParseCase(t *testing.T) {
	c, err := ParseCase("hypermarket.yaml", []byte(hypermarket))
	if err == nil {
		t.Fatal("a text with a comma in a flow mapping is read as a key")
	}
	if c, err = ParseCase("hypermarket.yaml", []byte(replaced(t, hypermarket, "twice, 6 rounds", "twice"))); err != nil {
		t.Fatal(err)
	}
	o, w := c.Options[0], c.Options[1]
	date := time.Date(2026, 6, 9, 0, 0, 0, 0, time.UTC)
	if !reflect.DeepEqual(c.Demand, capacity.Demand{Now: 200, Peak: 2, Growth: 0.25, Years: 2, KBOut: 10}) || c.Currency != "EUR" || c.Name != "Hypermarket" ||
		o.Held != 540 || o.Broken != 560 || o.Nodes != 3 || o.Target != "cluster" || o.Cloud.NodeHour != (capacity.Price{Amount: 0.1008, Source: "AWS Pricing API", Date: date, Place: "hypermarket.yaml:11"}) || o.Cloud.Discount != 0.3 ||
		w.Nodes != 0 || w.Own.PUE != 1 || w.Own.Years != 5 || w.Own.KWh.Amount != 0.1902 || w.Cloud != nil || !slices.Equal(c.Limits, []string{"the database is not scaled"}) {
		t.Errorf("%+v", c)
	}
}

// Everything that is wrong is said at once, with its place.
func TestFaultsOfCases(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"currency: EUR\n", "", "x.yaml:2:1: currency: is missing"},
		{"now: 200/s", "now: -3", "x.yaml:4:15: demand.now: must be a rate per second, such as 200 or 200/s, got -3"},
		{"peak: 2", "profile: [1, 2]", "x.yaml:4:22: demand.profile: must be 24 numbers, got a list"},
		{"peak: 2", "peak: 0.5", "x.yaml:4:28: demand.peak: must be a number of at least 1, got 0.5"},
		{"source: AWS Pricing API, ", "", "x.yaml:11:7: options.0.cloud.node_hour.source: is missing"},
		{"date: 2026-06-09", "date: June", "x.yaml:11:65: options.0.cloud.node_hour.date: must be a day, such as 2026-06-09, got \"June\""},
		{"broken: 560/s", "broken: 56/s", "x.yaml:9:36: options.0.carries.broken: must not be below held"},
		{"      watts: 200\n", "", "x.yaml:18:7: options.1.own.kwh: needs watts beside it"},
		{"name: own server", "name: three containers", `x.yaml:13:11: options.1.name: "three containers" is the name of two options`},
	} {
		src := replaced(t, replaced(t, hypermarket, "twice, 6 rounds", "twice"), c.old, c.new)
		_, err := ParseCase("x.yaml", []byte(src))
		faults := Faults(nil)
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Error() != c.want {
			t.Errorf("%q: %v\nwant %s", c.new, err, c.want)
		}
	}
}

func replaced(t *testing.T, s, old, with string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("there is no %q to replace", old)
	}
	return strings.Replace(s, old, with, 1)
}
