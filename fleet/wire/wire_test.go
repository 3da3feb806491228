package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/run"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/runlog/hist"
)

var sum = strings.Repeat("0", 64)

// samples are one of each message.
func samples(t interface{ Fatal(...any) }) map[string][]byte {
	h := hist.New()
	h.Record(5 * time.Millisecond)
	record, err := NewRecord(runlog.Second{T: 3, Sent: 1}, []hist.Interval{{Tag: runlog.TagResponse, Start: 3 * time.Second, Length: time.Second, Hist: h}, {Tag: runlog.TagRequest + "1", Start: 3 * time.Second, Length: time.Second, Hist: h}}, []runlog.Failure{{Reason: "x", Class: runlog.Network}})
	if err != nil {
		t.Fatal(err)
	}
	order := run.Order{Target: "a", Load: plan.Load{Type: plan.Rate, Rate: 3, Duration: time.Second}, Timeout: time.Second}
	all := map[string][]byte{}
	put := func(name string, b []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all[name] = b
	}
	b, err := Encode(Hello{Name: "n1", Oldest: 1, Newest: 1, Version: "1", Machine: runlog.Machine{OS: "linux"}})
	put("hello", b, err)
	b, err = Encode(Command{Protocol: 1, Run: "r", Ready: &Ready{Leg: 1, Order: order, Weights: []int{1, 1}}})
	put("ready", b, err)
	b, err = Encode(Command{Protocol: 1, Run: "r", Prepare: &Prepare{Bundle: Piece{Size: 3, SHA256: sum}, Files: []Piece{{Name: "f", SHA256: sum}}}})
	put("prepare", b, err)
	b, err = Encode(Answer{Digest: "d", Planned: 3})
	put("answer", b, err)
	b, err = Encode(record)
	put("record", b, err)
	b, err = Encode(End{Sent: 3, Seconds: 2, Duration: time.Second})
	put("end", b, err)
	b, err = Encode(Pages{Pages: []Page{{At: 1, Piece: make([]byte, 1024)}}})
	put("pages", b, err)
	b, err = Encode(Ordered{Order: order, Agents: []string{"n1", "n2"}, Weights: []int{1, 2}})
	put("ordered", b, err)
	b, err = Encode(Fetch{Name: "f", Offset: 7})
	put("fetch", b, err)
	return all
}

// again decodes a message and encodes it, and returns both forms.
func again[M checker](t *testing.T, b []byte) {
	m, err := Decode[M](b)
	if err != nil {
		return
	}
	second, err := Encode(m)
	if errors.Is(err, errSize) {
		return // escapes may make it longer
	} else if err != nil {
		t.Fatalf("%q was read and cannot be written: %v", b, err)
	}
	read, err := Decode[M](second)
	if err != nil || !reflect.DeepEqual(canonical(t, read), second) {
		t.Fatalf("%q is read as %+v, and that as %+v: %v", b, m, read, err)
	}
}

func canonical[M checker](t *testing.T, m M) []byte {
	b, err := Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever comes, a decoder refuses it or reads what it can write again, within bounds.
func FuzzDecode(f *testing.F) {
	for _, b := range samples(f) {
		f.Add(b)
	}
	f.Add([]byte(`{"second":{"t":-1},"latency":"VGFnPXJlc3BvbnNl"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		again[Hello](t, b)
		again[Command](t, b)
		again[Answer](t, b)
		again[Now](t, b)
		again[End](t, b)
		again[Pages](t, b)
		again[Fetch](t, b)
		again[Record](t, b)
		again[Ordered](t, b)
		r, err := Decode[Record](b)
		if err != nil {
			return
		}
		_ = r.Distributions(2, func(tag string, length time.Duration, bars hist.Bars) error {
			h := hist.New()
			h.Add(bars)
			if h.N() != bars.N() || strings.HasPrefix(tag, "agent.") || length > mostLength {
				t.Fatalf("tag %q, %v: %d of %d", tag, length, h.N(), bars.N())
			}
			return nil
		})
	})
}

// Each message is read as it was written.
func TestMessages(t *testing.T) {
	all := samples(t)
	if c, err := Decode[Command](all["ready"]); err != nil || c.Ready.Order.Load.Rate != 3 || c.Ready.Order.Timeout != time.Second {
		t.Errorf("%+v, %v", c, err)
	}
	r, err := Decode[Record](all["record"])
	if err != nil || r.Second.T != 3 || len(r.Failures) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	var tags []string
	if err := r.Distributions(2, func(tag string, _ time.Duration, bars hist.Bars) error {
		tags = append(tags, tag)
		return nil
	}); err != nil || len(tags) != 2 {
		t.Errorf("%v, %v", tags, err)
	}
	for _, tag := range []string{"agent.0.response", "agent.0", "a.b", "A", "-"} {
		odd := Record{Latency: bytes.ReplaceAll(r.Latency, []byte("Tag=response,"), []byte("Tag="+tag+","))}
		if err := odd.Distributions(2, func(string, time.Duration, hist.Bars) error { return nil }); err == nil {
			t.Errorf("a distribution %s", tag)
		}
	}
	later := Record{Latency: bytes.ReplaceAll(r.Latency, []byte("Tag=response,"), []byte("Tag=of-a-later-version.7,"))}
	if err := later.Distributions(2, func(string, time.Duration, hist.Bars) error { return nil }); err != nil {
		t.Errorf("a distribution of a later version: %v", err)
	}
	r.Latency = append(r.Latency, r.Latency...)
	if err := r.Distributions(2, func(string, time.Duration, hist.Bars) error { return nil }); err == nil {
		t.Error("a distribution that comes twice")
	}
}

// What is beyond the bounds is refused by whoever reads it.
func TestBounds(t *testing.T) {
	for what, c := range map[string]struct {
		decode func([]byte) error
		text   string
	}{
		"a name with a dot":       {into[Hello], `{"name":"a.b","oldest":1,"newest":1}`},
		"a name with a star":      {into[Hello], `{"name":"*","oldest":1,"newest":1}`},
		"no protocol":             {into[Hello], `{"name":"a"}`},
		"two commands":            {into[Command], `{"protocol":1,"run":"r","beat":{},"release":{}}`},
		"no command":              {into[Command], `{"protocol":1,"run":"r"}`},
		"no run":                  {into[Command], `{"protocol":1,"beat":{}}`},
		"a run with a wildcard":   {into[Command], `{"protocol":1,"run":">","beat":{}}`},
		"another protocol":        {into[Command], `{"protocol":9,"run":"r","beat":{}}`},
		"a part beyond all":       {into[Command], `{"protocol":1,"run":"r","ready":{"leg":1,"part":2,"weights":[1,1]}}`},
		"weights without end":     {into[Command], `{"protocol":1,"run":"r","ready":{"leg":1,"part":0,"weights":[99999999]}}`},
		"a huge file":             {into[Command], `{"protocol":1,"run":"r","prepare":{"bundle":{"size":9e18,"sha256":"` + sum + `"}}}`},
		"an offset before all":    {into[Fetch], `{"offset":-1}`},
		"a clock before all":      {into[Now], `{"mono_ns":-1}`},
		"a figure beyond all":     {into[Record], `{"second":{"cpu":1e300}}`},
		"an end before all":       {into[End], `{"seconds":-1}`},
		"a scenario of gigabytes": {into[Command], `{"protocol":1,"run":"r","prepare":{"bundle":{"size":1073741824,"sha256":"` + sum + `"}}}`},
		"too large":               {into[Answer], `{"error":"` + strings.Repeat("x", MostMessage) + `"}`},
		"a text without end":      {into[Answer], `{"error":"` + strings.Repeat("x", 100_000) + `"}`},
	} {
		if err := c.decode([]byte(c.text)); err == nil {
			t.Errorf("%s is read", what)
		}
	}
	if err := into[Hello]([]byte(`{"name":"a","oldest":1,"newest":7,"later":true}`)); err != nil {
		t.Errorf("a field of a later version: %v", err)
	}
	if _, err := Encode(Answer{Error: strings.Repeat("x", 100_000)}); err == nil {
		t.Error("what no reader takes is written")
	}
}

func into[M checker](b []byte) error { _, err := Decode[M](b); return err }

// Both sides take the newest protocol that both speak, and an agent of none is named.
func TestVersions(t *testing.T) {
	if p, err := Both("agent a", 1, 1); p != 1 || err != nil {
		t.Errorf("%d, %v", p, err)
	}
	if p, err := Both("agent a", Protocol, Protocol+1); p != Protocol || err != nil {
		t.Errorf("one version ahead: %d, %v", p, err)
	}
	_, err := Both("agent a", Protocol+1, Protocol+3)
	if err == nil || !strings.Contains(err.Error(), "agent a speaks protocol 2 to 4") {
		t.Errorf("%v", err)
	}
	if bytes.Contains([]byte(SecondSubject("r", 1, "a", 2)), []byte(" ")) {
		t.Error("a subject with a blank")
	}
}
