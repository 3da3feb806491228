package loaderio

import (
	"encoding/json"
	"math"
	"net/url"
	"reflect"
	"testing"

	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/store"
)

// avg_error_rate is in percent, of all requests: two examples of loader.io's documentation.
func TestFiguresAreLoaderIOs(t *testing.T) {
	for _, c := range []struct {
		success, timeouts uint64
		rate              float64
	}{{3029124, 38, 0.00125447}, {3775784, 119, 0.00315156}} {
		r := store.Run{State: store.Ended, Summary: &store.Summary{Totals: store.Totals{
			Outcomes: runlog.Outcomes{Success: c.success, Timeout: c.timeouts}, ResponseMS: 12.5,
		}}}
		f := new(API).resultOf(r).(found)
		if math.Abs(f.AvgErrorRate-c.rate) > 5e-9 || f.TimeoutError != c.timeouts || f.AvgResponse != 13 {
			t.Errorf("%d successes and %d timeouts are %+v, want a rate of %v", c.success, c.timeouts, f, c.rate)
		}
	}
}

func TestFormsAreNested(t *testing.T) {
	got, err := form(url.Values{
		"name": {"a"}, "total": {"5"}, "urls[0][url]": {"http://a/"}, "urls[0][headers][Accept]": {"*/*"}, "urls[1][url]": {"http://b/"}, "tag_names[]": {"x", "y"},
	})
	want := asked{
		"name": "a", "total": json.Number("5"), "tag_names": []any{"x", "y"},
		"urls": []any{map[string]any{"url": "http://a/", "headers": map[string]any{"Accept": "*/*"}}, map[string]any{"url": "http://b/"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{"a=b", "urls[][url]=a&urls[][url]=b", "urls[0][a]=1&urls[0]=2", "[", "a[=b", "a]=b", "a[[]]=c", "urls[-1]=2", "urls[1e3]=2", "duration=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		values, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		in, err := form(values)
		if err != nil {
			return
		}
		if _, err := json.Marshal(in); err != nil {
			t.Errorf("%q becomes what is no JSON: %v", s, err)
		}
	})
}
