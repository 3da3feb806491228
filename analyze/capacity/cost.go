package capacity

import (
	"time"

	"github.com/stress-tool/stress/analyze/result"
)

// old is the age from which a price is flagged.
const old = 365 * 24 * time.Hour

// parts are what the option costs in a month, item by item.
func (o *Option) parts(d Demand) (parts []result.CostPart) {
	add := func(name string, amount float64) {
		if amount != 0 {
			parts = append(parts, result.CostPart{Name: name, Month: amount})
		}
	}
	nodes := float64(o.Nodes)
	if c := o.Cloud; c != nil {
		add("nodes", c.NodeHour.Amount*(1-c.Discount)*nodes*hoursAMonth)
		add("balancer", c.BalancerHour.Amount*hoursAMonth)
		add("outgoing data", c.GBOut.Amount*d.gigabytesAMonth())
	}
	if w := o.Own; w != nil {
		add("purchase, spread over its years", o.purchase()/(12*w.Years))
		add("spare parts", o.purchase()*w.Spares/12)
		add("electricity", w.KWh.Amount*w.Watts/1000*w.PUE*nodes*hoursAMonth)
		add("staff", w.StaffHour.Amount*w.StaffHours)
		add("connection", w.Connection.Amount)
	}
	add("lump sum", o.Month.Amount)
	return parts
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
				Source: i.price.Source, Date: i.price.Date, Old: now.Sub(i.price.Date) > old})
		}
	}
	return all
}
