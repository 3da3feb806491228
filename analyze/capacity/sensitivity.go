package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// fifth is how far an input is moved.
const fifth = 0.2

// input is a figure of a case that may be otherwise.
type input struct {
	name  string
	say   func(value float64) string
	value func(c *Case) []*float64 // what moves; the first is said
}

// inputs are all figures of the case that are not 0.
func (c *Case) inputs() (given []input) {
	share := func(v float64) string { return words.Percent(v) }
	all := []input{
		{"the mean rate", perSecond, func(c *Case) []*float64 { return []*float64{&c.Demand.Now} }},
		{"the peak factor", number, func(c *Case) []*float64 { return []*float64{&c.Demand.Peak} }},
		{"the size of an answer", func(v float64) string { return number(v) + " kB" }, func(c *Case) []*float64 { return []*float64{&c.Demand.KBOut} }},
		{"the growth a year", share, func(c *Case) []*float64 { return []*float64{&c.Demand.Growth} }},
	}
	for i := range c.Options {
		of := " of " + c.Options[i].Name
		all = append(all,
			input{"the capacity" + of, perSecond, func(c *Case) []*float64 { return []*float64{&c.Options[i].Held, &c.Options[i].Broken} }})
		for _, v := range c.Options[i].figures() {
			say := func(x float64) string { return number(x) + " " + v.unit }
			all = append(all, input{v.name + of, say, func(c *Case) []*float64 { return []*float64{v.value(&c.Options[i])} }})
		}
		for k, it := range c.Options[i].items() {
			say := func(v float64) string { return c.money(v) + " " + it.unit }
			all = append(all, input{"the price of " + it.name + of, say, func(c *Case) []*float64 { return []*float64{&c.Options[i].items()[k].price.Amount} }})
		}
	}
	for _, in := range all {
		if *in.value(c)[0] != 0 {
			given = append(given, in)
		}
	}
	return given
}

// figure is a figure of what is bought and run that is no price.
type figure struct {
	name, unit string
	value      func(o *Option) *float64
}

func (o *Option) figures() []figure {
	if o.Own == nil {
		return nil
	}
	return []figure{
		{"the years of use", "years", func(o *Option) *float64 { return &o.Own.Years }},
		{"the power", "W a node", func(o *Option) *float64 { return &o.Own.Watts }},
		{"the staff", "hours a month", func(o *Option) *float64 { return &o.Own.StaffHours }},
	}
}

// sensitivities moves each input by a fifth. First come those that change what is recommended,
// then those that change its cost most.
func (c *Case) sensitivities() []result.Sensitivity {
	base := c.outcome()
	type moved struct {
		result.Sensitivity
		swing float64
	}
	var all []moved
	for _, in := range c.inputs() {
		m := moved{Sensitivity: result.Sensitivity{Input: in.name, Less: c.with(in, 1-fifth), More: c.with(in, 1+fifth)}}
		m.Changes = m.Less.Option != base.Option || m.More.Option != base.Option
		m.swing = max(math.Abs(m.Less.Month-base.Month), math.Abs(m.More.Month-base.Month))
		m.Words = c.sensitivityWords(in, m.Sensitivity, base)
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b moved) int {
		if a.Changes != b.Changes {
			if a.Changes {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.swing, a.swing)
	})
	out := make([]result.Sensitivity, len(all))
	for i, m := range all {
		out[i] = m.Sensitivity
	}
	return out
}

func (c *Case) outcome() result.Outcome {
	o := &c.Options[c.recommended()]
	return result.Outcome{Option: o.Name, Month: o.month(c.Demand)}
}

// with is the answer with one input at that many times its value.
func (c *Case) with(in input, times float64) result.Outcome {
	moved := c.clone()
	for _, v := range in.value(&moved) {
		*v *= times
	}
	return moved.outcome()
}

func (c *Case) sensitivityWords(in input, s result.Sensitivity, base result.Outcome) string {
	at := *in.value(c)[0]
	if !s.Changes {
		then := "no change"
		if s.Less.Month != base.Month || s.More.Month != base.Month {
			then = fmt.Sprintf("still %s, for %s to %s a month", base.Option, c.money(min(s.Less.Month, s.More.Month)), c.money(max(s.Less.Month, s.More.Month)))
		}
		return fmt.Sprintf("%s from %s to %s: %s", in.name, in.say(at*(1-fifth)), in.say(at*(1+fifth)), then)
	}
	var parts []string
	for _, side := range []struct {
		times float64
		then  result.Outcome
	}{{1 - fifth, s.Less}, {1 + fifth, s.More}} {
		if side.then.Option != base.Option {
			parts = append(parts, fmt.Sprintf("if %s is %s instead of %s: %s, for %s a month", in.name, in.say(at*side.times), in.say(at), side.then.Option, c.money(side.then.Month)))
		}
	}
	return words.Join("; ", parts...)
}
