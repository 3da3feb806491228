package analyze

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stress-tool/stress/analyze/result"
)

func TestAddressesAddUp(t *testing.T) {
	sum := map[string]uint64{}
	addAnswers(sum, map[string]uint64{"127.0.0.11:80": 20, "127.0.0.12:80": 10})
	addAnswers(sum, nil)
	addAnswers(sum, map[string]uint64{"127.0.0.12:80": 30, "127.0.0.13:80": 20, "127.0.0.14:80": 0})
	want := []result.Address{
		{Address: "127.0.0.12:80", Answers: 40, Share: 0.5}, {Address: "127.0.0.11:80", Answers: 20, Share: 0.25},
		{Address: "127.0.0.13:80", Answers: 20, Share: 0.25},
	}
	if got := addresses(sum); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := addresses(nil); got != nil {
		t.Errorf("%v of none", got)
	}
}

func TestAddressesAreBounded(t *testing.T) {
	sum := map[string]uint64{}
	for i := range 5000 {
		addAnswers(sum, map[string]uint64{fmt.Sprint(i): 1})
	}
	if len(sum) != maxAddresses+1 || sum["others"] != 5000-maxAddresses {
		t.Errorf("%d told apart, %d others", len(sum), sum["others"])
	}
}

// A name that moved between two rounds has several, though each leg had one.
func TestAddressesOfATarget(t *testing.T) {
	one, two := []result.Address{{Address: "10.0.0.1:80"}}, []result.Address{{Address: "10.0.0.2:80"}}
	a := &result.Analysis{Legs: []result.Leg{
		{Target: "still", Addresses: one}, {Target: "moved", Addresses: one}, {Target: "both", Addresses: append(one, two...)},
		{Target: "still", Addresses: one}, {Target: "moved", Addresses: two}, {Target: "none"},
	}}
	for target, want := range map[string]bool{"still": false, "moved": true, "both": true, "none": false} {
		if got := a.SeveralAddresses(target); got != want {
			t.Errorf("%s: %v", target, got)
		}
	}
}
