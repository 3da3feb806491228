package lead

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stress-tool/stress/fleet/link"
	"github.com/stress-tool/stress/fleet/wire"
	"github.com/stress-tool/stress/runlog"
)

// What a directory keeps of a fleet may come from anyone: it is refused, or names a run and a broker.
func FuzzKept(f *testing.F) {
	f.Add([]byte(`{"schema":1,"run":"abc","nats":"nats://10.0.0.4:4222"}`))
	f.Add([]byte(`{"schema":1,"run":"*","nats":"nats://10.0.0.4:4222"}`))
	f.Add([]byte(`{"schema":1,"run":"a","nats":"nats://me:topsecret@a,nats://b"}`))
	f.Add([]byte(`{"schema":2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := parseKept(b)
		if err != nil {
			return
		}
		if wire.CheckName(k.Run) != nil || link.Check(k.NATS) != nil {
			t.Fatalf("%q is read as %+v", b, k)
		}
		again, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := parseKept(again); err != nil || !reflect.DeepEqual(read, k) {
			t.Fatalf("%+v is written, and read as %+v, %v", k, read, err)
		}
	})
}

// sent are messages of two agents by turns in one text: of whom and of what kind, how long, and the message.
func sent(messages ...[]byte) (all []byte) {
	for i, m := range messages {
		kind := 0 // a second
		if bytes.Contains(m, []byte(`"duration_ns"`)) {
			kind = 1
		} else if bytes.Contains(m, []byte(`"pages"`)) {
			kind = 2
		}
		all = append(all, byte(kind<<1|i%2))
		all = binary.LittleEndian.AppendUint16(all, uint16(len(m)))
		all = append(all, m...)
	}
	return all
}

// Whatever agents send, in whatever order, the account of the leg balances: what cannot be right costs the agent that
// sent it its part, and nobody else anything.
func FuzzReceive(f *testing.F) {
	times := []time.Duration{time.Millisecond, time.Second}
	first, second := recorded(f, 0, times), recorded(f, 1, times)
	f.Add(sent(first, first, second, second, ended(f, 4, 2), ended(f, 4, 2)))
	f.Add(sent(first, second, ended(f, 2, 1), first))
	f.Add(sent(bytes.Replace(first, []byte(`"sent":2`), []byte(`"sent":18446744073709551615`), 1)))
	f.Add(sent(bytes.Replace(first, []byte(`"sent":2`), []byte(`"sent":7`), 1), first, []byte("{}")))
	f.Add(sent([]byte(`{"pages":[{"at":0,"piece":"AAAA"}]}`)))
	f.Fuzz(func(t *testing.T, all []byte) {
		m, to := merging(t, 2, 3)
		lost := make([]loss, 2)
		for len(all) >= 3 {
			agent, kind := int(all[0]&1), []string{"second", "end", "pages"}[int(all[0]>>1)%3]
			n := min(int(binary.LittleEndian.Uint16(all[1:])), len(all)-3)
			body := all[3 : 3+n]
			all = all[3+n:]
			if m.parts[agent].gone {
				continue
			}
			if _, err := m.receive(agent, kind, body); err != nil {
				m.parts[agent].gone, lost[agent] = true, loss{why: err.Error(), at: time.Second}
			}
			if err := m.flush(nil); err != nil {
				t.Fatal(err)
			}
		}
		for i, p := range m.parts {
			if !p.over() {
				p.gone, lost[i] = true, loss{why: "its end never came", at: time.Second}
			}
		}
		if err := m.flush(nil); err != nil {
			t.Fatal(err)
		}
		agents := make([]runlog.Agent, 2)
		for i := range agents {
			m.account(i, lost[i], &agents[i])
		}
		if err := m.cutRest(); err != nil {
			t.Fatal(err)
		}
		total, err := m.totals(agents)
		if err != nil || total.Planned != 600 || total.Planned != total.Sent+total.Dropped+total.Skipped || total.Outcomes.Ended() != total.Sent {
			t.Fatalf("%+v, %v", total, err)
		}
		var stored runlog.Second
		for _, s := range to.seconds {
			stored.Merge(s)
		}
		if stored.Sent != total.Sent || stored.Ended() != total.Sent || !slices.IsSortedFunc(to.seconds, func(a, b runlog.Second) int { return a.T - b.T }) {
			t.Fatalf("the seconds have %d sent and %d ended, the account %d", stored.Sent, stored.Ended(), total.Sent)
		}
	})
}
