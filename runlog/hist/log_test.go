package hist_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog/hist"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type fataler interface {
	Helper()
	Fatal(...any)
}

func write(t fataler, ivs ...hist.Interval) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := hist.NewLogWriter(&b, start)
	for _, iv := range ivs {
		err = errors.Join(err, w.Write(iv))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (ivs []hist.Interval, err error) {
	r := hist.NewLogReader(bytes.NewReader(b))
	for {
		iv, err := r.Next()
		if err == io.EOF {
			return ivs, nil
		} else if err != nil {
			return ivs, err
		}
		h := hist.New()
		h.Add(iv.Bars)
		ivs = append(ivs, hist.Interval{Tag: iv.Tag, Start: iv.Start, Length: iv.Length, Hist: h})
	}
}

func TestLogRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		w, err := hist.NewLogWriter(&b, start)
		if err != nil {
			t.Fatal(err)
		}
		var want []hist.Interval
		for range rapid.IntRange(0, 3).Draw(t, "intervals") {
			iv := hist.Interval{
				Tag:    rapid.SampledFrom([]string{"", "response", "request.0", "request.12"}).Draw(t, "tag"),
				Start:  time.Duration(rapid.Int64Range(0, 48*3600*1000).Draw(t, "start")) * time.Millisecond,
				Length: time.Duration(rapid.Int64Range(1, 1000).Draw(t, "length")) * time.Millisecond,
				Hist:   of(times(t, "times", 0)...),
			}
			if err := w.Write(iv); err != nil {
				t.Fatal(err)
			}
			want = append(want, iv)
		}
		got, err := read(b.Bytes())
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d of %d intervals: %v", len(got), len(want), err)
		}
		for i := range got {
			if got[i].Tag != want[i].Tag || got[i].Start != want[i].Start || got[i].Length != want[i].Length || !same(got[i].Hist, want[i].Hist) {
				t.Fatalf("interval %d: got %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}

// The log is the public format: the library's own reader gives the same.
func TestLogIsReadByOthers(t *testing.T) {
	b := write(t, hist.Interval{Tag: "response", Start: 3 * time.Second, Length: time.Second, Hist: of(time.Millisecond, time.Second)})
	h, err := hdr.NewHistogramLogReader(bytes.NewReader(b)).NextIntervalHistogram()
	if err != nil || h.Tag() != "response" || h.TotalCount() != 2 {
		t.Fatalf("%v, %v", h, err)
	}
}

func TestStampsOnOtherScales(t *testing.T) {
	line := strings.SplitAfter(string(write(t, hist.Interval{Start: 3 * time.Second, Length: time.Second, Hist: of(1)})), "\n")[3]
	payload := line[strings.LastIndex(line, ",")+1:]
	for name, log := range map[string]string{
		"absolute":      "#[StartTime: 1000000000.5 (seconds since epoch), then]\n1000000003.5,1.0,0.0," + payload,
		"base":          "#[StartTime: 1000000000 (seconds since epoch), then]\n#[BaseTime: 999999990 (seconds since epoch)]\n13.0,1.0,0.0," + payload,
		"relative":      "#[StartTime: 1000000000 (seconds since epoch), then]\n3.0,1.0,0.0," + payload,
		"without start": "3.0,1.0,0.0," + payload,
	} {
		ivs, err := read([]byte(log))
		if err != nil || len(ivs) != 1 || ivs[0].Start != 3*time.Second || ivs[0].Length != time.Second {
			t.Errorf("%s: %v, %v", name, ivs, err)
		}
	}
}

func TestDamagedLines(t *testing.T) {
	good := string(write(t, hist.Interval{Tag: "a", Length: time.Second, Hist: of(1, 2, 3)}))
	lines := strings.SplitAfter(good, "\n")
	line := lines[len(lines)-2]
	fields := strings.Split(strings.TrimSpace(line), ",")
	many := hdr.New(100, int64(hist.Max), 3)
	if err := many.RecordValues(5, 1<<62); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty line":       "\n",
		"text":             "no interval at all\n",
		"tag alone":        "Tag=a\n",
		"field missing":    strings.Join(fields[:4], ",") + "\n",
		"field too many":   "1," + line,
		"negative":         "-1,1,1," + fields[4] + "\n",
		"no number":        "1,NaN,1," + fields[4] + "\n",
		"beyond all time":  "1,1e300,1," + fields[4] + "\n",
		"payload cut":      line[:len(line)-10] + "\n",
		"payload flipped":  line[:len(line)-10] + "AAAA" + line[len(line)-6:],
		"payload no text":  "1,1,1,\n",
		"too many records": "1,1,1," + encoded(t, many) + "\n",
		"too long":         strings.Repeat("1", 2<<20) + "\n",
	} {
		ivs, err := read([]byte(good + bad + line))
		if err == nil || len(ivs) != 1 {
			t.Errorf("%s: %d intervals, %v", name, len(ivs), err)
		}
	}
	if _, err := read([]byte("1,1,1," + encoded(t, hdr.New(1, 1000, 2)))); !errors.Is(err, hist.ErrGeometry) {
		t.Errorf("another geometry: %v", err)
	}
}

func encoded(t *testing.T, h *hdr.Histogram) string {
	t.Helper()
	b, err := h.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTagsThatWouldBreakTheLog(t *testing.T) {
	w, err := hist.NewLogWriter(io.Discard, start)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"a,b", "a,", ",", " a", "a\n", "a\rb"} {
		if err := w.Write(hist.Interval{Tag: tag, Hist: of(1)}); err == nil {
			t.Errorf("tag %q was written", tag)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }
func (broken) Read([]byte) (int, error)  { return 0, errors.New("disk gone") }

func TestLogPassesErrorsOn(t *testing.T) {
	if _, err := hist.NewLogWriter(broken{}, start); err == nil {
		t.Error("wrote to a full disk")
	}
	if _, err := hist.NewLogReader(broken{}).Next(); err == nil || err == io.EOF {
		t.Errorf("read from a lost disk: %v", err)
	}
}

func FuzzLogReader(f *testing.F) {
	good := write(f,
		hist.Interval{Tag: "response", Length: time.Second, Hist: of(time.Millisecond, time.Second)},
		hist.Interval{Tag: "lag", Start: time.Second, Length: time.Second, Hist: of(0)})
	f.Add(good)
	f.Add(good[:len(good)-20])
	f.Add([]byte("#[StartTime: x\n#[BaseTime: 1e400 \n"))
	f.Add([]byte("Tag=,,,,"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ivs, _ := read(b) // damage is an error, never a panic
		if len(ivs) > bytes.Count(b, []byte{'\n'})+1 {
			t.Fatalf("%d intervals from %d bytes", len(ivs), len(b))
		}
		all := hist.New()
		for _, iv := range ivs {
			all.Merge(iv.Hist)
			if q := iv.Hist.Quantile(0.5); q < 0 {
				t.Fatalf("median %v", q)
			}
		}
	})
}

// Readers place intervals by the start of the log, which is seldom a whole second.
func TestTheStartKeepsItsMilliseconds(t *testing.T) {
	var b bytes.Buffer
	begun := time.Date(2026, 11, 25, 16, 34, 45, 784_500_000, time.UTC)
	w, err := hist.NewLogWriter(&b, begun)
	if err != nil {
		t.Fatal(err)
	}
	if want := "\n#[StartTime: 1795624485.784 (seconds since epoch), 2026-11-25T16:34:45Z]\n"; !strings.Contains(b.String(), want) {
		t.Errorf("the log begins\n%s", b.String())
	}
	if err := w.Write(hist.Interval{Tag: "response", Start: time.Second, Length: time.Second, Hist: of(time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	h, err := hdr.NewHistogramLogReader(&b).NextIntervalHistogram()
	if err != nil || h.StartTimeMs() != begun.Add(time.Second).UnixMilli() && h.StartTimeMs() != 1000 {
		t.Errorf("the library reads an interval from %v on, %v", h, err)
	}
	if ivs, err := read(b.Bytes()); err != nil || len(ivs) > 0 {
		t.Error("the library left something unread")
	}
}
