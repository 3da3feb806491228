package result

// GrowthSchema is the version of a growth as JSON.
const GrowthSchema = 1

// Growth is how throughput grows with the size of a system, by points that were measured and a
// model of them. Its JSON form may gain fields; none is renamed.
type Growth struct {
	Schema int    `json:"schema"` // [GrowthSchema]
	Source string `json:"source"` // where the points come from
	// Headline is one sentence for someone in a hurry.
	Headline string `json:"headline"`
	// Fits is false where no model fits; the nearest is then shown, and predicts nothing.
	Fits   bool          `json:"fits"`
	Points []GrowthPoint `json:"points"` // by ascending size
	// Models are all that were tried: the chosen one, those that the points do not tell apart
	// from it, and the rest.
	Models []GrowthModel `json:"models"`
	// PeakN is the size beyond which the chosen model does not grow, and PeakRPS its throughput
	// there; PeakN is null where the model grows for ever, and PeakRPS what it then approaches, null
	// where there is no limit.
	PeakN       Bound              `json:"peak_n"`
	PeakRPS     Bound              `json:"peak_rps"`
	Predictions []GrowthPrediction `json:"predictions,omitempty"`
	Needed      *GrowthNeed        `json:"needed,omitempty"`
	Warnings    []string           `json:"warnings,omitempty"`
	Method      string             `json:"method"`
}

// GrowthPoint is a measured throughput beside the model's.
type GrowthPoint struct {
	N          float64 `json:"n"`
	Throughput float64 `json:"throughput_rps"`
	Model      float64 `json:"model_rps"` // by the chosen model
	Off        float64 `json:"off_share"` // throughput ÷ model − 1
	// Efficiency is the throughput per unit as a share of that of the smallest size.
	Efficiency float64 `json:"efficiency"`
	MeanMS     float64 `json:"mean_ms,omitempty"` // the mean response time; 0 where it is not known
	// InFlight is throughput × mean response time, the mean number of requests in flight by
	// Little's law; 0 without MeanMS. ThinkMS is the pause between requests of each of n clients
	// that would explain n; 0 where none would, or none is needed.
	InFlight float64 `json:"in_flight,omitempty"`
	ThinkMS  float64 `json:"think_ms,omitempty"`
}

// Support is what the points say of a model.
type Support string

// What the points say.
const (
	Chosen    Support = "chosen"
	NotApart  Support = "not told apart"
	NotLikely Support = "spoken against"
)

// GrowthModel is a model fitted to the points.
type GrowthModel struct {
	Name         string        `json:"name"`    // "the Universal Scalability Law"
	Formula      string        `json:"formula"` // "γN / (1 + α(N−1) + βN(N−1))"
	Support      Support       `json:"support"`
	Coefficients []Coefficient `json:"coefficients"`
	// Residual is the standard deviation of the residuals; the share is that of the mean
	// throughput.
	Residual      float64 `json:"residual_rps"`
	ResidualShare float64 `json:"residual_share"`
}

// Coefficient is a figure of a model with its standard error and its 95 % interval.
type Coefficient struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	SE      Bound   `json:"se"`
	Lo      Bound   `json:"lo"`
	Hi      Bound   `json:"hi"`
	AtBound bool    `json:"at_bound,omitempty"` // the points do not show this effect
}

// GrowthPrediction is the throughput to be expected at a size, with the 95 % interval of one
// more measurement there.
type GrowthPrediction struct {
	N          float64 `json:"n"`
	Throughput float64 `json:"throughput_rps"`
	Lo         Bound   `json:"lo"`
	Hi         Bound   `json:"hi"`
	Beyond     bool    `json:"beyond,omitempty"`  // n is larger than any measured size
	Refused    string  `json:"refused,omitempty"` // why nothing is predicted
}

// GrowthNeed is how many units a throughput needs.
type GrowthNeed struct {
	Throughput float64 `json:"throughput_rps"`
	N          Bound   `json:"n"`  // whole units, by the model; null where no number of them does
	Lo         Bound   `json:"lo"` // from this many on it is possible
	Hi         Bound   `json:"hi"` // and from this many on nearly sure; null where nothing within reach is
	Words      string  `json:"words"`
}
