package scenarios

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/analyze/capacity"
	"github.com/stress-tool/stress/internal/lazy"
)

// caseSpec is a file of prices and demand.
type caseSpec struct {
	name, currency at[string]
	demand         at[demandSpec]
	options        at[[]at[optionSpec]]
	limits         at[[]at[string]]
}

type demandSpec struct {
	now, peak, growth, years, kbOut at[float64]
	date                            at[string]
	profile                         at[[]at[float64]]
}

type optionSpec struct {
	name, target at[string]
	nodes        at[int]
	carries      at[carriesSpec]
	cloud        at[cloudSpec]
	own          at[ownSpec]
	month        at[priceSpec]
}

type carriesSpec struct {
	held, broken at[float64]
	measured     at[string]
}

type priceSpec struct {
	amount       at[float64]
	source, date at[string]
}

type cloudSpec struct {
	nodeHour, balancerHour, gbOut at[priceSpec]
	discount                      at[float64]
}

type ownSpec struct {
	purchase, kwh, staffHour, connection  at[priceSpec]
	years, watts, pue, staffHours, spares at[float64]
}

// decimalNumber is a number from least to [mostAmount].
func decimalNumber(least float64) form[float64] {
	const mostAmount = 1e12
	most := mostAmount
	words := fmt.Sprintf("a number of at least %v", least)
	return scalar(words, orVariable(&jsonschema.Schema{Type: "number", Minimum: &least, Maximum: &most}), func(s string) (float64, error) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(v) || v < least || v > most {
			return 0, &refusal{message: "must be " + words}
		}
		return v, nil
	}, integer, decimal)
}

var anyDate = lazy.Regexp(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

func day() form[string] {
	const words = "a day, such as 2026-06-09"
	return scalar(words, &jsonschema.Schema{Type: "string", Format: "date"}, func(s string) (string, error) {
		if _, err := time.Parse(time.DateOnly, s); err != nil || !anyDate().MatchString(s) {
			return "", &refusal{message: "must be " + words}
		}
		return s, nil
	}, text)
}

func priceForm() form[priceSpec] {
	return object(
		field("price", decimalNumber(0), func(p *priceSpec) *at[float64] { return &p.amount }, "How much.").required(),
		field("source", anyText("where the price is from", 1), func(p *priceSpec) *at[string] { return &p.source }, "Where the price is from.").required(),
		field("date", day(), func(p *priceSpec) *at[string] { return &p.date }, "Of which day the price is.").required(),
	)
}

// hoursOfADay is how many numbers a profile has.
const hoursOfADay = 24

func caseForm() form[caseSpec] {
	price := priceForm()
	some := anyText("text", 1)
	demand := object(
		field("now", perSecond(true), func(d *demandSpec) *at[float64] { return &d.now }, "The mean rate today.").required(),
		field("peak", decimalNumber(1), func(d *demandSpec) *at[float64] { return &d.peak }, "The rate at the peak, in multiples of now.").or("that of the profile, or 1"),
		field("profile", listOf(decimalNumber(0), "24 numbers", hoursOfADay), func(d *demandSpec) *at[[]at[float64]] { return &d.profile },
			"The rate of each hour of a day beside that of the others, the first from midnight: 24 numbers of any unit. The largest of them is the peak."),
		field("growth", percent(1000), func(d *demandSpec) *at[float64] { return &d.growth }, "How much the demand grows a year.").or("0%"),
		field("years", decimalNumber(0.1), func(d *demandSpec) *at[float64] { return &d.years }, "For how many years to decide.").or("3"),
		field("kb_out", decimalNumber(0), func(d *demandSpec) *at[float64] { return &d.kbOut }, "How many kB an answer sends out, on average.").or("0"),
		field("date", day(), func(d *demandSpec) *at[string] { return &d.date }, "The day from which the demand grows.").or("today"),
	)
	carries := object(
		field("held", perSecond(true), func(c *carriesSpec) *at[float64] { return &c.held }, "The largest rate that held.").required(),
		field("broken", perSecond(true), func(c *carriesSpec) *at[float64] { return &c.broken }, "The smallest rate that did not."),
		field("measured", some, func(c *carriesSpec) *at[string] { return &c.measured }, "How that is known."),
	)
	cloud := object(
		field("node_hour", price, func(c *cloudSpec) *at[priceSpec] { return &c.nodeHour }, "A node, an hour.").required(),
		field("balancer_hour", price, func(c *cloudSpec) *at[priceSpec] { return &c.balancerHour }, "The balancer, an hour."),
		field("gb_out", price, func(c *cloudSpec) *at[priceSpec] { return &c.gbOut }, "A GB that is sent out."),
		field("discount", percent(100), func(c *cloudSpec) *at[float64] { return &c.discount }, "The committed discount on nodes.").or("0%"),
	)
	own := object(
		field("purchase", price, func(o *ownSpec) *at[priceSpec] { return &o.purchase }, "A node.").required(),
		field("years", decimalNumber(0.1), func(o *ownSpec) *at[float64] { return &o.years }, "For how many years it is used.").required(),
		field("spares", percent(100), func(o *ownSpec) *at[float64] { return &o.spares }, "Spare parts a year, of the purchase.").or("0%"),
		field("watts", decimalNumber(0), func(o *ownSpec) *at[float64] { return &o.watts }, "The power of a node.").or("0"),
		field("pue", decimalNumber(1), func(o *ownSpec) *at[float64] { return &o.pue }, "The power of the data centre, in multiples of that of its nodes.").or("1"),
		field("kwh", price, func(o *ownSpec) *at[priceSpec] { return &o.kwh }, "A kWh."),
		field("staff_hours", decimalNumber(0), func(o *ownSpec) *at[float64] { return &o.staffHours }, "Hours of work a month, for all nodes.").or("0"),
		field("staff_hour", price, func(o *ownSpec) *at[priceSpec] { return &o.staffHour }, "An hour of work."),
		field("connection", price, func(o *ownSpec) *at[priceSpec] { return &o.connection }, "Rack and line, a month."),
	)
	option := object(
		field("name", some, func(o *optionSpec) *at[string] { return &o.name }, "What it is called.").required(),
		field("target", some, func(o *optionSpec) *at[string] { return &o.target }, "The target of the study that it is.").or("name"),
		field("nodes", wholeNumber(1, 100_000), func(o *optionSpec) *at[int] { return &o.nodes }, "How many nodes it has.").or("the replicas of its target, or 1"),
		field("carries", carries, func(o *optionSpec) *at[carriesSpec] { return &o.carries }, "What it carries, where no study says that."),
		field("cloud", cloud, func(o *optionSpec) *at[cloudSpec] { return &o.cloud }, "What is rented."),
		field("own", own, func(o *optionSpec) *at[ownSpec] { return &o.own }, "What is bought and run."),
		field("month", price, func(o *optionSpec) *at[priceSpec] { return &o.month }, "A lump sum a month."),
	)
	return object(
		field("name", some, func(c *caseSpec) *at[string] { return &c.name }, "What is decided.").or("the file's"),
		field("currency", some, func(c *caseSpec) *at[string] { return &c.currency }, "What amounts are written with.").required(),
		field("demand", demand, func(c *caseSpec) *at[demandSpec] { return &c.demand }, "What is to be carried.").required(),
		field("options", listOf(option, "a list of at least one option", 1), func(c *caseSpec) *at[[]at[optionSpec]] { return &c.options }, "The ways to carry it.").required(),
		field("limits", listOf(some, "a list of texts", 0), func(c *caseSpec) *at[[]at[string]] { return &c.limits }, "What is left out."),
	)
}

// LoadCase reads what is to be decided from a file, and returns the text as well. The error is a [Faults], or
// an [*UnreadableError].
func LoadCase(file string) (capacity.Case, []byte, error) {
	src, err := readScenario(file)
	if err != nil {
		return capacity.Case{}, nil, &UnreadableError{strconv.Quote(file), cause(err), ""}
	}
	c, err := ParseCase(file, src)
	return c, src, err
}

// ParseCase reads what is to be decided from YAML; file is what faults call it. The error is a
// [Faults] with everything that is wrong.
func ParseCase(file string, src []byte) (capacity.Case, error) {
	fs, root := Document{File: file, Source: src}.tree(Options{})
	if root == nil {
		return capacity.Case{}, fs.err()
	}
	d := &decoder{faults: fs}
	spec, ok := caseForm().decode(d, root)
	if !ok {
		return capacity.Case{}, fs.err()
	}
	b := &caseBuilder{d}
	c := b.build(spec)
	if c.Name == "" {
		c.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	return c, fs.err()
}

type caseBuilder struct{ *decoder }

func (b *caseBuilder) build(s caseSpec) capacity.Case {
	demand := s.demand.value
	c := capacity.Case{Name: s.name.value, Currency: s.currency.value, Demand: capacity.Demand{
		Now: demand.now.value, Peak: or(demand.peak, 1), Growth: demand.growth.value, Years: or(demand.years, 3), KBOut: demand.kbOut.value, From: dateOf(demand.date)}}
	if profile := demand.profile; profile.ok() {
		c.Demand.Profile = b.profile(profile)
		c.Demand.Peak = slices.Max(append(c.Demand.Profile, 1))
		if demand.peak.given() {
			b.fault(demand.peak.node, "stands beside profile, whose largest hour is the peak", "leave one of them out")
		}
	}
	names := map[string]bool{}
	for _, o := range s.options.value {
		if o.value.name.ok() && names[o.value.name.value] {
			b.fault(o.value.name.node, fmt.Sprintf("%q is the name of two options", o.value.name.value), "")
		}
		names[o.value.name.value] = true
		c.Options = append(c.Options, b.option(o))
	}
	for _, l := range s.limits.value {
		c.Limits = append(c.Limits, l.value)
	}
	return c
}

// profile is the rate of each hour in multiples of their mean.
func (b *caseBuilder) profile(p at[[]at[float64]]) (hours []float64) {
	sum := 0.0
	for _, h := range p.value {
		sum += h.value
		hours = append(hours, h.value)
	}
	switch {
	case len(hours) != hoursOfADay:
		b.fault(p.node, fmt.Sprintf("must have %d numbers, one for each hour of a day, got %d", hoursOfADay, len(hours)), "")
		return nil
	case sum == 0:
		b.fault(p.node, "must have an hour with a rate above 0", "")
		return nil
	}
	for i := range hours {
		hours[i] *= hoursOfADay / sum
	}
	return hours
}

// or is a value, or the default where none was given.
func or[V any](a at[V], fallback V) V {
	if a.ok() {
		return a.value
	}
	return fallback
}

func (b *caseBuilder) option(at at[optionSpec]) capacity.Option {
	s := at.value
	o := capacity.Option{Name: s.name.value, Target: s.target.value, Nodes: s.nodes.value, Held: s.carries.value.held.value,
		Broken: s.carries.value.broken.value, Measured: s.carries.value.measured.value, Month: b.price(s.month)}
	if o.Broken > 0 && o.Broken < o.Held {
		b.fault(s.carries.value.broken.node, "must not be below held", "")
	}
	if s.cloud.ok() {
		c := s.cloud.value
		o.Cloud = &capacity.Cloud{NodeHour: b.price(c.nodeHour), BalancerHour: b.price(c.balancerHour), GBOut: b.price(c.gbOut), Discount: c.discount.value}
	}
	if s.own.ok() {
		w := s.own.value
		o.Own = &capacity.Own{Purchase: b.price(w.purchase), Years: w.years.value, Spares: w.spares.value, Watts: w.watts.value, PUE: or(w.pue, 1),
			KWh: b.price(w.kwh), StaffHours: w.staffHours.value, StaffHour: b.price(w.staffHour), Connection: b.price(w.connection)}
		b.together(w.watts.node, w.kwh.node, "watts", "kwh")
		b.together(w.staffHours.node, w.staffHour.node, "staff_hours", "staff_hour")
	}
	if at.ok() && !s.cloud.given() && !s.own.given() && !s.month.given() {
		b.fault(at.node, "has no price", "give cloud, own or month")
	}
	return o
}

// together refuses one of two keys that need each other.
func (b *caseBuilder) together(one, other *node, name, otherName string) {
	if one != nil && other == nil {
		b.fault(one, "needs "+otherName+" beside it", "")
	}
	if other != nil && one == nil {
		b.fault(other, "needs "+name+" beside it", "")
	}
}

func (b *caseBuilder) price(p at[priceSpec]) capacity.Price {
	if !p.ok() {
		return capacity.Price{}
	}
	return capacity.Price{Amount: p.value.amount.value, Source: p.value.source.value, Date: dateOf(p.value.date), Place: b.placeOf(p.node)}
}

// placeOf is the line on which something stands.
func (b *caseBuilder) placeOf(n *node) string {
	if n.at.line == 0 {
		return n.at.file
	}
	return fmt.Sprintf("%s:%d", filepath.Base(n.at.file), n.at.line)
}

// dateOf is a day in UTC; zero where none was given, or where a fault says what it is.
func dateOf(d at[string]) time.Time {
	day, err := time.Parse(time.DateOnly, d.value)
	if err != nil {
		return time.Time{}
	}
	return day
}
