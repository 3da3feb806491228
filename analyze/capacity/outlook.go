package capacity

import (
	"cmp"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
)

// mostMain is how many options a reader in a hurry takes in.
const mostMain = 4

// chooseMain marks the options that matter: the recommended one, the first that was given, which mostly is what
// there is today, then those that last, the cheapest first, and those that do not, the longest first.
func (c *Case) chooseMain(d *result.Decision, best int) {
	order := make([]int, len(d.Options))
	for i := range order {
		order[i] = i
	}
	rank := func(i int) int {
		switch {
		case i == best:
			return 0
		case i == 0:
			return 1
		case d.Options[i].Lasts:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if by := cmp.Compare(rank(a), rank(b)); by != 0 {
			return by
		}
		if rank(a) == 2 {
			return cmp.Compare(d.Options[a].Month, d.Options[b].Month)
		}
		return cmp.Compare(c.Options[b].Held, c.Options[a].Held)
	})
	for _, i := range order[:min(mostMain, len(order))] {
		d.Options[i].Main = true
	}
}

// peaks is the rate at the peak month by month.
func (c *Case) peaks(d *result.Decision) (all []result.PeakMonth) {
	years := c.Demand.Years
	for i := range d.Options {
		if o := &d.Options[i]; o.Main && !o.Breaks.IsZero() {
			years = max(years, c.Demand.lasts(o.HeldRPS)+1./12)
		}
	}
	months := int(math.Ceil(12 * min(years, 2*c.Demand.Years, longest)))
	for m := range months + 1 {
		all = append(all, result.PeakMonth{At: d.Date.AddDate(0, m, 0), RPS: c.Demand.peak() * math.Pow(1+c.Demand.Growth, float64(m)/12)})
	}
	return all
}

// hours are those of a day with the option that is recommended.
func (c *Case) hours(o *Option) (all []result.DemandHour) {
	for _, times := range c.Demand.Profile {
		rate := c.Demand.Now * times
		h := result.DemandHour{RPS: rate, Utilisation: rate / o.Held, WithoutOne: result.NoBound}
		if o.Nodes > 1 {
			h.WithoutOne = result.Bound(h.Utilisation * float64(o.Nodes) / float64(o.Nodes-1))
		}
		all = append(all, h)
	}
	return all
}
