package capacity

import (
	"fmt"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// Case is what is to be decided: a demand, and options that may carry it.
type Case struct {
	Name     string
	Currency string // a label, written before amounts
	Demand   Demand
	Options  []Option // at least one
	// Limits are what the case leaves out, in the words of who wrote it.
	Limits []string
}

// Demand is what is to be carried.
type Demand struct {
	Now  float64 // requests per second on average today, > 0
	Peak float64 // the rate at the peak as a multiple of Now, ≥ 1
	// Profile is the rate of each hour of a day as a multiple of Now, from midnight, of which the largest is
	// Peak; empty where only that is known.
	Profile []float64
	Growth  float64   // a year, as a share: 0.25 for a quarter
	Years   float64   // for how long, > 0
	From    time.Time // the day of Now; zero is the day of the decision
	KBOut   float64   // kB that an answer sends out of the data centre; 0 where that is not priced
}

// Option is one way to carry a demand. Its cost is the sum of what is given of Cloud, Own and
// Month.
type Option struct {
	Name   string
	Target string // the configuration of a study that it is; "" is Name
	Nodes  int    // 0 is the replicas of the study, or 1
	// Held is the largest rate that holds and Broken the smallest that does not, 0 where it is
	// not known; Measured says how that is known. A study fills them in where Held is 0.
	Held, Broken float64
	Measured     string

	Cloud *Cloud
	Own   *Own
	Month Price // a lump sum
}

// Price is an amount of money; the zero value is a price that was not given.
type Price struct {
	Amount float64
	Source string // where it is from
	Date   time.Time
	Place  string // where it was given, a file and a line
}

// Cloud is what is rented.
type Cloud struct {
	NodeHour, BalancerHour, GBOut Price
	Discount                      float64 // committed, on NodeHour, as a share
}

// Own is what is bought and run.
type Own struct {
	Purchase   Price   // of one node
	Years      float64 // that it is used, > 0
	Spares     float64 // spare parts a year, as a share of the purchase
	Watts      float64 // of one node
	PUE        float64 // of the data centre, ≥ 1
	KWh        Price
	StaffHours float64 // a month, for all nodes
	StaffHour  Price
	Connection Price // a month: rack, line
}

// hoursAMonth is the mean, as clouds count it.
const hoursAMonth = 730

// clone is a copy that shares nothing that a sensitivity changes.
func (c Case) clone() Case {
	c.Options = append([]Option(nil), c.Options...)
	for i := range c.Options {
		o := &c.Options[i]
		if o.Cloud != nil {
			cloud := *o.Cloud
			o.Cloud = &cloud
		}
		if o.Own != nil {
			own := *o.Own
			o.Own = &own
		}
	}
	return c
}

// WithStudy fills in what a study measured of the options that do not say what they carry.
func (c Case) WithStudy(s *result.Study) (Case, error) {
	c = c.clone()
	for i := range c.Options {
		o := &c.Options[i]
		if o.Held == 0 {
			if err := o.measure(s); err != nil {
				return c, err
			}
		}
		o.Nodes = max(1, o.Nodes)
	}
	return c, nil
}

// measure fills in what a study found of the option.
func (o *Option) measure(s *result.Study) error {
	found := measuredBy(s, o)
	switch {
	case s == nil:
		return fmt.Errorf("option %q does not say what it carries: give carries, or the study that measured it", o.Name)
	case found == nil:
		return fmt.Errorf("option %q: the study %q has no target %q", o.Name, s.Name, o.target())
	case found.HeldRPS == 0:
		return fmt.Errorf("option %q: the study %q found no rate that holds: %s", o.Name, s.Name, found.Sentence)
	}
	o.Held, o.Broken, o.Measured = found.HeldRPS, found.BrokenRPS, fmt.Sprintf("measured by the study %s", s.Name)
	if found.Confirmed {
		o.Measured += ", confirmed for longer"
	}
	if o.Nodes == 0 {
		o.Nodes = found.Replicas
	}
	return nil
}

// CheckTargets returns an error for the first option that does not say what it carries, and is none of the
// targets that are to be measured.
func (c Case) CheckTargets(targets []string) error {
	for i := range c.Options {
		if o := &c.Options[i]; o.Held == 0 && !slices.Contains(targets, o.target()) {
			return fmt.Errorf("option %q: there is no target %q to measure, only %s: give the option carries, or the target that it is", o.Name, o.target(), words.List(targets, 8))
		}
	}
	return nil
}

func (o *Option) target() string {
	if o.Target != "" {
		return o.Target
	}
	return o.Name
}

func measuredBy(s *result.Study, o *Option) *result.Capacity {
	if s == nil {
		return nil
	}
	for i := range s.Configurations {
		if s.Configurations[i].Target == o.target() {
			return &s.Configurations[i]
		}
	}
	return nil
}
