package result

// ForecastSchema is the version of a forecast as JSON.
const ForecastSchema = 1

// Forecast is what queueing predicts of response times under load, from the times that a target
// needs when nobody waits. Its JSON form may gain fields; none is renamed.
type Forecast struct {
	Schema   int    `json:"schema"` // [ForecastSchema]
	Target   string `json:"target"` // whose times they are
	Headline string `json:"headline"`
	// MeanMS is the mean time without waiting, of N answers.
	MeanMS float64 `json:"mean_ms"`
	N      uint64  `json:"n"`
	// SLOMS is the most that the p95 may be, 0 where none was asked for.
	SLOMS float64 `json:"slo_ms,omitempty"`
	// Cases are the system as asked for, and what else it could become. Rates are the p95 of the
	// first of them by rate, Balancers what it carries behind each balancer.
	Cases     []ForecastCase `json:"cases"`
	Rates     []ForecastRate `json:"rates"`
	Balancers []ForecastCase `json:"balancers,omitempty"`
	// Parts is where measured times leave the forecast of a target of a study; nil where they do
	// not, and where none were held against it.
	Parts  *ForecastParting `json:"parts,omitempty"`
	Limits []string         `json:"limits"`
	Method string           `json:"method"`
}

// ForecastParting is the smallest rate from which on the measured p95 lies above the forecast.
type ForecastParting struct {
	Expected ForecastRate `json:"expected"`
	Measured Estimate     `json:"measured_p95_ms"`
	Words    string       `json:"words"` // and what follows from it
}

// ForecastCase is one system under one rate.
type ForecastCase struct {
	Name     string `json:"name"`
	Replicas int    `json:"replicas"`
	Workers  int    `json:"workers"` // of each replica
	Balancer string `json:"balancer"`
	Arrivals string `json:"arrivals"`
	// SaturationRPS is what the workers cannot exceed, LargestRPS the largest rate within the
	// SLO; 0 without one, and where no rate is small enough.
	SaturationRPS float64 `json:"saturation_rps"`
	LargestRPS    float64 `json:"largest_rps,omitempty"`
	ForecastRate
}

// ForecastRate is the p95 at a rate, in milliseconds, with its 95 % prediction interval; null
// beyond saturation, where queues grow without end. Of one that a formula knows exactly the ends are
// null.
type ForecastRate struct {
	RateRPS float64 `json:"rate_rps"`
	P95     Bound   `json:"p95_ms"`
	Lo      Bound   `json:"lo"`
	Hi      Bound   `json:"hi"`
}
