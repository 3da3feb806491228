package metric

import (
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/words"
)

func TestNamed(t *testing.T) {
	for name, want := range map[string]string{
		"p95": "p95", "p095": "", "p05": "p5", "p99.9": "p999", "p999": "p999", "p9990": "p999", "p99.90": "p999", "p9995": "p99.95", "p0.5": "p0.5",
		"rate": "rate_rps", "rate_rps": "rate_rps", "lost": "lost", "p0": "", "p00": "", "p100": "", "p999.9": "", "latency": "", "": "",
	} {
		if m, ok := Named(name); m.Name != want || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", name, m.Name, ok, want)
		}
	}
	if m := Of("p99.95"); m.Quantile != 0.9995 || m.Key != "p99.95_ms" || m.Unit != Milliseconds || m.Kept {
		t.Errorf("%+v", m)
	}
}

// Every row has what its readers take for granted, and no two answer to one name.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	last := 0.0
	for _, m := range All {
		for _, name := range []string{m.Name, m.Alias} {
			if name == "" && m.Alias == "" {
				continue
			}
			if seen[name] {
				t.Errorf("%q is a name of two metrics", name)
			}
			seen[name] = true
		}
		if m.Name == "" || m.Key == "" || m.Title == "" || m.Phrase == "" || m.Better == "" || m.Unit == "" {
			t.Errorf("%+v: a row is not whole", m)
		}
		if Of(m.Name) != m || Keyed(m.Key) != m {
			t.Errorf("%s is not found by its name and its key", m.Name)
		}
		if m.Called("") != m.Label || m.Called("login") != m.Label+" of login" || m.Written("login") != m.Name+"{login}" {
			t.Errorf("%s is called %q and written %q", m.Name, m.Called("login"), m.Written("login"))
		}
		if m.Kept && m.About == "" || m.Compared && !m.Kept {
			t.Errorf("%s: a metric that is kept has its document, and what is compared is kept", m.Name)
		}
		if m.Quantile > 0 {
			if m.Quantile <= last || m.Quantile >= 1 {
				t.Errorf("%s stands behind a percentile of %v", m.Name, last)
			}
			last = m.Quantile
		}
	}
}

func TestFewest(t *testing.T) {
	for name, want := range map[string]uint64{"p50": 2, "p90": 10, "p95": 20, "p99": 100, "p999": 1000, "mean": 1, "rate_rps": 1} {
		if got := Of(name).Fewest(); got != want {
			t.Errorf("%s takes %d requests, want %d", name, got, want)
		}
	}
}

func TestUnitsWrite(t *testing.T) {
	for _, c := range []struct {
		v           float64
		unit        Unit
		prose, cell string
	}{
		{1500, Milliseconds, "1.5 s", "1.50 s"}, {0, Milliseconds, "0 ms", "0 ms"}, {0.25, Milliseconds, "250 µs", "250 µs"},
		{0.5, Share, "50 %", "50.0 %"}, {1180.4, PerSecond, "1 180/s", "1 180/s"}, {5, PerSecond, "5/s", "5/s"},
		{1, Rows, "1 row", "1 row"}, {2, Hosted, "2 hosts", "2 hosts"}, {12345, Requests, "12 345 requests", "12 345 requests"},
		{2.5, Rows, "2.5 rows", "2.50 rows"}, {3, "", "3", "3"}, {3, "lumps", "3 lumps", "3 lumps"},
	} {
		plain := strings.NewReplacer(words.Thin, " ")
		if prose, cell := c.unit.Say(c.v), plain.Replace(c.unit.Cell(c.v)); prose != c.prose || cell != c.cell {
			t.Errorf("%v in %q: %q and %q, want %q and %q", c.v, c.unit, prose, cell, c.prose, c.cell)
		}
	}
	if got := Share.SayDifference(0.02); got != "2 points" {
		t.Error(got)
	}
	if got := Milliseconds.SayDifference(5); got != "5 ms" {
		t.Error(got)
	}
}
