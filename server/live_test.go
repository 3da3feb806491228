package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/getkin/kin-openapi/openapi3"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/server"
	"github.com/stress-tool/stress/server/store"
)

// told is a server-sent event.
type told struct {
	id         int
	kind, data string
}

// watch follows a run from after an event on, 0 for all, until take says that it is enough or the
// server has nothing more to say.
func (v *serving) watch(test, result string, after int, take func(told) bool) {
	v.t.Helper()
	v.follow("/tests/"+test+"/results/"+result+"/events", after, take)
}

// follow is [serving.watch] at any address.
func (v *serving) follow(path string, after int, take func(told) bool) {
	v.t.Helper()
	ctx, end := context.WithCancel(v.t.Context())
	defer end()
	r, err := http.NewRequestWithContext(ctx, "GET", v.base+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+v.key) // pages do not look at it
	if after > 0 {
		r.Header.Set("Last-Event-ID", strconv.Itoa(after))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<22)
	var e told
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			e.id, _ = strconv.Atoi(value)
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case "":
			if e.kind != "" && !take(e) {
				return
			}
			e = told{}
		}
	}
}

// second is what a second adds to the charts.
type second struct {
	Second int                 `json:"second"`
	Values map[string]*float64 `json:"values"`
}

// What is told of a run while it goes on is what its analysis has afterwards: to who watches from the
// beginning, to who comes later, and to who was away for a moment.
func TestWhatIsToldLiveIsWhatWasMeasured(t *testing.T) {
	target, _ := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":40,"duration":8,"urls":[{"url":"`+target+`/"}]}`)
	test, result := member(begun, "test_id"), member(begun, "result_id")
	seconds := map[int]second{}
	newest := 0
	take := func(e told) bool {
		if e.kind == "second" {
			var s second
			if err := json.Unmarshal([]byte(e.data), &s); err != nil {
				t.Errorf("%v in %s", err, e.data)
			}
			if _, twice := seconds[s.Second]; twice || e.id != newest+1 {
				t.Errorf("second %d is told as %d, after %d", s.Second, e.id, newest)
			}
			seconds[s.Second], newest = s, e.id
		}
		return e.kind != "over"
	}
	v.watch(test, result, 0, func(e told) bool { // it is there from the beginning, and goes after two seconds
		if e.kind == "all" {
			newest = e.id
			for i, s := range wholeOf(t, e.data) {
				seconds[i] = s
			}
			return true
		}
		return take(e) && newest < 2
	})
	v.watch(test, result, newest, take)

	found := v.await(test, result)
	dir := v.store.Dir(mustRun(t, v.store, result))
	a, err := run.Read(t.Context(), dir)
	if err != nil || len(a.Legs) != 1 {
		t.Fatalf("%v, %v", err, found)
	}
	compared := 0
	for i := range a.Legs[0].WholeSeconds() {
		p := &a.Legs[0].WholeSeconds()[i]
		s, ok := seconds[int(p.Begins())]
		if !ok || p.Sent < 30 || p.Outcomes.Success < 30 {
			continue // of few answers there are no percentiles; or the machine stood still
		}
		compared++
		for name, want := range map[string]float64{"success": float64(p.Outcomes.Success), "sent": float64(p.Sent), "p50": p.P50, "p95": p.P95, "lag": p.LagP99, "active": float64(p.Active)} {
			got, ok := s.Values[name]
			if !ok || got == nil || math.Abs(*got-want) > 0.006*want {
				t.Errorf("second %d: %s was told as %v, and is %v", i, name, got, want)
			}
		}
	}
	if compared == 0 || len(seconds) < 3 {
		t.Errorf("%d seconds were told, and %d could be compared", len(seconds), compared)
	}
}

// Programs that have a key are told what pages are, in the same bytes, as the description of the API says; and
// from after the newest that they have.
func TestProgramsFollowARun(t *testing.T) {
	target, _ := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	_, description := v.send("GET", "/api", "", nil)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(description.(string)))
	if err != nil {
		t.Fatal(err)
	}
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":40,"duration":8,"urls":[{"url":"`+target+`/"},{"url":"`+target+`/a"},{"url":"`+target+`/missing"}]}`)
	test, result := member(begun, "test_id"), member(begun, "result_id")
	shapes := map[string]string{"all": "LiveCharts", "second": "LiveSecond", "mark": "LiveMark", "now": "LiveNow"}
	byID := map[int]string{}
	kinds := map[string]int{}
	take := func(e told) bool {
		kinds[e.kind]++
		if e.kind == "over" {
			return false
		}
		var v any
		if err := json.Unmarshal([]byte(e.data), &v); err != nil {
			t.Errorf("%v in %s", err, e.data)
		}
		if err := doc.Components.Schemas[shapes[e.kind]].Value.VisitJSON(v); err != nil {
			t.Errorf("%s: %v", e.kind, err)
		}
		if e.kind == "second" {
			byID[e.id] = e.data
		}
		return true
	}
	at := "/api/v1/runs/" + result + "/live"
	var all sync.WaitGroup
	onPage := map[int]string{}
	all.Go(func() {
		v.watch(test, result, 0, func(e told) bool {
			if e.kind == "second" {
				onPage[e.id] = e.data
			}
			return e.kind != "over"
		})
	})
	v.follow(at, 0, func(e told) bool { return take(e) && len(byID) < 2 })
	newest := slices.Max(slices.Collect(maps.Keys(byID)))
	v.follow(at, newest, func(e told) bool {
		if e.kind == "second" && e.id <= newest || e.kind == "all" {
			t.Errorf("%s %d is told again", e.kind, e.id)
		}
		return take(e)
	})
	all.Wait()
	// Of eight seconds some are in the charts that are told at first, and several may be one where the machine stood still.
	if kinds["all"] == 0 || kinds["now"] == 0 || kinds["over"] != 1 || slices.Max(slices.Collect(maps.Keys(byID))) < 3 {
		t.Errorf("told were %v, %d seconds", kinds, len(byID))
	}
	for id, data := range byID {
		if told, ok := onPage[id]; ok && told != data {
			t.Errorf("%d is %s, and on the page %s", id, data, told)
		}
	}
	codes := false
	for _, data := range byID {
		codes = codes || strings.Contains(data, `"status 200":`) && strings.Contains(data, `"status 404":`)
	}
	if !codes {
		t.Errorf("no second has the codes: %v", byID)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", v.base+at, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a key it is answered by %d", answer.StatusCode)
	}
}

// wholeOf are the seconds of the only leg of charts.
func wholeOf(t *testing.T, data string) []second {
	t.Helper()
	var charts struct {
		Legs []struct {
			Seconds int                          `json:"seconds"`
			Columns map[string][]json.RawMessage `json:"columns"`
		} `json:"legs"`
	}
	if err := json.Unmarshal([]byte(data), &charts); err != nil || len(charts.Legs) != 1 {
		t.Fatalf("%v in %s", err, data)
	}
	all := make([]second, charts.Legs[0].Seconds)
	for i := range all {
		all[i] = second{i, map[string]*float64{}}
	}
	for name, column := range charts.Legs[0].Columns {
		at := 0
		for _, packed := range column {
			n, value := 1, (*float64)(nil)
			if pair := [2]*float64{}; packed[0] == '[' && json.Unmarshal(packed, &pair) == nil {
				n, value = int(*pair[0]), pair[1]
			} else if err := json.Unmarshal(packed, &value); err != nil {
				t.Fatal(err)
			}
			for range n {
				all[at].Values[name] = value
				at++
			}
		}
	}
	return all
}

func mustRun(t *testing.T, s *store.Store, id string) store.Run {
	t.Helper()
	r, err := s.Run(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A person watches a run, loads the page anew in its middle and sees all of it, stops it, and is shown
// its report.
func TestAPersonWatchesARun(t *testing.T) {
	browser := browsertest.Start(t)
	target, _ := page(t)
	v := serve(t, t.TempDir(), server.Options{Open: true})
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":60,"duration":600,"urls":[{"url":"`+target+`/"}]}`)
	test, result := member(begun, "test_id"), member(begun, "result_id")
	_, waits := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-test","total":5,"duration":1,"urls":[{"url":"`+target+`/"}]}`)
	b := open(t, browser, v.base+"/runs")
	// What a run is told of while a test looks at it can be said to its page, too.
	if _, err := chromedp.Call(b.ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.EventSource = class extends EventSource { constructor(at) { super(at); window.source = this; } }`}); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(v.base + "/tests/" + test + "/results/" + result))
	b.until(`document.querySelectorAll('.charts canvas').length > 2`)
	b.until(`/^[1-9]/.test(document.getElementById('value-2').innerText)`)
	b.do(chromedp.Reload())
	b.until(`document.querySelectorAll('.charts canvas').length > 2`)
	const drawn = `(() => { const head = document.querySelector('.chart'); head.focus(); return head.closest('.panel').querySelectorAll('.key b').length; })()`
	if n := says[int](b, drawn); n < 2 {
		t.Errorf("the first chart has %d lines", n)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`window.source.dispatchEvent(new MessageEvent('mark', {data: '{"leg":0,"mark":{"at":0.5,"text":"killed <b>"}}'}))`))
	if text := says[string](b, `document.querySelector('.happened li').innerText`); !strings.Contains(text, "killed <b>") {
		t.Errorf("a mark is listed as %q", text)
	}
	b.inspect("run")
	queue := open(t, browser, v.base+"/runs")
	queue.until(`document.querySelectorAll('tbody tr').length === 2`)
	queue.inspect("runs-two")
	b.press("Stop")
	b.until(`document.querySelector('iframe.report')`)
	if found := v.await(test, result); found["success"].(float64) < 60 {
		t.Errorf("the run came to %v", found)
	}
	if found := v.await(member(waits, "test_id"), member(waits, "result_id")); found["success"] != 5.0 {
		t.Errorf("the run that waited came to %v", found)
	}
	b.quiet()
}
