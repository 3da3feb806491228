package wire_test

import (
	"bytes"
	"context"
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
	texts := rapid.SampledFrom([]string{"", "a", "{{$client}}", "x%{1:100000:333}y", "{{$uuid}}/{{$random:1:1000000}}", "%{9, 10}%{99, 100, 5}"})
	rapid.Check(t, func(t *rapid.T) {
		r := attack.Request{
			Name: "one", Method: rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "method"), Claims: 1,
			Path:   "/" + texts.Draw(t, "path") + "?q=" + texts.Draw(t, "query"),
			Header: http.Header{"X-A": {texts.Draw(t, "header")}},
			Body:   []byte(texts.Draw(t, "body") + texts.Draw(t, "more")), User: "u" + texts.Draw(t, "user"), Password: texts.Draw(t, "password"),
		}
		job := attack.Job{Target: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Settings: attack.Settings{Timeout: time.Second}, Requests: []attack.Request{r, r}}
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
			if string(got) != want || strings.ContainsAny(want, "{}$") {
				t.Fatalf("got\n%s\nwant\n%s", got, want)
			}
		}
	})
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
