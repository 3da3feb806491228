package result

import "time"

// DecisionSchema is the version of a decision as JSON.
const DecisionSchema = 1

// Decision is what each option carries and costs, and which of them to take. Its JSON form may
// gain fields; none is renamed. Money is in Currency, rates are requests per second.
type Decision struct {
	Schema   int       `json:"schema"` // [DecisionSchema]
	Name     string    `json:"name"`
	Date     time.Time `json:"date"` // the day from which demand grows
	Currency string    `json:"currency"`
	// Headline says it in one sentence with a verb and a price, Confidence how that is known.
	Headline   string `json:"headline"`
	Confidence string `json:"confidence"`
	// The demand: the mean rate now, the rate at its peak, the growth a year as a share, and the
	// years that the decision is for.
	NowRPS  float64 `json:"now_rps"`
	PeakRPS float64 `json:"peak_rps"`
	Growth  float64 `json:"growth"`
	Years   float64 `json:"years"`

	Options []DecisionOption `json:"options"` // as they were given
	// Peaks is the rate at the peak, month by month, until the end of the years or until the last of the main
	// options breaks, whichever is later, but not beyond twice the years.
	Peaks []PeakMonth `json:"peaks"`
	// Hours are the hours of a day by the profile of the demand, the first from midnight; empty without one.
	Hours         []DemandHour  `json:"hours,omitempty"`
	BreakEvens    []BreakEven   `json:"break_evens,omitempty"`
	Sensitivities []Sensitivity `json:"sensitivities"` // what changes most first
	Prices        []Price       `json:"prices"`
	// Limits are what the decision does not cover.
	Limits   []string `json:"limits"`
	Warnings []string `json:"warnings,omitempty"`
	Method   string   `json:"method"`
}

// MainOptions are those that a reader in a hurry must see, the recommended one first.
func (d *Decision) MainOptions() []DecisionOption {
	var best, others []DecisionOption
	for _, o := range d.Options {
		switch {
		case o.Recommended:
			best = append(best, o)
		case o.Main:
			others = append(others, o)
		}
	}
	return append(best, others...)
}

// PeakMonth is the rate at the peak at a time.
type PeakMonth struct {
	At  time.Time `json:"at"`
	RPS float64   `json:"peak_rps"`
}

// DemandHour is an hour of the day: its rate, and how much of the recommended option that uses. WithoutOne is
// the same with one node less; null where that leaves none.
type DemandHour struct {
	RPS         float64 `json:"rate_rps"`
	Utilisation float64 `json:"utilisation"`
	WithoutOne  Bound   `json:"utilisation_without_one"`
}

// DecisionOption is one way to carry the demand.
type DecisionOption struct {
	Name        string `json:"name"`
	Nodes       int    `json:"nodes"`
	Recommended bool   `json:"recommended,omitempty"`
	// Main says that it is one of the few that a reader in a hurry must see.
	Main bool `json:"main,omitempty"`
	// HeldRPS is the largest rate that held, and BrokenRPS the smallest that did not, 0 where none
	// was tried. What it carries lies between, and everything here is computed from HeldRPS.
	HeldRPS   float64 `json:"held_rps"`
	BrokenRPS float64 `json:"broken_rps"`
	// Utilisation is the peak of today as a share of what is carried; above 1 it is not carried.
	// WithoutOne is the same with one node less, in proportion; null where that leaves none.
	Utilisation float64    `json:"utilisation"`
	WithoutOne  Bound      `json:"utilisation_without_one"`
	Month       float64    `json:"month_cost"`
	Parts       []CostPart `json:"parts"` // what Month is made of
	PerMillion  float64    `json:"cost_per_million"`
	// Breaks is the month in which the peak outgrows the option; zero for never. It is
	// Date or before where the peak of today is too much already.
	Breaks time.Time `json:"breaks,omitzero"`
	// Lasts says that it carries the peak to the end of the years.
	Lasts bool `json:"lasts"`
}

// CostPart is a part of a month's cost.
type CostPart struct {
	Name  string  `json:"name"`
	Month float64 `json:"month"`
	// Formula says how it is computed: "3 nodes × 0.1008 an hour × 730 h". From is the source of its
	// price, its day and its place.
	Formula string `json:"formula,omitempty"`
	From    string `json:"from,omitempty"`
}

// BreakEven is after how many months what is bought for one option is recouped against another.
type BreakEven struct {
	Bought  string  `json:"bought"`
	Instead string  `json:"instead"` // of this option
	Months  float64 `json:"months"`
	// Saving is what is saved over the years of the decision; below 0 it costs more.
	Saving float64 `json:"saving"`
}

// Sensitivity is what becomes of the answer when one input is a fifth less or more.
type Sensitivity struct {
	Input string `json:"input"`
	// Less and More are what is then recommended, and its month cost.
	Less Outcome `json:"less"`
	More Outcome `json:"more"`
	// Changes says that another option is recommended in one of the two.
	Changes bool   `json:"changes,omitempty"`
	Words   string `json:"words"`
}

// Outcome is the answer under other inputs.
type Outcome struct {
	Option string  `json:"option"`
	Month  float64 `json:"month_cost"`
}

// Price is a price that the decision used.
type Price struct {
	Option string    `json:"option"`
	Item   string    `json:"item"`
	Amount float64   `json:"amount"`
	Unit   string    `json:"unit"`
	Source string    `json:"source"`
	Date   time.Time `json:"date"`
	Old    bool      `json:"old,omitempty"`   // older than a year
	Place  string    `json:"place,omitempty"` // where it stands: the file and its line
}
