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

// An answer that is no count of rows by host is told as such: taken for one, it would be an
// empty table that lost every row, or a number that no run can hold.
func TestWhatIsNoCount(t *testing.T) {
	end := []byte{0xfe, 0, 0, 2, 0}
	for name, answer := range map[string]func(*peer){
		"an answer without a result": func(p *peer) { p.send([]byte{0, 0, 0, 2, 0, 0, 0}) },
		"one column":                 func(p *peer) { p.columns(1); p.send(row("web")); p.send(end) },
		"three columns":              func(p *peer) { p.columns(3); p.send(row("web", "1", "2")); p.send(end) },
		"no whole number":            func(p *peer) { p.columns(2); p.send(row("web", "1.5")); p.send(end) },
		"NULL":                       func(p *peer) { p.columns(2); p.send(append(row("web"), 0xfb)); p.send(end) },
		"less than none":             func(p *peer) { p.columns(2); p.send(row("web", "-1")); p.send(end) },
		"more than there can be":     func(p *peer) { p.columns(2); p.send(row("web", "9223372036854775807")); p.send(end) },
		"so many that they overflow": func(p *peer) {
			p.columns(2)
			p.send(row("web", "562949953421312"))
			p.send(row("web", "9223372036854775807"))
			p.send(end)
		},
	} {
		_, err := Open(t.Context(), Config{DSN: serve(t, answer), Table: "dados", Column: "Host"})
		if err == nil || !strings.Contains(err.Error(), "is no count of rows by host") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A greeting or an answer to the password that breaks off anywhere is told as what it is.
func TestGreetingsThatBreakOff(t *testing.T) {
	for length := range len(greeting) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p := &peer{conn: conn, in: bufio.NewReader(conn)}
			p.send([]byte(greeting[:length]))
			p.read()
			p.send([]byte{0xfe, 'm'}) // another way to log in, cut short
			p.conn.Close()
		}()
		_, err = Open(t.Context(), Config{DSN: fmt.Sprintf("root:x@tcp(%s)/meubanco", l.Addr()), Table: "dados", Column: "Host"})
		if _, ok := errors.AsType[*Error](err); !ok {
			t.Errorf("%d bytes: error %v is no *Error", length, err)
		}
		l.Close()
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

// greeting is what a server says first.
const greeting = "\x0a8.0.0\x00\x01\x00\x00\x00" + // version, connection
	"12345678\x00" + // salt
	"\x0f\xa2\x2d\x02\x00\x08\x00\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + // capabilities, UTF-8, status
	"123456789012\x00mysql_native_password\x00"

// talk lets the client in, agrees to everything and answers the count.
func (p *peer) talk(answer func(*peer)) {
	p.send([]byte(greeting))
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
