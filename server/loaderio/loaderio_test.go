package loaderio

import (
	"encoding/json"
	"math"
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
	for body, want := range map[string]asked{
		"name=a&total=5&urls[0][url]=http%3A%2F%2Fa%2F&urls[0][headers][Accept]=*%2F*&urls[1][url]=http://b/&tag_names[]=x&tag_names[]=y": {
			"name": "a", "total": 5.0, "tag_names": []any{"x", "y"},
			"urls": []any{map[string]any{"url": "http://a/", "headers": map[string]any{"Accept": "*/*"}}, map[string]any{"url": "http://b/"}},
		},
		// The C# client's own example: what stands behind a URL is of that one.
		"urls%5B%5D%5Burl%5D=http://h/1&urls%5B%5D%5Burl%5D=http://h/2&urls%5B%5D%5Brequest_type%5D=POST&urls%5B%5D%5Bcredentials%5D%5Blogin%5D=user&" +
			"urls%5B%5D%5Bcredentials%5D%5Bpassword%5D=pass&urls%5B%5D%5Bheaders%5D%5BA%5D=1&urls%5B%5D%5Bheaders%5D%5BB%5D=2": {
			"urls": []any{map[string]any{"url": "http://h/1"}, map[string]any{
				"url": "http://h/2", "request_type": "POST", "credentials": map[string]any{"login": "user", "password": "pass"}, "headers": map[string]any{"A": "1", "B": "2"},
			}},
		},
		"&&a=b=c&=x": {"a": "b=c"},
	} {
		got, err := form(body)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, %v, want %v", body, got, err, want)
		}
	}
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{
		"a=b", "urls[][url]=a&urls[][url]=b", "urls[][a][b]=1&urls[][a][b]=2&urls[][c]=3", "urls[][]=a&urls[][]=b", "urls[0][a]=1&urls[0]=2", "[", "a[=b", "a]=b", "a[[]]=c", "urls[-1]=2",
		"urls[1e3]=2", "urls[]=a&urls[][b]=c", "duration=x", "duration=00", "total=+5", "timeout=inf", "error_threshold=0x1p4", "%zz=1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in, err := form(s)
		if err != nil {
			return
		}
		if _, err := json.Marshal(in); err != nil {
			t.Errorf("%q becomes what is no JSON: %v", s, err)
		}
	})
}
