package wire_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/claim"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/attack/wire"
)

// written is a message as net/http writes it.
func written(t interface{ Fatal(...any) }, m *wire.Message, number uint64) string {
	var b bytes.Buffer
	if err := m.Build(context.Background(), nil, number).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The bytes that are put together for a turn are those that net/http writes of its message, whatever
// varies and whether or not the request has a name.
func TestEncodingsAreWhatNetHTTPWrites(t *testing.T) {
	texts := rapid.SampledFrom([]string{"", "a", "{{$client}}", "x%{1:100000:333}y", "{{$uuid}}/{{$random:1:1000000}}", "%{9, 10}%{99, 100, 5}", "{{any}}", `{"a":"{{any}}"}`, "{{any}} {{any}}", "b {{any}} c"})
	rapid.Check(t, func(t *rapid.T) {
		any := anything(rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "any"))
		plain := anything(rapid.StringOfN(rapid.SampledFrom([]rune(" \tpé")), 0, 4, -1).Draw(t, "plain"))
		kind := rapid.SampledFrom([]string{"", "application/json; charset=utf-8", "application/x-www-form-urlencoded", "text/plain"}).Draw(t, "type")
		r := attack.Request{
			Name: "one", Method: rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "method"), Claims: 1,
			Path:   "/" + texts.Draw(t, "path") + "?q=" + texts.Draw(t, "query"),
			Header: http.Header{"X-A": {strings.ReplaceAll(texts.Draw(t, "header"), "any", "plain")}, "Content-Type": {kind}},
			Body:   []byte(texts.Draw(t, "body") + texts.Draw(t, "more")), User: "u" + texts.Draw(t, "user"), Password: texts.Draw(t, "password"),
		}
		job := attack.Job{Target: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Settings: attack.Settings{Timeout: time.Second}, Requests: []attack.Request{r, r}, Values: template.Names{"any": any, "plain": plain}}
		if place := rapid.SampledFrom([]*claim.Place{nil, {Header: "A-Name"}, {Header: "Z-Name"}, {Query: "name"}}).Draw(t, "place"); place != nil {
			job.Names = &claim.Names{Place: *place, Leg: claim.NewLeg()}
		}
		rs, err := wire.Prepare(job, "")
		if err != nil {
			t.Fatal(err)
		}
		m := &rs[1].Message
		e := m.Encoding([]byte(written(t, m, 0)))
		var got, room []byte
		for range 3 {
			turn := template.Turn{Client: rapid.Uint64Range(0, 2000).Draw(t, "client"), Seed: 7}
			turn.Number = turn.Client
			number := rapid.Uint64Range(0, claim.Most).Draw(t, "number")
			got, room = e.Append(got[:0], room, turn, number)
			want := written(t, m.For(turn), number)
			if string(got) != want || strings.Contains(want, "{{") && !strings.Contains(string(any), "{") {
				t.Fatalf("got\n%s\nwant\n%s", got, want)
			}
		}
	})
}

// anything is a text that stands for a name.
type anything string

func (v anything) Append(b []byte, _ template.Turn, _ uint64) []byte { return append(b, v...) }

func (v anything) InHeader() error {
	if strings.ContainsAny(string(v), "\r\n\x00") {
		return errors.New("holds a line break, which no header may")
	}
	return nil
}

// What a header cannot hold is told before anything is sent; everywhere else it is escaped.
func TestValuesThatNoHeaderHolds(t *testing.T) {
	job := attack.Job{
		Target: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Settings: attack.Settings{Timeout: time.Second}, Values: template.Names{"v": anything("a\r\nHost: evil\r\n\r\n")},
		Requests: []attack.Request{{Name: "one", Method: "POST", Path: "/{{v}}?{{v}}", User: "{{v}}", Password: "x", Body: []byte(`{"a":"\"{{v}}", "b": 1}`)}},
	}
	rs, err := wire.Prepare(job, "")
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(written(t, rs[0].For(template.Turn{}), 0), "\r\n\r\n")
	if strings.Contains(head, "\nHost: evil") || body != `{"a":"\"a\u000D\u000AHost: evil\u000D\u000A\u000D\u000A", "b": 1}` {
		t.Errorf("%s\n\n%s", head, body)
	}
	job.Requests[0].Header = http.Header{"X-V": {"{{v}}"}}
	if _, err := wire.Prepare(job, ""); err == nil || !strings.Contains(err.Error(), `request "one": header "X-V": holds a line break`) {
		t.Error(err)
	}
}

// What a request costs more that has a value of each kind.
func BenchmarkEncoding(b *testing.B) {
	rs, err := wire.Prepare(attack.Job{
		Target: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Settings: attack.Settings{Timeout: time.Second},
		Requests: []attack.Request{{
			Name: "one", Method: "POST", Path: "/{{$client}}/%{1:1000, *:1-100}?id={{$uuid}}", Header: http.Header{"X-Pass": {"{{$pass}}"}},
			Body: []byte(`{"n": {{$random:1:100}}}`),
		}},
	}, "")
	if err != nil {
		b.Fatal(err)
	}
	m := &rs[0].Message
	e := m.Encoding([]byte(written(b, m, 0)))
	var message, room []byte
	b.ReportAllocs()
	for n := uint64(0); b.Loop(); n++ {
		message, room = e.Append(message[:0], room, template.Turn{Client: n, Number: n, Seed: 1}, n)
	}
}
