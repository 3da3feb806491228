package capacity

import (
	"fmt"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// old is the age from which a price is flagged.
const old = 365 * 24 * time.Hour

// parts are what the option costs in a month, item by item.
func (o *Option) parts(d Demand) (parts []result.CostPart) {
	add := func(name string, amount float64, p Price, formula string, args ...any) {
		if amount != 0 {
			parts = append(parts, result.CostPart{Name: name, Month: amount, Formula: fmt.Sprintf(formula, args...), From: p.from()})
		}
	}
	nodes := float64(o.Nodes)
	of, n := words.Counted(o.Nodes, "node"), number
	if c := o.Cloud; c != nil {
		hours := fmt.Sprintf("%s an hour × %d h", n(c.NodeHour.Amount), hoursAMonth)
		if c.Discount > 0 {
			hours += " less " + words.Percent(c.Discount)
		}
		add("nodes", c.NodeHour.Amount*(1-c.Discount)*nodes*hoursAMonth, c.NodeHour, "%s × %s", of, hours)
		add("balancer", c.BalancerHour.Amount*hoursAMonth, c.BalancerHour, "%s an hour × %d h", n(c.BalancerHour.Amount), hoursAMonth)
		add("outgoing data", c.GBOut.Amount*d.gigabytesAMonth(), c.GBOut, "%s GB × %s", words.Significant(d.gigabytesAMonth(), 3), n(c.GBOut.Amount))
	}
	if w := o.Own; w != nil {
		add("purchase, spread over its years", o.purchase()/(12*w.Years), w.Purchase, "%s × %s ÷ %s months", of, n(w.Purchase.Amount), n(12*w.Years))
		add("spare parts", o.purchase()*w.Spares/12, w.Purchase, "%s of %s × %s ÷ 12 months", words.Percent(w.Spares), of, n(w.Purchase.Amount))
		add("electricity", w.KWh.Amount*w.Watts/1000*w.PUE*nodes*hoursAMonth, w.KWh, "%s × %s W × PUE %s × %d h × %s a kWh", of, n(w.Watts), n(w.PUE), hoursAMonth, n(w.KWh.Amount))
		add("staff", w.StaffHour.Amount*w.StaffHours, w.StaffHour, "%s hours × %s", n(w.StaffHours), n(w.StaffHour.Amount))
		add("connection", w.Connection.Amount, w.Connection, "a month")
	}
	add("lump sum", o.Month.Amount, o.Month, "a month")
	return parts
}

// from is the source of a price, its day and its place.
func (p Price) from() string {
	day := ""
	if !p.Date.IsZero() {
		day = p.Date.Format(time.DateOnly)
	}
	return words.Join(", ", p.Source, day, p.Place)
}

// purchase is what is paid once.
func (o *Option) purchase() float64 {
	if o.Own == nil {
		return 0
	}
	return o.Own.Purchase.Amount * float64(o.Nodes)
}

// month is what the option costs in a month, what was bought for it spread over its years.
func (o *Option) month(d Demand) (sum float64) {
	for _, p := range o.parts(d) {
		sum += p.Month
	}
	return sum
}

// running is the same without the purchase.
func (o *Option) running(d Demand) float64 {
	if o.Own == nil {
		return o.month(d)
	}
	return o.month(d) - o.purchase()/(12*o.Own.Years)
}

func (d Demand) requestsAMonth() float64  { return d.Now * hoursAMonth * 3600 }
func (d Demand) gigabytesAMonth() float64 { return d.requestsAMonth() * d.KBOut / 1e6 }

// breakEvens are the pairs of options that carry the peak of today, of which one costs more to buy
// and less to run.
func (c *Case) breakEvens() (all []result.BreakEven) {
	for i := range c.Options {
		for j := range c.Options {
			bought, instead := &c.Options[i], &c.Options[j]
			more := bought.purchase() - instead.purchase()
			less := instead.running(c.Demand) - bought.running(c.Demand)
			if min(bought.Held, instead.Held) >= c.Demand.peak() && more > 0 && less > 0 {
				all = append(all, result.BreakEven{Bought: bought.Name, Instead: instead.Name, Months: more / less, Saving: 12*c.Demand.Years*less - more})
			}
		}
	}
	return all
}

// item is a price by what it is of.
type item struct {
	name, unit string
	price      *Price
}

// items are the prices of an option that were given.
func (o *Option) items() (given []item) {
	all := []item{{"lump sum", "a month", &o.Month}}
	if c := o.Cloud; c != nil {
		all = append(all, item{"node", "an hour", &c.NodeHour}, item{"balancer", "an hour", &c.BalancerHour}, item{"outgoing data", "a GB", &c.GBOut})
	}
	if w := o.Own; w != nil {
		all = append(all, item{"purchase", "a node", &w.Purchase}, item{"electricity", "a kWh", &w.KWh}, item{"staff", "an hour", &w.StaffHour}, item{"connection", "a month", &w.Connection})
	}
	for _, i := range all {
		if i.price.Amount != 0 {
			given = append(given, i)
		}
	}
	return given
}

// prices are all that were given, with their age.
func (c *Case) prices(now time.Time) (all []result.Price) {
	for i := range c.Options {
		o := &c.Options[i]
		for _, i := range o.items() {
			all = append(all, result.Price{Option: o.Name, Item: i.name, Amount: i.price.Amount, Unit: i.unit,
				Source: i.price.Source, Date: i.price.Date, Place: i.price.Place, Old: now.Sub(i.price.Date) > old})
		}
	}
	return all
}
