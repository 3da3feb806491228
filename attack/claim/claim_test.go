package claim

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A name holds nothing that a page has to escape, sorts by its number, and is read back as it
// was written and in no other form.
func TestNames(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-z-]+$`)
	rapid.Check(t, func(t *rapid.T) {
		names := Names{Leg: NewLeg()}
		request := rapid.IntRange(0, 500).Draw(t, "request")
		a, b := rapid.Uint64Range(0, Most).Draw(t, "a"), rapid.Uint64Range(0, Most).Draw(t, "b")
		name, other := names.Name(request, a), names.Name(request, b)
		if !form.MatchString(name) || len(name) > Length(501) || (name < other) != (a < b) || (name == other) != (a == b) {
			t.Errorf("%q of %d, %q of %d", name, a, other, b)
		}
		if n, ok := Number(name, names.Prefix(request)); !ok || n != a {
			t.Errorf("%q is read as %d, %v", name, n, ok)
		}
		for _, altered := range []string{strings.ToUpper(name), name[1:], name[:len(name)-1], name + " ", name + "0", names.Name(request+1, a)} {
			if n, ok := Number(altered, names.Prefix(request)); ok && altered != name {
				t.Errorf("%q is read as %d", altered, n)
			}
		}
	})
	if one, other := NewLeg(), NewLeg(); one == other {
		t.Error("two legs with one name")
	}
}

func TestParsePlace(t *testing.T) {
	for s, want := range map[string]Place{"header X-Stress-Claim": {Header: "X-Stress-Claim"}, "query  claim": {Query: "claim"}} {
		if p, err := ParsePlace(s); err != nil || p != want || p.String() != strings.Join(strings.Fields(s), " ") {
			t.Errorf("%q: %+v, %v", s, p, err)
		}
	}
	for _, s := range []string{"", "header", "query ", "cookie x", "header a b", "Header x"} {
		if p, err := ParsePlace(s); err == nil {
			t.Errorf("%q is %+v", s, p)
		}
	}
}

// Generators that put on a leg together give every request a number of its own. What each of them noted is
// then what all of them noted, and only what was sent has been sent.
func TestOutcomesOfSeveralGenerators(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leg := NewLeg()
		of := rapid.IntRange(1, 7).Draw(t, "generators")
		together, want := Outcomes{Names: Names{Leg: leg}}, map[uint64]Kind{}
		for part := range of {
			one := Outcomes{Names: Names{Leg: leg, Part: uint64(part), Of: uint64(of)}}
			sent := rapid.Uint64Range(0, 10_000).Draw(t, "sent")
			for k := range sent {
				number := one.Names.Number(k)
				if _, taken := want[number]; taken {
					t.Fatalf("two requests have the number %d", number)
				}
				want[number] = Success
				if k%97 == 3 {
					want[number] = Kind(1 + k%2)
					one.Note(number, want[number])
				}
			}
			together.Sent = append(together.Sent, sent)
			for at, piece := range one.Pages() {
				if err := together.Merge(at, piece); err != nil {
					t.Fatal(err)
				}
			}
		}
		for n := range together.Bound() + 20 {
			kind, sent := want[n]
			if together.WasSent(n) != sent || sent && together.Of(n) != kind {
				t.Fatalf("request %d: %v, kind %d; want %v, kind %d", n, together.WasSent(n), together.Of(n), sent, kind)
			}
			delete(want, n)
		}
		if len(want) > 0 {
			t.Fatalf("%d requests have numbers beyond %d", len(want), together.Bound())
		}
	})
	for at, piece := range map[int][]byte{-1: make([]byte, perPage/4), Most / perPage: make([]byte, perPage/4), 0: make([]byte, 5)} {
		if new(Outcomes).Merge(at, piece) == nil {
			t.Errorf("a piece of %d bytes at %d", len(piece), at)
		}
	}
}

// What was noted comes back, everything else is a success, and a page is kept only where there
// is something to note.
func TestOutcomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o Outcomes
		want := map[uint64]Kind{}
		for range rapid.IntRange(0, 50).Draw(t, "exceptions") {
			n := rapid.Uint64Range(0, 30_000).Draw(t, "number")
			if want[n] == Success {
				want[n] = Kind(rapid.IntRange(1, 2).Draw(t, "kind"))
				o.Note(n, want[n])
			}
		}
		o.Note(Most, Failed)
		for n := range uint64(30_001) {
			if o.Of(n) != want[n] {
				t.Fatalf("request %d is %d, want %d", n, o.Of(n), want[n])
			}
		}
		if len(o.pages) > 8 || o.Of(Most) != Success {
			t.Errorf("%d pages for 30 000 requests", len(o.pages))
		}
	})
}
