package rawhttp

import (
	"bytes"
	"crypto/tls"
	"net"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stress-tool/stress/internal/authority"
)

// A session returns what was sent, however the bytes of its records are cut on their way.
func TestRecordsCutAtEveryByte(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			l := newLine(t, version)
			for at := 0; ; at++ {
				records := l.seal(t, []byte("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), []byte("hello, world"))
				if at > len(records) {
					return
				}
				got := append(l.carry(t, records[:at]), l.carry(t, records[at:])...)
				if want := "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world"; string(got) != want {
					t.Fatalf("cut at %d: %q, want %q", at, got, want)
				}
			}
		})
	}
}

// The cuts are the sizes of what arrives at a time, less 1; the rest arrives at once.
func FuzzRecordsInPieces(f *testing.F) {
	f.Add([]byte("hello"), []byte(", world"), []byte{0, 4, 1, 200})
	f.Add(bytes.Repeat([]byte("x"), 40_000), []byte{}, []byte{255, 255, 0})
	l := newLine(f, tls.VersionTLS13) // one for all: a handshake takes as long as a hundred answers
	f.Fuzz(func(t *testing.T, first, second, cuts []byte) {
		records, want := l.seal(t, first, second), append(first, second...)
		var got []byte
		for _, cut := range cuts {
			n := min(int(cut)+1, len(records))
			got = append(got, l.carry(t, records[:n])...)
			records = records[n:]
		}
		if got = append(got, l.carry(t, records)...); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes arrived of %d", len(got), len(want))
		}
	})
}

// An idle connection holds what crypto/tls keeps of its keys and of the server's certificate, and room
// for a record like its last.
func TestMemoryOfAnIdleSession(t *testing.T) {
	const n, most = 200, 16 << 10
	heap := func() int {
		runtime.GC()
		runtime.GC() // what pools held
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	sessions := make([]*session, n)
	before := heap()
	for i := range sessions {
		l := newLine(t, tls.VersionTLS13)
		l.carry(t, l.seal(t, []byte("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello, world")))
		sessions[i] = l.session
		sessions[i].below.receiver = nil // the loop's
	}
	each := (heap() - before) / n
	t.Logf("%d bytes each", each)
	if each > most {
		t.Errorf("an idle session holds %d bytes, want at most %d", each, most)
	}
	runtime.KeepAlive(sessions)
}

// line is a session and its server, whose records are carried by hand.
type line struct {
	session *session
	server  *tls.Conn
	held    *holder
}

// holder is the server's socket, which keeps what is written once it is closed.
type holder struct {
	net.Conn
	closed  bool
	records []byte
}

func (h *holder) Write(p []byte) (int, error) {
	if !h.closed {
		return h.Conn.Write(p)
	}
	h.records = append(h.records, p...)
	return len(p), nil
}

// lineKey is the certificate of every server.
var lineKey = func() tls.Certificate {
	a, err := authority.New()
	if err != nil {
		panic(err)
	}
	return a.Certificate
}()

func newLine(t testing.TB, version uint16) *line {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]) })
	file := os.NewFile(uintptr(fds[1]), "server")
	far, err := net.FileConn(file)
	file.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	l := &line{held: &holder{Conn: far}}
	l.session = newSession(fds[0], &tls.Config{InsecureSkipVerify: true}, newReceiver(), make(chan struct{}, 1))
	l.server = tls.Server(l.held, &tls.Config{Certificates: []tls.Certificate{lineKey}, MaxVersion: version, DynamicRecordSizingDisabled: true})
	served, connected := make(chan error, 1), make(chan error, 1)
	go func() { served <- l.server.Handshake() }()
	go func() {
		_, err := l.session.below.handshake.run(l.session)
		connected <- err
	}()
	for over := false; !over; runtime.Gosched() {
		select {
		case err = <-connected:
			over = true
		default:
			l.session.below.handshake.note()
		}
	}
	if far := <-served; err != nil || far != nil {
		t.Fatalf("handshake: %v, of the server %v", err, far)
	}
	l.session.below.handshake, l.held.closed = nil, true
	return l
}

// seal returns the records of some texts, each of which begins one of its own.
func (l *line) seal(t *testing.T, texts ...[]byte) []byte {
	t.Helper()
	l.held.records = nil
	for _, text := range texts {
		if _, err := l.server.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	return l.held.records
}

// carry lets some bytes arrive and returns all that the session has of them.
func (l *line) carry(t *testing.T, arriving []byte) []byte {
	t.Helper()
	var got []byte
	for more := true; more; more = len(arriving) > 0 {
		n := min(len(arriving), 16<<10) // fits the socket
		if _, err := l.held.Conn.Write(arriving[:n]); err != nil {
			t.Fatal(err)
		}
		arriving = arriving[n:]
		l.session.below.event(false)
		buffer := make([]byte, receiveSize)
		data, _, err := l.session.read(buffer)
		for ; err == nil && len(data) > 0; data, _, err = l.session.read(buffer) {
			got = append(got, data...)
		}
		if err != unix.EAGAIN {
			t.Fatalf("%v after %q", err, got)
		}
	}
	return got
}
