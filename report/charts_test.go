package report

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/report/reporttest"
)

// reading is what the page says of the cursor's second: the text of each row.
const reading = `[...document.querySelectorAll('.reading tr')].map((r) => [...r.cells].map((c) => c.textContent.trim()).join('|'))`

// The cursor, the zoom, the switches and the keys do what they say, in all charts at once.
func TestChartsAnswer(t *testing.T) {
	shop := everyRun(t)["recorded-shop"]
	p := open(t, browser(t), pageOf(t, shop), desktop)
	p.scrolled()
	says[bool](p, `(document.querySelector('.chart').scrollIntoView({block: 'center'}), true)`)

	// The values are those that were stored.
	p.do(chromedp.Focus(".chart"), chromedp.KeyEvent(kb.Home), chromedp.KeyEvent(kb.ArrowRight))
	rows := strings.Join(says[[]string](p, reading), "\n")
	for i, leg := range shop.Legs[:2] {
		if n := int(leg.Series[1].Outcomes.Success); !strings.Contains(rows, itoa(n)+"/s") {
			t.Errorf("leg %d had %d successes in its second second, and the page reads\n%s", i, n, rows)
		}
	}
	if !strings.HasPrefix(rows, "1\u202fs – 2\u202fs|") {
		t.Errorf("the cursor stands at\n%s", rows)
	}
	if cursors := says[int](p, `new Set([...document.querySelectorAll('[role=application] .u-cursor-x')].map((c) => c.getBoundingClientRect().left - c.closest('.u-over').getBoundingClientRect().left).map(Math.round)).size`); cursors > 2 {
		t.Errorf("the cursors stand at %d places", cursors)
	}
	if key := says[string](p, `document.querySelector('.chart').previousElementSibling.textContent`); !strings.Contains(key, "ms") {
		t.Errorf("the key of the first chart has no value of the second: %q", key)
	}

	// A drag zooms every chart, a double click takes it back.
	box := says[[]float64](p, `(() => { const r = document.querySelector('.chart .u-over').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
	middle := box[1] + box[3]/2
	p.do(chromedp.DragAndDropXY(box[0]+box[2]/4, middle, box[0]+box[2]/2, middle, 8))
	p.until(`!document.querySelector('.controls button').hidden`)
	shown := says[string](p, `document.querySelector('output').textContent`)
	if !strings.HasPrefix(shown, "shown: ") || strings.Contains(shown, "all") {
		t.Errorf("after a drag: %q", shown)
	}
	p.do(chromedp.MouseClickXY(box[0]+box[2]/2, middle, chromedp.ClickCount(2)))
	p.until(`document.querySelector('.controls button').hidden`)
	p.do(chromedp.Focus(".chart"), chromedp.KeyEvent("+"))
	p.until(`!document.querySelector('.controls button').hidden`)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until(`document.querySelector('.controls button').hidden`)

	// A switch takes a line out of the charts and out of the values.
	before := says[int](p, `document.querySelectorAll('.reading tr').length`)
	says[bool](p, `([...document.querySelectorAll('.controls label')].find((l) => l.textContent.includes('p95')).querySelector('input').click(), true)`)
	p.until(`document.querySelectorAll('.reading tr').length === ` + itoa(before-1))
	says[bool](p, `([...document.querySelectorAll('.controls label')].find((l) => l.textContent.includes('logarithmic')).querySelector('input').click(), true)`)
	p.until(`[...document.querySelectorAll('.panel h3')].filter((h) => h.textContent.includes(', logarithmic)') && h.textContent.includes('time (')).length === 2`)
	p.quiet()
}

// daySeconds is how long [dayRun] lasts, and spikeAt the second in which it was slow.
const daySeconds, spikeAt = 86400, 51234

// dayRun is a run of a day in which no second is like the one before it.
func dayRun() *result.Analysis {
	a := reporttest.Closed()
	a.Legs = a.Legs[:1]
	rng := rand.New(rand.NewPCG(1, 2))
	l := &a.Legs[0]
	l.Series, l.LoadS, l.DurationS = make([]result.Point, daySeconds), daySeconds, daySeconds
	for i := range l.Series {
		p := &l.Series[i]
		p50 := 20 * math.Exp(0.1*rng.NormFloat64())
		*p = result.Point{T: float64(i + 1), Due: 1000, Sent: 1000, Done: 1000, N: 1000, Active: 50, P50: p50, P95: p50 * 2, P99: p50 * 3, Max: p50 * (4 + rng.Float64())}
		p.Outcomes.Success = 1000
		if i == spikeAt {
			p.P99, p.Max = 4000, 4321
		}
	}
	return a
}

// A page of a day holds every second, and what it draws loses no spike of one second.
func TestPageOfADay(t *testing.T) {
	page := pageOf(t, dayRun())
	if most := 3_000_000; len(page) > most {
		t.Errorf("%d bytes, the most are %d", len(page), most)
	}
	p := open(t, browser(t), page, desktop)
	const draw = `new Promise((drawn) => {
		const began = performance.now(), chart = document.querySelector('.chart');
		chart.scrollIntoView({block: 'center'});
		const look = () => ` + drawnCharts + ` > 0 ? drawn(performance.now() - began) : requestAnimationFrame(look);
		look();
	})`
	drawing := run(p, chromedp.Evaluate[float64](draw, chromedp.EvalAwaitPromise))
	t.Logf("%d bytes; the page was there after %.0f ms, and drew its first chart in another %.0f ms", len(page),
		says[float64](p, `performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd`), drawing)
	p.picture("a-day", false)

	// Blue, near the top of the chart, in the columns of that second.
	const blue = `(() => {
		const over = document.querySelector('.chart .u-over').getBoundingClientRect(), canvas = document.querySelector('.chart canvas'), box = canvas.getBoundingClientRect();
		const {data, width} = canvas.getContext('2d').getImageData(0, Math.round((over.top - box.top + 0.07 * over.height) * devicePixelRatio), canvas.width, Math.round(0.4 * over.height * devicePixelRatio));
		const at = (second) => {
			const x = Math.round((over.left - box.left + over.width * (second + 0.5) / 86400) * devicePixelRatio);
			let n = 0;
			for (let i = 0; i < data.length; i += 4) if (Math.abs(i / 4 % width - x) < 3 && data[i + 2] > data[i] + 60 && data[i + 3] > 60) n++;
			return n;
		};
		return [at(51234), at(40000)];
	})()`
	if seen := says[[]int](p, blue); seen[0] < 20 || seen[1] != 0 {
		t.Errorf("%d pixels of the spike of one second are drawn, and %d where there is none", seen[0], seen[1])
	}
	p.do(chromedp.Focus(".chart"), chromedp.KeyEvent(kb.End))
	if rows := strings.Join(says[[]string](p, reading), "\n"); !strings.HasPrefix(rows, "23:59:59 – 24:00:00|") {
		t.Errorf("the last second reads\n%s", rows)
	}
	p.quiet()
}

// What others wrote stays text, in charts and around them.
func TestHostileTextStaysText(t *testing.T) {
	b := browser(t)
	count := func(p *tab, what string) int { return says[int](p, `document.querySelectorAll('`+what+`').length`) }
	harmless := open(t, b, pageOf(t, reporttest.TaintedRun("harmless")), desktop)
	scripts := count(harmless, "script")
	harmless.close()
	for _, s := range []string{
		`</script><script>document.title = "taken"</script>`, `"><img src=x onerror='document.title = "taken"'>`, "\u2028\u2029'+alert(1)+`${alert(1)}`",
		"<!--<script>", "\u202etxet\u202c\u2066<svg onload=alert(1)>", reporttest.Hostile,
	} {
		a := reporttest.TaintedRun(s)
		a.Run.Requests = []string{s, s + "2"}
		for i := range a.Legs[0].Series {
			a.Legs[0].Series[i].Requests = []result.RequestPoint{{N: 30, P50: 4, P95: 9}, {N: 30, P50: 5, P95: 11}}
		}
		p := open(t, b, pageOf(t, a), desktop)
		p.scrolled()
		if n := count(p, "script"); n != scripts {
			t.Errorf("%q: %d scripts, want %d", s, n, scripts)
		}
		if n := count(p, "img, svg [onload], [onerror]"); n != 0 {
			t.Errorf("%q became %d elements", s, n)
		}
		if title := says[string](p, `document.title`); title == "taken" {
			t.Errorf("%q ran", s)
		}
		if bidi := says[bool](p, `/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/.test(document.querySelector('.charts').textContent)`); bidi {
			t.Errorf("%q: controls of direction or lines reach the charts", s)
		}
		p.quiet()
		p.close()
	}
}

// Of two runs the charts are drawn over each other, the baseline in the colour of what
// others are held against.
func TestTwoRunsAreOverlaid(t *testing.T) {
	var page strings.Builder
	runs := []*result.Analysis{reporttest.Closed(), reporttest.Closed()}
	if err := writeHTML(&page, &document{Title: "two runs"}, nil, runs); err != nil {
		t.Fatal(err)
	}
	p := open(t, browser(t), []byte(page.String()), desktop)
	p.scrolled()
	titles := says[[]string](p, `[...document.querySelectorAll('.panel h3')].slice(0, 2).map((h) => h.textContent)`)
	if len(titles) != 2 || !strings.HasPrefix(titles[0], "single: service time") || !strings.HasPrefix(titles[1], "cluster: service time") {
		t.Errorf("the first charts are %q", titles)
	}
	if key := says[string](p, `document.querySelector('.panel .key').textContent`); !strings.Contains(key, "baseline median") || !strings.Contains(key, "candidate median") {
		t.Errorf("the first chart has %q", key)
	}
	p.picture("two-runs", true)
	says[bool](p, `([...document.querySelectorAll('.controls label')].find((l) => l.textContent.includes('one chart for both runs')).querySelector('input').click(), true)`)
	p.until(`[...document.querySelectorAll('.panel h3')].filter((h) => h.textContent.includes(': service time')).length === 4`)
	p.quiet()
}
