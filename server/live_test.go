package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

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
	ctx, end := context.WithCancel(v.t.Context())
	defer end()
	r, err := http.NewRequestWithContext(ctx, "GET", v.base+"/tests/"+test+"/results/"+result+"/events", nil)
	if err != nil {
		v.t.Fatal(err)
	}
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
	_, begun := v.ask("POST", "/v2/tests", "application/json", `{"test_type":"per-second","total":40,"duration":5,"urls":[{"url":"`+target+`/"}]}`)
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
	whole := a.Legs[0].WholeSeconds()
	if len(whole) < 5 {
		t.Fatalf("%d whole seconds", len(whole))
	}
	for i := range whole[:5] {
		p, s := &whole[i], seconds[int(whole[i].Begins())]
		for name, want := range map[string]float64{"success": float64(p.Outcomes.Success), "sent": float64(p.Sent), "p50": p.P50, "p95": p.P95, "lag": p.LagP99, "active": float64(p.Active)} {
			got, ok := s.Values[name]
			if !ok || got == nil || math.Abs(*got-want) > 0.006*want {
				t.Errorf("second %d: %s was told as %v, and is %v", i, name, got, want)
			}
		}
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
	b := open(t, browser, v.base+"/tests/"+test+"/results/"+result)
	b.until(`document.querySelectorAll('.charts canvas').length > 2`)
	b.until(`/^[1-9]/.test(document.getElementById('value-2').innerText)`)
	b.do(chromedp.Reload())
	b.until(`document.querySelectorAll('.charts canvas').length > 2`)
	const drawn = `(() => { const head = document.querySelector('.chart'); head.focus(); return head.closest('.panel').querySelectorAll('.key b').length; })()`
	if n := says[int](b, drawn); n < 2 {
		t.Errorf("the first chart has %d lines", n)
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
