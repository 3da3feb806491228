package result

import (
	"time"

	"github.com/stress-tool/stress/analyze/metric"
)

// Entry is a judged run of a history.
type Entry struct {
	// Name is short and tells the run apart, Path is its file, and Machine names the
	// kind of machine it ran on.
	Name, Path, Machine string
	Run                 *Analysis
	// Page is the path of the run's report.html; "" where that is not at hand.
	Page string
}

// TrendSchema is the version of a trend as JSON.
const TrendSchema = 1

// Trend is one metric of one target over the runs of a scenario on one kind of
// machine. Its JSON form may gain fields; none is renamed.
type Trend struct {
	Schema  int    `json:"schema"` // [TrendSchema]
	Name    string `json:"name"`   // the scenario's
	Machine string `json:"machine"`
	Target  string `json:"target"`
	Load    string `json:"load,omitempty"` // "" in runs of one
	Title   string `json:"title"`          // "p95 of cluster"
	Metric  string `json:"metric"`         // the name of one of [metric.Kept]
	// Request is the request of a pass that it is about; "" is all of them.
	Request string           `json:"request,omitempty"`
	Unit    metric.Unit      `json:"unit"`
	Better  metric.Direction `json:"better"`
	// Measure is what a time is: "response time" or "service time"; "" for others.
	Measure string `json:"measure,omitempty"`
	// Headline is one sentence for someone in a hurry.
	Headline string     `json:"headline"`
	Runs     []TrendRun `json:"runs"` // oldest first
	Changes  []Change   `json:"changes"`
	Warnings []string   `json:"warnings,omitempty"`
	// Method says how figures, intervals and changes came about.
	Method string `json:"method"`
}

// TrendRun is one run of a trend.
type TrendRun struct {
	// Called is the run's label, or when it began where it has none of its own.
	Called  string    `json:"called"`
	Label   string    `json:"label,omitempty"`
	Path    string    `json:"path"`
	Page    string    `json:"page,omitempty"` // the path of the run's report.html; "" where that is not at hand
	Started time.Time `json:"started"`
	// Figure is the run's one figure over its rounds; N is its requests.
	Figure Estimate `json:"figure"`
	Rounds int      `json:"rounds"`
	// Level is the mean figure of the runs between the changes around this one.
	Level float64 `json:"level"`
}

// Change is where a trend changed and stayed changed.
type Change struct {
	// Run is the first run of the new level, counted from 0 in Trend.Runs; Called is
	// what that run is called, and Last the run before it.
	Run     int       `json:"run"`
	Called  string    `json:"called"`
	Last    string    `json:"last"`
	Started time.Time `json:"started"`
	// Before and After are the levels: the mean figures of the runs on both sides, each
	// reaching to the next change.
	Before     float64 `json:"before"`
	After      float64 `json:"after"`
	BeforeRuns int     `json:"before_runs"`
	AfterRuns  int     `json:"after_runs"`
	// Ratio is After ÷ Before with its 95 % interval; for shares and counts
	// (Difference true) the three are After − Before.
	Ratio      Bound `json:"ratio"`
	Lo         Bound `json:"lo"`
	Hi         Bound `json:"hi"`
	Difference bool  `json:"difference,omitempty"`
	// Size is the change with its sign, "+12 %", and Span its interval in its own
	// direction, "9 % to 15 %"; "" where it is not known.
	Size string `json:"size"`
	Span string `json:"span,omitempty"`
	// P is Welch's p that the level is the same.
	P       float64       `json:"p"`
	Verdict MetricVerdict `json:"verdict"` // better or worse
	// Words say it without its t.Title: "rose by 12 % …".
	Words string `json:"words"`
}
