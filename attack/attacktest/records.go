package attacktest

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/runlog"
)

// recordCases are about records of TLS 1.3 that crypto/tls as a server does not send.
var recordCases = map[string]func(*testing.T, suite){
	// Now and then a server changes its keys, and asks for the client's to be changed. Empty records
	// hide how long an answer is.
	"new keys and empty records within an answer": func(t *testing.T, s suite) {
		srv := s.forging(t, func(f *forger) {
			for n := 0; f.request() != nil; n++ {
				f.record(applicationData, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello,")
				f.renewKeys(n%2 == 1)
				f.record(applicationData, "")
				f.record(applicationData, " world")
			}
		})
		if srv == nil {
			return
		}
		job := attack.Job{Target: srv.url, Requests: get("/")}
		job.Requests[0].Expect.Body = "hello, world"
		l := s.loop(t, 2, 10, job)
		l.all(t, runlog.Success, l.Sent)
		if srv.conns.Load() != 2 {
			t.Errorf("%d connections of 2 clients", srv.conns.Load())
		}
	},

	"records that no server may send": func(t *testing.T, s suite) {
		for reason, hostile := range map[string]func(*forger){
			"tls: too many non-advancing records": func(f *forger) {
				for range 100 {
					f.renewKeys(true)
				}
			},
			"tls: too many ignored records": func(f *forger) {
				for range 100 {
					f.record(applicationData, "")
				}
			},
			"tls: oversized record":   func(f *forger) { f.send("\x17\x03\x03\xff\xff") },
			"tls: bad record MAC":     func(f *forger) { f.send("\x17\x03\x03\x00\x20" + strings.Repeat("x", 32)) },
			"tls: unexpected message": func(f *forger) { f.record(99, "what is this?") },
			"tls: internal error":     func(f *forger) { f.record(alert, "\x02\x50") },
		} {
			srv := s.forging(t, func(f *forger) {
				if f.request() != nil {
					f.record(applicationData, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello,")
					hostile(f)
					f.wait()
				}
			})
			if srv == nil {
				return
			}
			l := s.run(t, attack.Job{Plan: clients(t, 3, 10*time.Millisecond), Target: srv.url, Requests: get("/")})
			l.all(t, runlog.Network, 3)
			if got := l.reason(t); got != reason {
				t.Errorf("%q, want %q", got, reason)
			}
		}
	},
}

// The types of content that a record may have (RFC 8446, B.1).
const (
	alert           = 21
	handshake       = 22
	applicationData = 23
)

// forger is the server's end of a connection whose handshake crypto/tls has made. It seals records of
// its own behind that (RFC 8446, 5.2).
type forger struct {
	*peer
	secret []byte // the server's traffic secret
	n      uint64 // records sealed with it
}

// forging is bare with a forger on every connection. It is nil for a version of TLS before 1.3.
func (s suite) forging(t *testing.T, talk func(*forger)) *server {
	t.Helper()
	if s.tls.MaxVersion == tls.VersionTLS12 {
		return nil
	}
	srv := suite{}.bare(t, func(p *peer) {
		var keys bytes.Buffer
		config := s.tls.Clone()
		config.KeyLogWriter, config.SessionTicketsDisabled = &keys, true
		c := tls.Server(p.Conn, config)
		if c.Handshake() != nil {
			return
		}
		_, logged, _ := strings.Cut(keys.String(), "SERVER_TRAFFIC_SECRET_0 ")
		secret, err := hex.DecodeString(strings.Fields(logged)[1])
		if err != nil || c.ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
			t.Errorf("secret %q, error %v, cipher suite %x", secret, err, c.ConnectionState().CipherSuite)
			return
		}
		talk(&forger{peer: &peer{Conn: c, s: p.s, in: bufio.NewReader(c)}, secret: secret})
	})
	srv.url.Scheme = "https"
	return srv
}

// record sends a record of some content.
func (f *forger) record(kind byte, content string) {
	block, err := aes.NewCipher(f.derive("key", 16))
	if err != nil {
		panic(err)
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	nonce := f.derive("iv", 12)
	binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^f.n)
	f.n++
	head := []byte{applicationData, 3, 3, 0, 0}
	binary.BigEndian.PutUint16(head[3:], uint16(len(content)+1+sealer.Overhead()))
	f.send(string(head) + string(sealer.Seal(nil, nonce, append([]byte(content), kind), head)))
}

// renewKeys sends a KeyUpdate, which may ask for one of the client, and goes on with new keys.
func (f *forger) renewKeys(both bool) {
	request := "\x00"
	if both {
		request = "\x01"
	}
	f.record(handshake, "\x18\x00\x00\x01"+request)
	f.secret, f.n = f.derive("traffic upd", sha256.Size), 0
}

// send writes below TLS.
func (f *forger) send(bytes string) { f.tcp().Write([]byte(bytes)) }

// derive is HKDF-Expand-Label of the secret, without a context (RFC 8446, 7.1).
func (f *forger) derive(label string, size int) []byte {
	info := string([]byte{0, byte(size), byte(len("tls13 ") + len(label))}) + "tls13 " + label + "\x00"
	out, err := hkdf.Expand(sha256.New, f.secret, info, size)
	if err != nil {
		panic(err)
	}
	return out
}
