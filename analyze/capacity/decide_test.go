package capacity

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
)

var today = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)

func price(amount float64) Price {
	return Price{Amount: amount, Source: "a list", Date: today.AddDate(0, -2, 0)}
}

func near(t testing.TB, what string, got, want, rtol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rtol*math.Abs(want)) {
		t.Errorf("%s: got %v, want %v ± %v of it", what, got, want, rtol)
	}
}

// The published case of a firm that left the cloud (world.hey.com/dhh, 2023 and 2024): $ 3.2
// million a year became 1.3 million, for servers of $ 700 000 that are used for five years.
func TestTheWholeCase(t *testing.T) {
	c := Case{Currency: "USD", Demand: Demand{Now: 1000, Peak: 1, Years: 5}, Options: []Option{
		{Name: "cloud", Nodes: 1, Held: 2000, Month: price(3.2e6 / 12)},
		{Name: "own", Nodes: 1, Held: 2000, Own: &Own{Purchase: price(700_000), Years: 5, PUE: 1, Connection: price(1.3e6 / 12)}},
	}}
	d := Decide(c, today)
	if len(d.BreakEvens) != 1 || d.BreakEvens[0].Bought != "own" || d.BreakEvens[0].Instead != "cloud" {
		t.Fatalf("%+v", d.BreakEvens)
	}
	near(t, "months until it is recouped", d.BreakEvens[0].Months, 700_000/(1.9e6/12), 1e-9)
	near(t, "months, as they say", d.BreakEvens[0].Months, 4.4, 0.01)
	near(t, "saving in five years", d.BreakEvens[0].Saving, 8.8e6, 1e-9)
	if !d.Options[1].Recommended || d.Options[0].Recommended {
		t.Errorf("%+v", d.Options)
	}
}

// Published costs per unit: a t3.large is $ 60.74 a month, and TPC-C's example is $ 550 a unit.
func TestPublishedCosts(t *testing.T) {
	large := Option{Nodes: 1, Cloud: &Cloud{NodeHour: price(0.0832)}}
	near(t, "t3.large", large.month(Demand{}), 60.74, 1e-4)
	d := Decide(Case{Demand: Demand{Now: 1562. / (hoursAMonth * 3600) * 1e6, Peak: 1, Years: 1}, Options: []Option{{Name: "x", Nodes: 1, Held: 1e6, Month: price(859_100)}}}, today)
	near(t, "cost per unit", d.Options[0].PerMillion, 550, 1e-3)
}

func TestPartsOfACost(t *testing.T) {
	d := Demand{Now: 100, Peak: 2, KBOut: 20}
	cloud := Option{Nodes: 3, Cloud: &Cloud{NodeHour: price(0.1), BalancerHour: price(0.02), GBOut: price(0.09), Discount: 0.3}}
	near(t, "cloud", cloud.month(d), 0.1*0.7*3*730+0.02*730+0.09*100*730*3600*20/1e6, 1e-12)
	own := Option{Nodes: 2, Own: &Own{Purchase: price(6000), Years: 5, Spares: 0.05, Watts: 250, PUE: 1.5, KWh: price(0.19), StaffHours: 4, StaffHour: price(50), Connection: price(100)}}
	near(t, "own", own.month(d), 12000./60+12000*0.05/12+0.19*0.25*1.5*2*730+200+100, 1e-12)
	near(t, "running", own.running(d), own.month(d)-200, 1e-12)
}

// threeOrOne are three containers, one server, and what they are to carry.
func threeOrOne() Case {
	return Case{Name: "Hypermarket", Currency: "EUR", Demand: Demand{Now: 200, Peak: 2, Growth: 0.25, Years: 1}, Limits: []string{"the database is not scaled"}, Options: []Option{
		{Name: "the single server", Nodes: 1, Held: 149, Broken: 155, Cloud: &Cloud{NodeHour: price(0.0832)}},
		{Name: "three containers", Nodes: 3, Held: 540, Broken: 560, Measured: "measured twice", Cloud: &Cloud{NodeHour: price(0.0832), BalancerHour: price(0.0225)}},
		{Name: "six containers", Nodes: 6, Held: 1000, Cloud: &Cloud{NodeHour: price(0.0832), BalancerHour: price(0.0225)}},
	}}
}

func TestDecision(t *testing.T) {
	d := Decide(threeOrOne(), today)
	if want := "with three containers your 400/s at the peak are carried with 35 % to spare, for EUR 199 a month; the limit of the single server is 149/s"; d.Headline != want {
		t.Errorf("got  %s\nwant %s", d.Headline, want)
	}
	if want := "What it carries lies between 540/s and 560/s, measured twice"; d.Confidence != want {
		t.Errorf("got %s", d.Confidence)
	}
	one, three := d.Options[0], d.Options[1]
	if one.Breaks != today || one.Lasts || one.WithoutOne.Finite() || !three.Lasts || !three.Recommended {
		t.Errorf("%+v\n%+v", one, three)
	}
	near(t, "utilisation", three.Utilisation, 400./540, 1e-12)
	near(t, "without one node", float64(three.WithoutOne), 400./360, 1e-12)
	// 400·1.25^t = 540 after 1.345 years, 16 whole months.
	if got := three.Breaks.Format("2006-01"); got != "2028-03" {
		t.Errorf("breaks in %s", got)
	}
	near(t, "per million", three.PerMillion, three.Month/(200*730*3600/1e6), 1e-12)
}

// The inputs that change the answer come first and say what it then is.
func TestSensitivities(t *testing.T) {
	d := Decide(threeOrOne(), today)
	first := d.Sensitivities[0]
	if want := "if the mean rate is 240/s instead of 200/s: six containers, for EUR 381 a month"; !first.Changes || first.Words != want {
		t.Errorf("%+v", first)
	}
	changing := 0
	for i, s := range d.Sensitivities {
		if s.Changes {
			changing++
		}
		if i > 0 && s.Changes && !d.Sensitivities[i-1].Changes {
			t.Errorf("%q comes behind one that changes nothing", s.Input)
		}
		if s.Input == "the growth a year" && (s.Changes || s.Words != "the growth a year from 20 % to 30 %: no change") {
			t.Errorf("%+v", s)
		}
	}
	if changing != 3 { // the rate, the peak factor, and what the three carry
		t.Errorf("%d inputs change the answer", changing)
	}
}

func TestOldPricesAndNoOption(t *testing.T) {
	c := threeOrOne()
	c.Options[0].Cloud.NodeHour.Date = today.AddDate(-1, -1, 0)
	c.Demand.Growth = 3
	d := Decide(c, today)
	all := strings.Join(d.Warnings, "\n")
	if !d.Prices[0].Old || d.Prices[1].Old || !strings.Contains(all, "the single server: the price of the node is of October 2025") || !strings.Contains(all, "no option carries the peak for 1 year") {
		t.Errorf("%v\n%+v", all, d.Prices)
	}
	if !d.Options[2].Recommended || !strings.Contains(d.Headline, ", until June 2027") {
		t.Error(d.Headline)
	}
}

func TestCaseTakesWhatAStudyFound(t *testing.T) {
	c := threeOrOne()
	c.Options[1].Held, c.Options[1].Broken, c.Options[1].Target = 0, 0, "cluster"
	study := &result.Study{Name: "shop", Configurations: []result.Capacity{{Target: "cluster", HeldRPS: 431, BrokenRPS: 447, Confirmed: true}, {Target: "slow", Sentence: "slow was not measured"}}}
	got, err := c.WithStudy(study)
	if o := got.Options[1]; err != nil || o.Held != 431 || o.Broken != 447 || o.Measured != "measured by the study shop, confirmed for longer" {
		t.Errorf("%+v, %v", o, err)
	}
	if got.Options[0].Held != 149 {
		t.Error("what the case says is kept")
	}
	for target, want := range map[string]string{"nosuch": `the study "shop" has no target "nosuch"`, "slow": "found no rate that holds: slow was not measured"} {
		c.Options[1].Target = target
		if _, err := c.WithStudy(study); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", target, err)
		}
	}
	if _, err := c.WithStudy(nil); err == nil || !strings.Contains(err.Error(), "give carries") {
		t.Error(err)
	}
}

// More demand is never cheaper, and a sensitivity leaves the case as it was.
func TestDecisionIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := threeOrOne()
		for i := range c.Options {
			c.Options[i].Held = rapid.Float64Range(1, 2000).Draw(t, "held")
			c.Options[i].Month = price(rapid.Float64Range(1, 1000).Draw(t, "month"))
		}
		c.Demand.Growth = rapid.Float64Range(0, 2).Draw(t, "growth")
		before := c.clone()
		d := Decide(c, today)
		for i := range c.Options {
			if c.Options[i].Held != before.Options[i].Held || *c.Options[i].Cloud != *before.Options[i].Cloud {
				t.Fatal("deciding changed the case")
			}
		}
		recommended := 0
		for _, o := range d.Options {
			if o.Recommended {
				recommended++
				for _, other := range d.Options {
					if other.Lasts && (!o.Lasts || other.Month < o.Month-1e-9) {
						t.Fatalf("%+v is recommended, and %+v lasts for less", o, other)
					}
				}
			}
		}
		if recommended != 1 {
			t.Fatalf("%d are recommended", recommended)
		}
	})
}
