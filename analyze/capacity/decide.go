package capacity

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

const decisionMethod = "Recommended is the cheapest option that carries the peak to the end of the years; where none does, the one that does so for longest. " +
	"What an option carries is the largest rate that held. To spare is by how much the peak may grow. With one node less it carries less in proportion. " +
	"A month has 730 hours; what is bought is spread evenly over its years, without interest. The demand grows by the same share each year. " +
	"Each input is taken a fifth less and a fifth more, one at a time."

// longest is the number of years beyond which no month is named.
const longest = 100

// Decide says which option to take, on the day today. Every option must say what it carries and
// what it costs.
func Decide(c Case, today time.Time) *result.Decision {
	now := c.Demand.From
	if now.IsZero() {
		now = today
	}
	d := &result.Decision{
		Schema: result.DecisionSchema, Name: c.Name, Date: now, Currency: c.Currency, Method: decisionMethod,
		NowRPS: c.Demand.Now, PeakRPS: c.Demand.peak(), Growth: c.Demand.Growth, Years: c.Demand.Years,
		BreakEvens: c.breakEvens(), Prices: c.prices(now), Sensitivities: c.sensitivities(),
	}
	for i := range c.Options {
		d.Options = append(d.Options, c.option(&c.Options[i], now))
	}
	best := c.recommended()
	d.Options[best].Recommended = true
	c.chooseMain(d, best)
	d.Peaks, d.Hours = c.peaks(d), c.hours(&c.Options[best])
	d.Headline, d.Confidence = c.headline(d, best), c.confidence(best)
	d.Limits, d.Warnings = c.limits(d.Prices), c.warnings(d)
	return d
}

func (d Demand) peak() float64 { return d.Now * d.Peak }

// lasts is for how many years the demand stays within what is carried: infinite where it does not
// grow, below 0 where it is too much already.
func (d Demand) lasts(held float64) float64 {
	if d.Growth <= 0 {
		if held >= d.peak() {
			return math.Inf(1)
		}
		return math.Inf(-1)
	}
	return math.Log(held/d.peak()) / math.Log1p(d.Growth)
}

func (c *Case) option(o *Option, now time.Time) result.DecisionOption {
	out := result.DecisionOption{Name: o.Name, Nodes: o.Nodes, HeldRPS: o.Held, BrokenRPS: o.Broken,
		Utilisation: c.Demand.peak() / o.Held, WithoutOne: result.NoBound,
		Month: o.month(c.Demand), Parts: o.parts(c.Demand)}
	out.PerMillion = out.Month / (c.Demand.requestsAMonth() / 1e6)
	if o.Nodes > 1 {
		out.WithoutOne = result.Bound(out.Utilisation * float64(o.Nodes) / float64(o.Nodes-1))
	}
	years := c.Demand.lasts(o.Held)
	out.Lasts = years >= c.Demand.Years
	switch {
	case years < 0:
		out.Breaks = now
	case years < longest:
		out.Breaks = now.AddDate(0, int(12*years), 0)
	}
	return out
}

// recommended is the index of the option to take.
func (c *Case) recommended() int {
	best := 0
	for i := range c.Options {
		if c.better(&c.Options[i], &c.Options[best]) {
			best = i
		}
	}
	return best
}

func (c *Case) better(a, b *Option) bool {
	la, lb := c.Demand.lasts(a.Held), c.Demand.lasts(b.Held)
	enoughA, enoughB := la >= c.Demand.Years, lb >= c.Demand.Years
	switch {
	case enoughA != enoughB:
		return enoughA
	case !enoughA && la != lb:
		return la > lb
	}
	return a.month(c.Demand) < b.month(c.Demand)
}

// headline has a verb, a number and a price.
func (c *Case) headline(d *result.Decision, best int) string {
	o := &d.Options[best]
	say := fmt.Sprintf("even with %s your %s at the peak are not carried: its limit is %s", o.Name, perSecond(d.PeakRPS), perSecond(o.HeldRPS))
	if o.Utilisation <= 1 {
		say = fmt.Sprintf("with %s your %s at the peak are carried with %s to spare, for %s a month", o.Name, perSecond(d.PeakRPS), words.Percent(1/o.Utilisation-1), c.money(o.Month))
		if !o.Lasts {
			say += fmt.Sprintf(", until %s", month(o.Breaks))
		}
	}
	for i := range d.Options {
		if other := &d.Options[i]; i != best && !other.Lasts {
			return say + fmt.Sprintf("; the limit of %s is %s", other.Name, perSecond(other.HeldRPS))
		}
	}
	return say
}

func (c *Case) confidence(best int) string {
	o := &c.Options[best]
	say := fmt.Sprintf("%s was held", perSecond(o.Held))
	if o.Broken > 0 {
		say = fmt.Sprintf("What it carries lies between %s and %s", perSecond(o.Held), perSecond(o.Broken))
	}
	return words.Join(", ", say, o.Measured)
}

// limits are what the decision does not cover.
func (c *Case) limits(prices []result.Price) []string {
	out := slices.Clone(c.Limits)
	if len(prices) > 0 {
		dates := func(a, b result.Price) int { return a.Date.Compare(b.Date) }
		first, last := month(slices.MinFunc(prices, dates).Date), month(slices.MaxFunc(prices, dates).Date)
		if first != last {
			first += " to " + last
		}
		out = append(out, "prices of "+first+", as given, without tax and interest")
	}
	return append(out, fmt.Sprintf("a demand that grows otherwise than by %s a year", words.Percent(c.Demand.Growth)), "what changes in the system itself")
}

func (c *Case) warnings(d *result.Decision) (warnings []string) {
	for _, p := range d.Prices {
		if p.Old {
			warnings = append(warnings, fmt.Sprintf("%s: the price of the %s is of %s, older than a year: ask again", p.Option, p.Item, month(p.Date)))
		}
	}
	if !slices.ContainsFunc(d.Options, func(o result.DecisionOption) bool { return o.Lasts }) {
		warnings = append(warnings, fmt.Sprintf("no option carries the peak for %s", years(c.Demand.Years)))
	}
	return warnings
}

func (c *Case) money(amount float64) string {
	return words.Join(" ", c.Currency, words.Significant(amount, 3))
}

func years(n float64) string {
	if n == 1 {
		return "1 year"
	}
	return number(n) + " years"
}

func month(t time.Time) string { return t.Format("January 2006") }
