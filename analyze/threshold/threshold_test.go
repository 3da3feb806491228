package threshold

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stress-tool/stress/analyze/metric"
)

func TestParseThreshold(t *testing.T) {
	for in, want := range map[string]Threshold{
		"p95 < 500ms":                   {Metric: metric.Of("p95"), Op: "<", Value: 500},
		"p95<500ms":                     {Metric: metric.Of("p95"), Op: "<", Value: 500},
		"  p99.9 <= 1.5s ":              {Metric: metric.Of("p999"), Op: "<=", Value: 1500},
		"p999 <= 250us":                 {Metric: metric.Of("p999"), Op: "<=", Value: 0.25},
		"p9999 < 250µs":                 {Metric: metric.Of("p99.99"), Op: "<", Value: 0.25},
		"p99.50 < 1s":                   {Metric: metric.Of("p99.5"), Op: "<", Value: 1000},
		"p05 > 1ms":                     {Metric: metric.Of("p5"), Op: ">", Value: 1},
		"cluster.p99.9 < 2s":            {Target: "cluster", Metric: metric.Of("p999"), Op: "<", Value: 2000},
		"cluster.ttfb.p95 < 200ms":      {Target: "cluster", Clock: FirstByte, Metric: metric.Of("p95"), Op: "<", Value: 200},
		"ttfb.max < 2s":                 {Clock: FirstByte, Metric: metric.Of("max"), Op: "<", Value: 2000},
		"cluster.service.mean < 2s":     {Target: "cluster", Clock: "service", Metric: metric.Of("mean"), Op: "<", Value: 2000},
		"response.max < 10 s":           {Clock: "response", Metric: metric.Of("max"), Op: "<", Value: 10000},
		"p95{login} < 300ms":            {Metric: metric.Of("p95"), Request: "login", Op: "<", Value: 300},
		"error_rate{login}<1%":          {Metric: metric.Of("error_rate"), Request: "login", Op: "<", Value: 0.01},
		"rate{a} >= 5":                  {Metric: metric.Of("rate_rps"), Request: "a", Op: ">=", Value: 5},
		"skipped{a} == 0":               {Metric: metric.Of("skipped"), Request: "a", Op: "==", Value: 0},
		"x.service.p99{a} < 1s":         {Target: "x", Clock: "service", Metric: metric.Of("p99"), Request: "a", Op: "<", Value: 1000},
		"a.response.max{GET /x y}<1s":   {Target: "a", Clock: "response", Metric: metric.Of("max"), Request: "GET /x y", Op: "<", Value: 1000},
		"error_rate < 1%":               {Metric: metric.Of("error_rate"), Op: "<", Value: 0.01},
		"error_rate == 0":               {Metric: metric.Of("error_rate"), Op: "==", Value: 0},
		"lost == 0":                     {Metric: metric.Of("lost"), Op: "==", Value: 0},
		"rate >= 100/s":                 {Metric: metric.Of("rate_rps"), Op: ">=", Value: 100},
		"my-target_2.success_rps > 9.5": {Target: "my-target_2", Metric: metric.Of("success_rps"), Op: ">", Value: 9.5},
		"hosts != 2":                    {Metric: metric.Of("hosts"), Op: "!=", Value: 2},
		"max_deviation <= 10%":          {Metric: metric.Of("max_deviation"), Op: "<=", Value: 0.1},
	} {
		got, err := Parse(in)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", in, got, err, want)
		}
	}
}

func TestParseThresholdFaults(t *testing.T) {
	for in, hint := range map[string]string{
		"":                   "p95 < 500ms",
		"p95":                "p95 < 500ms",
		"p95 = 500ms":        "==",
		"p95 <> 500ms":       "unknown operator",
		"p95 < 500":          "500ms or 500s",
		"p95 < 5m":           "us, ms or s",
		"p95 < fast":         "500ms",
		"p95 < -1ms":         "500ms",
		"p100 < 1s":          "max",
		"p0 > 1ms":           "min",
		"p99.9.9 < 1s":       "is no metric",
		"eror_rate < 1%":     "did you mean error_rate",
		"lots == 0":          "did you mean lost",
		"p95_ms < 1s":        "did you mean p95",
		"throughput > 1":     "rate_rps",
		"error_rate < 0.01":  "1%",
		"error_rate < 1ms":   "1%",
		"lost == 0.5":        "like 0",
		"lost == 1%":         "like 0",
		"rate > 5%":          "100",
		"service.lost == 0":  "leave service. out",
		"lost{login} == 0":   "rows do not tell which request of a pass wrote them: leave {login} out",
		"outage{a} < 1s":     "leave {a} out",
		"hosts{a} == 2":      "leave {a} out",
		"dropped{a} == 0":    "never given to a request: leave {a} out",
		"ttfb.p95{a}<1s":     "write p95{a} or service.p95{a}",
		"service.lost{a}==0": "leave {a} out",
		"p95{} < 1s":         "is no metric",
		"p95{a < 1s":         "is no metric",
		"a.b.c < 1ms":        "is no metric",
		"p95 < 500ms < 1s":   "metric, operator, value",
		"p95 < NaNms":        "500ms",
		"p95 < 1e3ms":        "500ms",
		"p95 < 500ms # note": "500ms",
	} {
		got, err := Parse(in)
		if err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: got %+v and error %v, want one that says %q", in, got, err, hint)
		}
	}
}

func TestThresholdEdges(t *testing.T) {
	for in, want := range map[string][3]bool{ // below, at and above the value
		"lost < 5":  {true, false, false},
		"lost <= 5": {true, true, false},
		"lost > 5":  {false, false, true},
		"lost >= 5": {false, true, true},
		"lost == 5": {false, true, false},
		"lost != 5": {true, false, true},
	} {
		th, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]bool{th.Holds(4), th.Holds(5), th.Holds(6)}; got != want {
			t.Errorf("%q at 4, 5, 6: got %v, want %v", in, got, want)
		}
	}
}

func FuzzParseThreshold(f *testing.F) {
	for _, s := range []string{
		"p95 < 500ms", "cluster.service.p99.9 <= 2s", "error_rate < 1%", "lost == 0", "rate > 0.5/s",
		"p00.10 < 1us", "service.p1 != 3µs", "x.y.z", "p9 < 1.000000001us", "p999.9 < 1s", "<", "\xff < 1",
		"error_rate < 0.07%", "a.service.p95{GET /x} < 1s", "skipped{login} == 0", "success_rps{a} > 1", "error_rate{a}<1%", "0.max_deviation >= 123456789012345.123456789%",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		th, err := Parse(s)
		if err != nil {
			if th != (Threshold{}) {
				t.Errorf("%q: a value beside the error: %+v", s, th)
			}
			return
		}
		again, err := Parse(written(th))
		if err != nil || again != th {
			t.Errorf("%q: %+v prints as %q, which reads as %+v, %v", s, th, written(th), again, err)
		}
		if q := th.Metric.Quantile; !(q >= 0 && q < 1) {
			t.Errorf("%q: quantile %v", s, q)
		}
	})
}

// written is a threshold in its shortest form.
func written(t Threshold) string {
	var b strings.Builder
	for _, part := range []string{t.Target, t.Clock} {
		if part != "" {
			b.WriteString(part + ".")
		}
	}
	suffix, number := "", strconv.FormatFloat(t.Value, 'f', -1, 64)
	switch t.Metric.Unit.Class() {
	case metric.Times:
		suffix = "ms"
	case metric.Shares:
		percent, _ := new(big.Rat).SetString(number)
		number = strings.TrimRight(strings.TrimRight(percent.Mul(percent, big.NewRat(100, 1)).FloatString(40), "0"), ".")
		suffix = "%"
	}
	return b.String() + t.Metric.Written(t.Request) + " " + t.Op + " " + number + suffix
}
