package rawhttp

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/capture"
	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/attack/wire"
)

// What a request costs more by itself, the kernel aside, that has a value of a feed and one of the header of the
// answer before it: its bytes are put together, and the head of its answer is parsed and not taken from
// the cache.
func BenchmarkExchange(b *testing.B) {
	rows, err := feed.Read(strings.NewReader("user,city\n"+strings.Repeat("ana@example.com,Lisboa\n", 1000)), feed.Shape{Format: feed.CSV, Source: "users.csv"})
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	names := template.Names{}
	for i, v := range rows.Tables[0].Values(feed.Sequential, 0, 0) {
		names[rows.Columns()[i]] = v
	}
	job := attack.Job{
		Target: &url.URL{Scheme: "http", Host: "127.0.0.1"}, Values: names, Settings: attack.Settings{Timeout: time.Second},
		Requests: []attack.Request{
			{Name: "one", Path: "/", Captures: []capture.Capture{{Name: "token", Header: "X-Token"}}},
			{Name: "two", Path: "/orders/{{token}}?user={{user}}"},
		},
	}
	rs, err := wire.Prepare(job, "")
	if err != nil {
		b.Fatal(err)
	}
	var written bytes.Buffer
	if err := rs[1].Build(context.Background(), nil, 0).Write(&written); err != nil {
		b.Fatal(err)
	}
	answered := []byte("HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Thu, 26 Nov 2026 18:00:00 GMT\r\nContent-Type: text/html\r\nX-Token: 0123456789abcdef\r\nContent-Length: 0\r\n\r\n")
	b.Run("plain", func(b *testing.B) {
		p, q := new(parser), question{wanted: []string{"Content-Encoding", "Set-Cookie"}, cache: new(headCache)}
		b.ReportAllocs()
		for b.Loop() {
			p.reset(q)
			if e, _, _, err := p.next(answered); e != gotHead || err != nil {
				b.Fatal(e, err)
			}
		}
	})
	b.Run("feed and capture", func(b *testing.B) {
		p, q := new(parser), question{wanted: []string{"Content-Encoding", "Set-Cookie"}, captured: rs[0].Captures.Headers(), cache: new(headCache)}
		pieces, values, head := rs[1].Encoding(written.Bytes()), new(capture.Values), new(answer)
		var message, room []byte
		b.ReportAllocs()
		for n := uint64(0); b.Loop(); n++ {
			p.reset(q)
			if e, _, _, err := p.next(answered); e != gotHead || err != nil {
				b.Fatal(e, err)
			}
			*head = answer{head: &p.head}
			if missing := rs[0].Captures.FromHead(head, values); missing != nil {
				b.Fatal(missing.Reason())
			}
			message, room = pieces.Append(message[:0], room, template.Turn{Number: n, Captured: values}, n)
		}
		if !bytes.HasPrefix(message, []byte("GET /orders/0123456789abcdef?user=ana%40example.com HTTP/1.1\r\n")) {
			b.Errorf("%s", message)
		}
	})
}
