package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/reporttest"
)

// svgText draws a figure, checks that it is well-formed XML with numbers for
// coordinates, and returns the texts in it.
func svgText(t *testing.T, p Figure) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Draw(&b, "svg"); err != nil {
		t.Fatal(err)
	}
	var texts []string
	d := xml.NewDecoder(&b)
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return strings.Join(texts, "\n")
		} else if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		switch tok := tok.(type) {
		case xml.CharData:
			texts = append(texts, strings.ReplaceAll(string(tok), "\u00a0", " "))
		case xml.StartElement:
			for _, a := range tok.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("%s: <%s %s=%q>", p.Name, tok.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func TestEveryFigureOfEveryRunIsSoundSVG(t *testing.T) {
	runs := maps.Clone(reporttest.Runs())
	for name, a := range reporttest.Recorded(t, filepath.Join("..", "testdata", "runs")) {
		runs["recorded-"+name] = a
	}
	for name, a := range runs {
		for _, p := range Of(a) {
			t.Run(name+"/"+p.Name, func(t *testing.T) {
				texts := svgText(t, p)
				if title := label(p.Title); !strings.Contains(texts, title[:min(len(title), 20)]) {
					t.Errorf("the title %q is not in it: %s", title, texts)
				}
				if p.Caption == "" {
					t.Error("no caption")
				}
			})
		}
	}
}

func TestFiguresSayWhatTheyShow(t *testing.T) {
	all := reporttest.Runs()
	for _, c := range []struct {
		run, plot string
		want      []string
	}{
		{"closed", "times", []string{"Service time over time", "service time (ms, log scale)", "active clients", "time since the leg began (s)", "p50", "p95", "p99", "max", "single", "cluster"}},
		{"few", "times", []string{"response time (ms)", "an answer"}},
		{"few", "distribution", []string{"single, n = 50", "cluster, n = 49", "50 %", "90 %", "response time (ms, log scale)"}},
		{"closed", "distribution", []string{"99.9 %", "service time (ms, log scale)"}},
		{"rounds", "distribution", []string{"single, n = 4 100 / 4 181 / 4 303"}},
		{"rounds", "times-round-2", []string{"round 2"}},
		{"rounds", "rounds", []string{"median of the service time (ms)", "p95 of the service time (ms)", "single", "cluster"}},
		{"failing", "outcomes", []string{"sent", "due", "success", "HTTP 4xx", "HTTP 5xx", "unexpected answer", "timeout", "network error", "cut", "requests per second"}},
		{"empty", "times", []string{"no answers in this leg"}},
		{"empty", "outcomes", []string{"no requests in this leg"}},
		{"empty", "hosts", []string{"(an expected host)", "0 rows"}},
		{"closed", "hosts", []string{"a2a9d21d8c9c", "7 844 rows, 33.3 %", "share of the rows (%)", "fair share", "95 % interval"}},
		{"lost", "hosts", []string{"f00dcafe1234", "0 rows"}},
		{"long", "hosts", []string{"web-fronten…07…"}},
		{"long", "times", []string{"time since the leg began (min)", "service time (s)"}},
		{"long", "outcomes", []string{"each step is the mean of 12 s"}},
		{"partial", "times", []string{"cluster"}},
		{"fleet", "generators", []string{"Generators, each by itself", "sent per second", "lag, p99 (ms)", "CPU (%)", "n1", "n2, at its limit", "n3, deviates", "n4, lost", "time since the leg began (s)"}},
		{"agents", "generators", []string{"n8"}},
	} {
		texts := svgText(t, plotNamed(t, all[c.run], c.plot))
		for _, w := range c.want {
			if !strings.Contains(texts, w) {
				t.Errorf("%s/%s lacks %q; it says:\n%s", c.run, c.plot, w, texts)
			}
		}
	}
}

func plotNamed(t *testing.T, a *result.Analysis, name string) Figure {
	t.Helper()
	plots := Of(a)
	i := slices.IndexFunc(plots, func(p Figure) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no figure %s", name)
	}
	return plots[i]
}

func TestPNG(t *testing.T) {
	a := reporttest.Runs()["closed"]
	for name, size := range map[string][2]int{"times": {1000, 560}, "hosts": {1000, 360}} {
		var b bytes.Buffer
		if err := plotNamed(t, a, name).Draw(&b, "png"); err != nil {
			t.Fatal(err)
		}
		im, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]int{im.Bounds().Dx(), im.Bounds().Dy()}; got != size {
			t.Errorf("%s is %v, want %v", name, got, size)
		}
		if c := color.RGBAModel.Convert(im.At(1, 1)); c != paper {
			t.Errorf("%s: the corner is %v, not paper", name, c)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := Of(reporttest.Runs()["closed"])[0].Draw(io.Discard, "gif"); err == nil {
		t.Error("a gif was drawn")
	}
}

// luminance is what a grey print leaves of a colour (ITU-R BT.601).
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	return (0.299*float64(r) + 0.587*float64(g) + 0.114*float64(b)) / 257
}

// What shares a figure must differ by dash or hatch, or clearly in grey.
func TestFiguresAreReadableInGrey(t *testing.T) {
	lines := percentileLines(ink)
	for i, a := range lines {
		for _, b := range lines[i+1:] {
			if slices.Equal(a.style.Dashes, b.style.Dashes) && max(a.style.Width, b.style.Width) < 1.8*min(a.style.Width, b.style.Width) {
				t.Errorf("%s and %s look alike", a.name, b.name)
			}
		}
	}
	layers := classes()
	for i, a := range layers {
		for _, b := range layers[i+1:] {
			if a.style.hatch == b.style.hatch && math.Abs(luminance(a.style.color)-luminance(b.style.color)) < 40 {
				t.Errorf("%s and %s look alike", a.name, b.name)
			}
		}
	}
	for i := range mostTargets {
		for j := range i {
			if slices.Equal(targetStroke(i).Dashes, targetStroke(j).Dashes) {
				t.Errorf("targets %d and %d look alike", j, i)
			}
		}
	}
}

func TestAxesHoldTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := math.Pow(10, rapid.Float64Range(-6, 8).Draw(t, "low"))
		high := low * math.Pow(10, rapid.Float64Range(0, 6).Draw(t, "span"))
		n := rapid.IntRange(2, 10).Draw(t, "n")
		for name, set := range map[string]func(*plot.Axis){
			"logarithmic": func(a *plot.Axis) { logarithmic(a, low, high) },
			"linear":      func(a *plot.Axis) { linear(a, high, n) },
			"wholes":      func(a *plot.Axis) { wholes(a, high, n) },
		} {
			axis := newPanel("").Y
			set(&axis)
			if axis.Max < high*(1-1e-9) || name == "logarithmic" && axis.Min > low || axis.Min >= axis.Max {
				t.Fatalf("%s: [%g, %g] does not hold [%g, %g]", name, axis.Min, axis.Max, low, high)
			}
			marks := axis.Tick.Marker.Ticks(axis.Min, axis.Max)
			if len(marks) < 2 || len(marks) > 14 {
				t.Fatalf("%s: %d marks on [%g, %g]", name, len(marks), axis.Min, axis.Max)
			}
			for i, m := range marks {
				if i > 0 && m.Value <= marks[i-1].Value || m.Label == "" {
					t.Fatalf("%s: marks %v", name, marks)
				}
			}
		}
	})
}

func TestClockMarksFitTheLeg(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lasts := math.Pow(10, rapid.Float64Range(-3, 6).Draw(t, "log10 seconds"))
		axis := newPanel("").X
		unit := clock(&axis, lasts)
		marks := axis.Tick.Marker.Ticks(0, axis.Max)
		if len(marks) < 2 || len(marks) > 12 || marks[len(marks)-1].Value > axis.Max*1.001 || axis.Max < lasts {
			t.Fatalf("%g s: %d marks in %s up to %g", lasts, len(marks), unit, axis.Max)
		}
	})
}

func TestThinOutKeepsExtremesAndGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30000).Draw(t, "n")
		spike := rapid.IntRange(0, max(n-1, 0)).Draw(t, "spike")
		gap := rapid.IntRange(0, max(n-1, 0)).Draw(t, "gap")
		points := make([]xy, n)
		for i := range points {
			points[i] = xy{float64(i), math.Sin(float64(i)), i != gap}
		}
		if n > 0 && spike != gap {
			points[spike].y = 50
		}
		kept := thinOut(points)
		if len(kept) > mostPoints+mostPoints/4 {
			t.Fatalf("%d of %d points kept", len(kept), n)
		}
		if n == 0 {
			return
		}
		if kept[0] != points[0] || kept[len(kept)-1] != points[n-1] {
			t.Fatal("an end is gone")
		}
		if !slices.Contains(kept, points[spike]) || !slices.Contains(kept, points[gap]) {
			t.Fatal("the spike or the gap is gone")
		}
		if !slices.IsSortedFunc(kept, func(a, b xy) int { return int(a.x - b.x) }) {
			t.Fatal("the order is gone")
		}
	})
}

func TestShortNamesStayApart(t *testing.T) {
	var list []hostBar
	for _, h := range reporttest.Runs()["long"].Legs[0].Hosts {
		list = append(list, hostBar{name: h.Host, host: h})
	}
	names := shortNames(list)
	seen := map[string]bool{}
	for _, n := range names {
		if len([]rune(n)) > hostRunes {
			t.Errorf("%q is too long", n)
		}
		seen[n] = true
	}
	if len(seen) != len(list) {
		t.Errorf("%d names for %d hosts: %q", len(seen), len(list), names)
	}
}

func TestCommonEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("abä")), 0, 6, -1), 1, 5).Draw(t, "names")
		prefix, suffix := commonEnds(names)
		for _, n := range names {
			if !strings.HasPrefix(n, prefix) || !strings.HasSuffix(n, suffix) || len(prefix)+len(suffix) > len(n) {
				t.Fatalf("%q and %q are no ends of %q", prefix, suffix, n)
			}
		}
	})
}

func TestManyRoundsAreDrawnTogether(t *testing.T) {
	a := *reporttest.Runs()["rounds"]
	first := slices.Clone(a.Legs)
	a.Legs = nil
	for round := 1; round <= 40; round++ {
		for _, l := range first[:2] {
			l.Round = round
			a.Legs = append(a.Legs, l)
		}
	}
	var names []string
	for _, p := range Of(&a) {
		names = append(names, p.Name)
	}
	if !slices.Contains(names, "times-round-12") || slices.Contains(names, "times-round-13") || len(names) > 40 {
		t.Errorf("40 rounds are drawn as %v", names)
	}
	if texts := svgText(t, plotNamed(t, &a, "rounds")); !strings.Contains(texts, "40") {
		t.Errorf("the axis ends before the last round: %s", texts)
	}
	if c := plotNamed(t, &a, "rounds").Caption; !strings.Contains(c, "Of the 40 rounds the first 12 have figures of their own") {
		t.Error(c)
	}
}

// Hundreds of targets would make figures of hundreds of panels, which took gigabytes.
func TestFiguresOfManyTargetsAreBounded(t *testing.T) {
	a := *reporttest.Runs()["closed"]
	leg := a.Legs[0]
	a.Legs = nil
	for i := range 300 {
		leg.Target = fmt.Sprintf("target-%d", i)
		a.Legs = append(a.Legs, leg)
	}
	for _, p := range Of(&a) {
		var b bytes.Buffer
		if err := p.Draw(&b, "png"); err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(&b)
		if err != nil || c.Width > 5000 || c.Height > 5000 {
			t.Errorf("%s: %d × %d pixels, %v", p.Name, c.Width, c.Height, err)
		}
		if !strings.Contains(p.Caption, "Of the 300 targets the first 8 are drawn.") {
			t.Errorf("%s: %s", p.Name, p.Caption)
		}
	}
}

// svgOf draws a figure as SVG.
func svgOf(t *testing.T, f Figure) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.Draw(&b, "svg"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The last part of a second once looked like a collapse at the end of every leg.
func TestPartOfASecondIsNotDrawn(t *testing.T) {
	whole, more := *reporttest.Closed(), *reporttest.Closed()
	for i := range more.Legs {
		l := &more.Legs[i]
		l.Series = append(l.Series, result.Point{T: 20.05, Done: 150, N: 150, P50: 9000, P90: 9000, P95: 9000, P99: 9000, Max: 9000, Active: 900})
	}
	for _, name := range []string{"times", "outcomes"} {
		if svgOf(t, plotNamed(t, &whole, name)) != svgOf(t, plotNamed(t, &more, name)) {
			t.Errorf("%s: the last part of a second is drawn", name)
		}
	}
}

// Rounds take turns; in figures a target stays on its side, in its colour.
func TestTargetsStayOnTheirSide(t *testing.T) {
	a, swapped := *reporttest.Rounds(), *reporttest.Rounds()
	a.Run.Targets, swapped.Run.Targets = []string{"single", "cluster"}, []string{"single", "cluster"}
	for i := 0; i < len(swapped.Legs); i += 2 {
		swapped.Legs[i], swapped.Legs[i+1] = swapped.Legs[i+1], swapped.Legs[i]
	}
	for _, f := range Of(&a) {
		if f.Name != "distribution" && svgOf(t, f) != svgOf(t, plotNamed(t, &swapped, f.Name)) {
			t.Errorf("%s depends on the turns", f.Name)
		}
	}
}
