package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// What a hostile or broken server does with the count that it is asked for.
var hostile = map[string]func(*peer){
	"rows for ever":    func(p *peer) { p.columns(2); p.forever(row("web", "1")) },
	"hosts for ever":   func(p *peer) { p.columns(2); p.different() },
	"an essay, rows":   func(p *peer) { p.columns(2); p.send(row(strings.Repeat("x", 2000), "1")); p.forever(row("a", "1")) },
	"no number, rows":  func(p *peer) { p.columns(2); p.forever(row("web", "many")) },
	"columns for ever": func(p *peer) { p.send([]byte{250}); p.forever(column()) },
	"results for ever": func(p *peer) { p.forever([]byte{0, 0, 0, 8, 0, 0, 0}) },
	"no word":          func(*peer) {},
	"half a packet":    func(p *peer) { p.raw([]byte{0xff, 0xff, 0xff, 1, 2}) },
	"half a result":    func(p *peer) { p.columns(2); p.send(row("web", "1")) },
	"the hang-up":      func(p *peer) { p.conn.Close() },
}

// Every count ends, soon after its time at the latest, however much of a result there
// still is.
func TestHostileServers(t *testing.T) {
	for name, answer := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(t.Context(), Config{DSN: serve(t, answer), Table: "dados", Column: "Host", Timeout: time.Millisecond})
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("error %v is no *Error", err)
			}
		})
	}
}

// An interrupt ends a count that has an hour's time, wherever it stands.
func TestInterruptsEndACount(t *testing.T) {
	for name, answer := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			dsn := serve(t, func(p *peer) { time.AfterFunc(50*time.Millisecond, cancel); answer(p) })
			_, err := Open(ctx, Config{DSN: dsn, Table: "dados", Column: "Host", Timeout: time.Hour})
			if err == nil || ctx.Err() == nil && errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// peer is a server of MySQL's protocol that says whatever a test wants.
// https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html
type peer struct {
	conn net.Conn
	in   *bufio.Reader
	seq  byte
	err  error
}

func serve(t *testing.T, answer func(*peer)) (dsn string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go (&peer{conn: conn, in: bufio.NewReader(conn)}).talk(answer)
		}
	}()
	return fmt.Sprintf("root:x@tcp(%s)/meubanco", l.Addr())
}

// talk lets the client in, agrees to everything and answers the count.
func (p *peer) talk(answer func(*peer)) {
	hello := append([]byte("\x0a8.0.0\x00"), 1, 0, 0, 0)                                   // version, connection
	hello = append(hello, "12345678\x00"...)                                               // salt
	hello = append(hello, 0x0f, 0xa2, 45, 2, 0, 0x08, 0, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // capabilities, UTF-8, status
	p.send(append(hello, "123456789012\x00mysql_native_password\x00"...))
	ok := []byte{0, 0, 0, 2, 0, 0, 0}
	for p.err == nil {
		said := p.read()
		switch {
		case strings.Contains(string(said), "SELECT"):
			answer(p)
		case p.err == nil:
			p.send(ok)
		}
	}
}

func (p *peer) read() []byte {
	var head [4]byte
	if _, p.err = io.ReadFull(p.in, head[:]); p.err != nil {
		return nil
	}
	said := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, p.err = io.ReadFull(p.in, said)
	p.seq = head[3] + 1
	return said
}

func (p *peer) raw(b []byte) {
	if p.err == nil {
		_, p.err = p.conn.Write(b)
	}
}

func (p *peer) send(packet []byte) {
	p.raw(append([]byte{byte(len(packet)), byte(len(packet) >> 8), 0, p.seq}, packet...))
	p.seq++
}

func (p *peer) forever(packet []byte) {
	for p.err == nil {
		p.send(packet)
	}
}

func (p *peer) different() {
	for i := 0; p.err == nil; i++ {
		p.send(row(fmt.Sprint("host-", i), "1"))
	}
}

func (p *peer) columns(n int) {
	p.send([]byte{byte(n)})
	for range n {
		p.send(column())
	}
	p.send([]byte{0xfe, 0, 0, 2, 0})
}

func column() []byte {
	c := append([]byte("\x03def\x00\x00\x00"), 1, 'h', 0)
	return append(c, 12, 45, 0, 255, 0, 0, 0, 253, 0, 0, 0, 0, 0)
}

func row(values ...string) (packet []byte) {
	for _, v := range values {
		if len(v) > 250 {
			packet = append(packet, 252, byte(len(v)), byte(len(v)>>8))
		} else {
			packet = append(packet, byte(len(v)))
		}
		packet = append(packet, v...)
	}
	return packet
}
