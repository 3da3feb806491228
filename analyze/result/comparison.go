package result

import (
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/runlog"
)

// Comparison holds a candidate against a baseline: two targets of one run, or two
// runs.
type Comparison struct {
	// Baseline and Candidate are the targets of one run, or what the user called the
	// two runs.
	Baseline  string `json:"baseline"`
	Candidate string `json:"candidate"`
	// Runs are the two runs, the baseline's first, and Target the target of which both
	// are; none and "" within one run.
	Runs   []Side `json:"runs,omitempty"`
	Target string `json:"target,omitempty"`
	// Load is the load under which they are compared; "" in a run of one.
	Load string `json:"load,omitempty"`
	// Rounds is how many rounds, in pairs within one run, were compared; of two runs
	// the fewer.
	Rounds  int      `json:"rounds"`
	Metrics []Metric `json:"metrics"`
	// Method says how the intervals were made and what they leave out; "" where a run is
	// INVALID, so that there are none.
	Method string `json:"method"`
	// Verdict is what the metrics come to, and Answer says it in a few words: "cluster
	// better than single".
	Verdict MetricVerdict `json:"verdict,omitempty"`
	Answer  string        `json:"answer,omitempty"`
	Words   string        `json:"words"` // one sentence
	// Ratios are the figures that the answer rests on, in a few words: "2.9 times the requests
	// per second (2.8 to 3.0), p95 0.44 times (0.42 to 0.46)".
	Ratios string `json:"ratios,omitempty"`
	// Next says what would tell the sides apart; "" where that is told, or nothing would.
	Next string `json:"next,omitempty"`
	// Scaling is nil where the candidate has no more hosts than the baseline, and where that
	// is not known.
	Scaling *Scaling `json:"scaling,omitempty"`
	// Requests are the requests of a pass by themselves, those that changed first; empty where a pass
	// has one. RequestsWords say in a sentence which of them changed, RequestsMethod how they were held
	// against each other beyond Method.
	Requests       []RequestComparison `json:"requests,omitempty"`
	RequestsWords  string              `json:"requests_words,omitempty"`
	RequestsMethod string              `json:"requests_method,omitempty"`
	// Warnings are what else differed, and rounds that were left out. Within a run's
	// own analysis they stand among its warnings.
	Warnings []string `json:"warnings,omitempty"`
}

// RequestComparison holds one request of a pass against the same of the other side.
type RequestComparison struct {
	Name string `json:"name"`
	// Metrics are its times and its error rate, and of a mix its share of the requests.
	Metrics []Metric `json:"metrics,omitempty"`
	// Time names the metric of times that its verdict rests on, beside its error rate. TimeP and
	// ErrorsP are how probable so much of a difference would be if there were none: two-sided, after
	// Holm's correction over both tests of every request. Null where there is no test.
	Time    string        `json:"time,omitempty"`
	TimeP   Bound         `json:"time_p"`
	ErrorsP Bound         `json:"errors_p"`
	Verdict MetricVerdict `json:"verdict"`
	Answer  string        `json:"answer"` // "worse", "same", "cannot tell"
	Words   string        `json:"words"`  // "p95 2.1 times, 1.8 to 2.4; error rate the same within a point"
}

// Of is the row of a metric; the zero Metric when it is not there.
func (r *RequestComparison) Of(of metric.Metric) Metric { return rowOf(r.Metrics, of) }

// Metric is one figure of both sides. Over several rounds Baseline and Candidate are
// the median of the rounds' figures; an error rate is over all their requests and
// rows lost are their sum.
type Metric struct {
	Name       string           `json:"name"` // "p95_ms", "rate_rps", "error_rate" …
	Unit       metric.Unit      `json:"unit"`
	Better     metric.Direction `json:"better"`
	Baseline   float64          `json:"baseline"`
	Candidate  float64          `json:"candidate"`
	BaselineN  uint64           `json:"baseline_n"`
	CandidateN uint64           `json:"candidate_n"`
	// Ratio is candidate ÷ baseline, with its 95 % interval; for metrics compared by
	// difference (Difference true) the three are candidate − baseline.
	Ratio      Bound `json:"ratio"`
	Lo         Bound `json:"lo"`
	Hi         Bound `json:"hi"`
	Difference bool  `json:"difference,omitempty"`
	// Rounds is how many rounds (pairs of them, within one run) the interval stands on;
	// 0 where it stands on the requests of the legs.
	Rounds int `json:"rounds,omitempty"`
	// Detectable is the smallest ratio, above 1, that these rounds would show 8 times
	// out of 10; 0 where it is not known.
	Detectable float64 `json:"detectable,omitempty"`
	// RoundsNeeded is about how many rounds it would take to tell; 0 where it is told
	// already or cannot be estimated.
	RoundsNeeded int           `json:"rounds_needed,omitempty"`
	Verdict      MetricVerdict `json:"verdict"`
	// Answer is the verdict for people: "better", "same within 5 %", "cannot tell".
	Answer string `json:"answer"`
	// Code is why it cannot be told, or that the plan sets it; "" else.
	Code Code `json:"code,omitempty"`
	// Why is what there is to say beyond Answer and the ratio: mostly why it cannot be
	// told. "" for nothing.
	Why string `json:"why,omitempty"`
	// Words says all of it in a sentence: "better: 0.36 times (0.34 to 0.38)".
	Words string `json:"words"`
}

// Side is one run of a comparison.
type Side struct {
	// Label is what the user called it: a directory, a file, a baseline's name.
	Label   string         `json:"label"`
	Started time.Time      `json:"started"`
	Tool    runlog.Tool    `json:"tool"`
	Machine runlog.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Page    string         `json:"page,omitempty"` // the path of the run's report.html; "" where that is not at hand
}

// NewMetric is the row of a metric before anything is known.
func NewMetric(of metric.Metric) Metric {
	return Metric{Name: of.Key, Unit: of.Unit, Better: of.Better, Difference: of.Difference(), Ratio: NoBound, Lo: NoBound, Hi: NoBound}
}

// Of is the row of a metric; the zero Metric when it is not there.
func (c *Comparison) Of(of metric.Metric) Metric { return rowOf(c.Metrics, of) }

func rowOf(rows []Metric, of metric.Metric) Metric {
	if i := slices.IndexFunc(rows, func(m Metric) bool { return m.Name == of.Key }); i >= 0 {
		return rows[i]
	}
	return Metric{}
}
