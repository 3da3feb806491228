package embedded

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// As long as no peer changes its state, any window of picks is even within one
// over the peers in rotation, whatever happened before.
func TestBalancerIsEvenWithinOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "peers")
		b := newBalancer(n)
		now := time.Unix(0, 0)
		for range rapid.IntRange(0, 20).Draw(t, "earlier requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "seconds")) * time.Second)
			i, ok := b.pick(now, make([]bool, n))
			switch {
			case !ok:
			case rapid.Bool().Draw(t, "fails"):
				b.failed(i, now)
			default:
				b.answered(i)
			}
		}

		picks := make([]int, n)
		for range rapid.IntRange(1, 50).Draw(t, "window") {
			i, ok := b.pick(now, make([]bool, n))
			if !ok {
				break
			}
			picks[i]++
		}
		least, most := -1, 0
		for i, c := range picks {
			if n > 1 && b.peers[i].failing {
				if c > 1 {
					t.Fatalf("a failing peer was tried %d times at one instant: %v", c, picks)
				}
				continue
			}
			if least < 0 || c < least {
				least = c
			}
			most = max(most, c)
		}
		if least >= 0 && most-least > 1 {
			t.Fatalf("picks %v are not even within one", picks)
		}
	})
}

// A request never goes to the same peer twice, and finds every eligible one.
func TestBalancerOffersEachPeerOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "peers")
		b := newBalancer(n)
		now := time.Unix(100, 0)
		eligible := n
		for i := range n {
			if n > 1 && rapid.Bool().Draw(t, "down") {
				b.failed(i, now)
				eligible--
			}
		}
		b.next = rapid.IntRange(0, n-1).Draw(t, "cursor")
		tried := make([]bool, n)
		for range eligible {
			i, ok := b.pick(now, tried)
			if !ok || tried[i] {
				t.Fatalf("pick with %v tried: %d, %v", tried, i, ok)
			}
			tried[i] = true
		}
		if i, ok := b.pick(now, tried); ok {
			t.Fatalf("peer %d offered although %v are tried and the rest is down", i, tried)
		}
	})
}

func TestBalancerLeavesAFailedPeerAlone(t *testing.T) {
	start := time.Unix(0, 0)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	picksOf1 := func(b *balancer, now time.Time) (n int) {
		for range 6 {
			if i, _ := b.pick(now, make([]bool, 2)); i == 1 {
				n++
			}
		}
		return n
	}

	b := newBalancer(2)
	b.failed(1, start)
	if n := picksOf1(b, at(failTimeout)); n != 0 {
		t.Errorf("within fail_timeout the failed peer was picked %d times of 6", n)
	}
	b.answered(1) // sent before the failure
	if n := picksOf1(b, at(failTimeout)); n != 0 {
		t.Errorf("a late answer brought the peer back: %d picks of 6", n)
	}
	if n := picksOf1(b, at(failTimeout+1)); n != 1 {
		t.Errorf("after fail_timeout the failed peer was tried by %d requests, want 1", n)
	}
	if n := picksOf1(b, at(2*failTimeout)); n != 0 {
		t.Errorf("during the trial the peer was picked %d times of 6", n)
	}
	b.answered(1)
	if n := picksOf1(b, at(2*failTimeout)); n != 3 {
		t.Errorf("after a passed trial the peer was picked %d times of 6, want 3", n)
	}
}

func TestBalancerNeverSkipsALonePeer(t *testing.T) {
	b := newBalancer(1)
	b.failed(0, time.Unix(0, 0))
	if _, ok := b.pick(time.Unix(1, 0), make([]bool, 1)); !ok {
		t.Error("the only peer was skipped")
	}
}
