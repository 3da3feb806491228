package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/server/store"
)

// Headers of what an address is told.
const (
	// IDHeader has the identifier of a delivery, the same at every try.
	IDHeader = "Stress-Delivery"
	// SignatureHeader has the instant of the try and the signature, as "t=SECONDS,v1=HEX": see [Sign].
	SignatureHeader = "Stress-Signature"
)

// Sign is the signature of a body that is sent at an instant, as Stripe signs: HMAC-SHA256 with the
// secret over the seconds since 1970, a full stop and the body. With the instant in it, an old message
// that is sent again by somebody else is known as one.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, seconds+".")
	h.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(h.Sum(nil))
}

// message is the JSON that an address gets. Fields are added, never renamed.
type message struct {
	Schema   int                 `json:"schema"` // 1
	Event    string              `json:"event"`  // "run.ended", or "ping"
	Delivery string              `json:"delivery"`
	Test     named               `json:"test"`
	Run      *ended              `json:"run,omitempty"`     // none of a ping
	Verdict  result.Verdict      `json:"verdict,omitempty"` // none where nothing was judged
	Answer   string              `json:"answer,omitempty"`
	Totals   *store.Totals       `json:"totals,omitempty"`
	Response json.RawMessage     `json:"response_ms,omitempty"` // of a run of one leg
	Load     string              `json:"load,omitempty"`        // whose figures follow, of several
	Figures  []result.KeyFigures `json:"key_figures,omitempty"`
	Report   string              `json:"report,omitempty"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type ended struct {
	ID      string       `json:"id"`
	Source  store.Source `json:"source"`
	Started *time.Time   `json:"started,omitempty"` // none of a run that never began
	Ended   time.Time    `json:"ended"`
	Problem string       `json:"problem,omitempty"`
}

func messageOf(d store.Delivery, t store.Test, r store.Run, page string) message {
	v := message{Schema: 1, Event: "ping", Delivery: d.ID, Test: named{t.ID, t.Name}}
	if d.Run == "" {
		return v
	}
	v.Event, v.Verdict, v.Run = "run.ended", r.Verdict(), &ended{ID: r.ID, Source: r.Source, Ended: r.Ended, Problem: r.Problem}
	if !r.Started.IsZero() {
		v.Run.Started = &r.Started
	}
	if s := r.Summary; s != nil {
		v.Totals, v.Response, v.Load, v.Figures, v.Report = &s.Totals, s.Response, s.Load(), s.Index.Key, page
		v.Answer = result.Answers(s.Index.Verdict, s.Index.Answer)
	}
	return v
}

// body is what an address gets, and its type.
func body(d store.Delivery, t store.Test, r store.Run, page string) (text []byte, kind string, err error) {
	if d.Kind == store.JSON {
		text, err = json.Marshal(messageOf(d, t, r, page))
		return text, "application/json", err
	}
	status := "complete"
	if d.Run == "" {
		status = "ping"
	}
	return []byte(url.Values{"test_id": {t.ID}, "status": {status}}.Encode()), "application/x-www-form-urlencoded", nil
}

// client dials only what may be told.
func (n *Notifier) client() *http.Client {
	dialer := &net.Dialer{Timeout: mostTime, Control: judged(n.Within.Judge), Resolver: n.resolver}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true},
		// A redirect would lead where nobody asked to be told.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       mostTime,
	}
}

const (
	mostHeard  = 1 << 20 // bytes of an answer that are read
	mostAnswer = 200     // characters of it that are kept
)

// post makes one try. Its error holds no more of the address than the host.
func (n *Notifier) post(ctx context.Context, d *store.Delivery, t store.Test, r store.Run) error {
	text, kind, err := body(*d, t, r, n.page(r))
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Address, bytes.NewReader(text))
	if err != nil {
		return errors.New("is no address")
	}
	q.Header.Set("Content-Type", kind)
	q.Header.Set("User-Agent", n.Tool)
	q.Header.Set(IDHeader, d.ID)
	if t.Secret != "" {
		q.Header.Set(SignatureHeader, Sign(t.Secret, time.Now(), text))
	}
	answer, err := n.client().Do(q)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return err
	}
	defer answer.Body.Close()
	heard, _ := io.ReadAll(io.LimitReader(answer.Body, mostHeard)) // so that the other side has been heard
	d.Status, d.Answer = answer.StatusCode, plain.Clip(plain.Line(string(heard[:min(len(heard), 4*mostAnswer)])), mostAnswer)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", plain.Clip(plain.Line(answer.Status), mostAnswer))
	}
	return nil
}

// judged refuses connections to addresses that must not be reached. It sees the address that is dialled,
// whatever a name led to before.
func judged(judge func(netip.Addr) error) func(network, address string, c syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return judge(to.Addr())
	}
}
