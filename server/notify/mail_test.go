package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/authority"
	"github.com/stress-tool/stress/report/reporttest"
	"github.com/stress-tool/stress/server/store"
)

// letter is a mail as the server of the test took it.
type letter struct {
	From string
	To   []string
	TLS  bool
	User any
	Data string
}

// mailServer starts Debian's aiosmtpd as a process of its own; its mails come in all.
func mailServer(t *testing.T, mode string) (port string, roots *tls.Config, all <-chan letter) {
	t.Helper()
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import aiosmtpd").Run() != nil {
		t.Skip("!!! LEFT OUT: there is no python3-aiosmtpd here: `make packages` installs it")
	}
	ca, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	issued, err := ca.Issue(time.Hour, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	cert, key, err := authority.PEM(issued)
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := errors.Join(err, os.WriteFile(certFile, cert, 0o600), os.WriteFile(keyFile, key, 0o600)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/smtp.py", mode, certFile, keyFile)
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe() // its end ends the server
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		t.Fatal("the mail server did not start")
	}
	port = lines.Text()
	heard := make(chan letter, 10)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			var l letter
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				t.Error(err)
			}
			heard <- l
		}
	}()
	t.Cleanup(func() {
		in.Close()
		<-read
		cmd.Wait()
	})
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	return port, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}, heard
}

// judgedRun is a store with a judged run of a test whose end somebody hears of by mail.
func judgedRun(t *testing.T, test store.Test) (*store.Store, store.Run, func(context.Context, store.Run) (*result.Analysis, error)) {
	t.Helper()
	a := reporttest.Recorded(t, "../../report/testdata/runs")["pair"]
	test.Mail = "Team <team@shop.example>, boss@shop.example"
	s, r := told(t, test)
	next, err := s.Ask(t.Context(), r.Test, store.ByAPI, time.Now(), false)
	if err == nil {
		err = s.End(t.Context(), next.ID, time.Now(), "", store.SummaryOf(a, result.IndexRun{Name: "x", Verdict: a.Verdict}))
	}
	if err != nil {
		t.Fatal(err)
	}
	if next, err = s.Run(t.Context(), next.ID); err != nil {
		t.Fatal(err)
	}
	return s, next, func(context.Context, store.Run) (*result.Analysis, error) { return a, nil }
}

// parts are the texts of a mail by their types.
func parts(t *testing.T, m *mail.Message) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		out[kind] = string(text)
	}
}

func TestMailGoesOverTLS(t *testing.T) {
	for mode, scheme := range map[string]string{"starttls": "smtp://user@", "tls": "smtps://user@", "none": "smtp+clear://"} {
		t.Run(mode, func(t *testing.T) {
			port, roots, all := mailServer(t, mode)
			password := "correct horse"
			if mode == "none" {
				password = ""
			}
			m, err := NewMailer(scheme+"127.0.0.1:"+port, password, "stress@shop.example")
			if err != nil {
				t.Fatal(err)
			}
			m.tls = roots
			s, r, judged := judgedRun(t, store.Test{Name: "Kasse <1>\r\nBcc: all@shop.example"})
			d := tried(t, &Notifier{Store: s, Mailers: &Mailers{Given: m}, Judged: judged, Base: "https://stress.example"}, r)
			if d.Done.IsZero() || d.Problem != "" {
				t.Fatalf("delivery %+v", d)
			}
			got := <-all
			for !strings.Contains(got.Data, d.ID) { // that of the run before
				got = <-all
			}
			if got.From != "stress@shop.example" || !slices.Equal(got.To, []string{"team@shop.example", "boss@shop.example"}) || got.TLS != (mode != "none") {
				t.Errorf("taken from %q for %q, TLS %v", got.From, got.To, got.TLS)
			}
			msg, err := mail.ReadMessage(strings.NewReader(got.Data))
			if err != nil {
				t.Fatal(err)
			}
			said, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
			if err != nil || !strings.HasPrefix(said, string(r.Verdict())+": Kasse <1>") || len(msg.Header["Bcc"]) > 0 {
				t.Errorf("subject %q, %v, header %v", said, err, msg.Header)
			}
			texts := parts(t, msg)
			for kind, want := range map[string]string{"text/plain": "p95", "text/html": "<table"} {
				if !strings.Contains(texts[kind], want) || !strings.Contains(texts[kind], "https://stress.example/reports/"+r.Test+"/results/"+r.Share) {
					t.Errorf("%s lacks %s or the address of the report:\n%s", kind, want, texts[kind])
				}
			}
		})
	}
}

// What goes wrong is kept without the password, and nothing goes in clear.
func TestMailThatIsNotTaken(t *testing.T) {
	for _, c := range []struct{ what, mode, scheme, password, says string }{
		{"a wrong password", "starttls", "smtp://user@", "wrong horse", "535"},
		{"no STARTTLS", "none", "smtp://user@", "correct horse", "STARTTLS"},
		{"a certificate of nobody", "tls", "smtps://user@", "correct horse", "certificate"},
	} {
		t.Run(c.what, func(t *testing.T) {
			port, roots, all := mailServer(t, c.mode)
			m, err := NewMailer(c.scheme+"127.0.0.1:"+port, c.password, "stress@shop.example")
			if err != nil {
				t.Fatal(err)
			}
			if m.tls = roots; c.says == "certificate" {
				m.tls = nil
			}
			s, r, judged := judgedRun(t, store.Test{Name: "a"})
			d := tried(t, &Notifier{Store: s, Mailers: &Mailers{Given: m}, Judged: judged}, r)
			if !d.Done.IsZero() || d.Due.IsZero() || !strings.Contains(d.Problem, c.says) || strings.Contains(d.Problem, "horse") {
				t.Errorf("%+v, want it to be tried again for %q", d, c.says)
			}
			if len(all) > 0 {
				t.Errorf("it took %+v", <-all)
			}
		})
	}
	s, r, judged := judgedRun(t, store.Test{Name: "a"})
	if d := tried(t, &Notifier{Store: s, Judged: judged}, r); !strings.Contains(d.Problem, "--smtp") {
		t.Errorf("without a mail server: %+v", d)
	}
}

func TestMailServersThatCannotBe(t *testing.T) {
	for _, c := range []struct{ address, password, from, says string }{
		{"mail.example:587", "", "a@b.example", "want an address"},
		{"http://mail.example", "", "a@b.example", "smtps://"},
		{"smtp://user:hidden@mail.example", "", "a@b.example", "does not belong"},
		{"smtp://us%er:hidden@mail.example", "", "a@b.example", "want an address"},
		{"smtp://user@mail.example", "", "a@b.example", "password"},
		{"smtp://mail.example", "hidden", "a@b.example", "user"},
		{"smtp+clear://user@mail.example", "hidden", "a@b.example", "in clear"},
		{"smtp://mail.example/?x=y", "", "a@b.example", "want an address"},
		{"smtp://mail.example", "", "nobody", "sender"},
		{"smtp://mail.example", "", "a@b.example\r\nBcc: c@d.example", "sender"},
	} {
		_, err := NewMailer(c.address, c.password, c.from)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s, from %q: %v, want an error with %q", c.address, c.from, err, c.says)
		}
	}
}
