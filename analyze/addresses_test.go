package analyze

import (
	"fmt"
	"slices"
	"testing"
)

func TestAddressesAddUp(t *testing.T) {
	sum := map[string]uint64{}
	addAnswers(sum, map[string]uint64{"127.0.0.11:80": 20, "127.0.0.12:80": 10})
	addAnswers(sum, nil)
	addAnswers(sum, map[string]uint64{"127.0.0.12:80": 30, "127.0.0.13:80": 20, "127.0.0.14:80": 0})
	want := []Address{{"127.0.0.12:80", 40, 0.5}, {"127.0.0.11:80", 20, 0.25}, {"127.0.0.13:80", 20, 0.25}}
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
