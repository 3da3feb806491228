package web

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/scenarios"
)

// planView is a load as it is drawn before it is sent.
type planView struct {
	Name, Words string
	Drawing     template.HTML
	Most        string // what the top of the drawing stands for
	Duration    string
	Targets     []string
}

// plansOf are the loads of a scenario.
func plansOf(sc *scenarios.Scenario) []planView {
	var targets []string
	for _, t := range sc.Targets {
		targets = append(targets, t.Address())
	}
	var all []planView
	for _, l := range sc.Loads {
		p, err := plan.New(l.Load)
		if err != nil { // [scenarios.Parse] has accepted it
			continue
		}
		v := planView{Name: l.Name, Words: p.Words(), Duration: words.TableSeconds(p.Duration().Seconds()), Targets: targets}
		values := levels(p)
		top := 0.0
		for _, y := range values {
			top = max(top, y)
		}
		v.Most = cmp.Or(words.Table.Digits(top), "0") + words.Thin + "starts/s"
		if !p.Open() {
			v.Most = words.Counted(uint64(top), "client") + " at work"
		}
		v.Drawing = line(values, 600, 120, "plan series-0")
		all = append(all, v)
	}
	return all
}

// planSteps is how many points the drawing of a plan has: a stage of a hundredth of it is seen.
const planSteps = 300

// levels are the clients at work of a closed load, or the starts per second of an open one, over time.
func levels(p plan.Plan) []float64 {
	values := make([]float64, planSteps)
	for i := range values {
		at := time.Duration(float64(p.Duration()) * float64(i) / planSteps)
		if p.Open() {
			values[i] = p.Rate(at)
		} else {
			values[i] = float64(p.Population(at))
		}
	}
	return values
}

// line draws values from left to right, from 0 to the most of them, in a box of that many units. It
// holds numbers alone, and is no text for who does not see it: what it shows stands beside it.
func line(values []float64, width, height float64, class string) template.HTML {
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	var path strings.Builder
	for i, v := range values {
		x := width * float64(i) / float64(max(len(values)-1, 1))
		y := height - 1
		if top > 0 {
			y = height - 1 - (height-2)*v/top
		}
		fmt.Fprintf(&path, "%c%.4g %.4g", "ML"[min(i, 1)], x, y)
	}
	return template.HTML(fmt.Sprintf(`<svg class="%s" viewBox="0 0 %g %g" preserveAspectRatio="none" aria-hidden="true"><path class="floor" d="M0 %g H%g"/><path d="%s"/></svg>`,
		class, width, height, height-1, width, path.String()))
}
