package attack

import (
	"maps"
	"testing"

	"github.com/stress-tool/stress/runlog"
)

// A code that has been counted apart once stays so, whatever came in between.
func TestStatusCodesOfALegAreBounded(t *testing.T) {
	known := statuses{}
	if got, want := known.stored(map[int]uint64{200: 5, 404: 1}), (map[int]uint64{200: 5, 404: 1}); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	every := map[int]uint64{}
	for code := 100; code < 1000; code++ {
		every[code] = 2
	}
	if got := known.stored(every); len(got) != maxStatuses+1 || got[runlog.OtherStatuses] != 2*(900-maxStatuses) || got[404] != 2 {
		t.Errorf("of 900 codes %d are told apart, and %d answers are of others", len(got)-1, got[runlog.OtherStatuses])
	}
	if got, want := known.stored(map[int]uint64{404: 3, 999: 1}), (map[int]uint64{404: 3, runlog.OtherStatuses: 1}); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := known.stored(nil); got != nil {
		t.Errorf("%v of none", got)
	}
}
