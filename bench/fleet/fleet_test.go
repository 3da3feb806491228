//go:build linux

package main

import (
	"io"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	got := table([][]float64{{100, 200}, {190, 400}})
	for _, want := range []string{"150 (100 to 200)", "295 (190 to 400)", "0.975 (0.950 to 1.000)", "1.000 (1.000 to 1.000)"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %q:\n%s", want, got)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, bad := range []string{"-agents 0", "-agents 17", "-share 0", "-share 2", "-rounds 0", "-clients 0", "-duration 1500ms", "-steady 5s", "-rate 0", "-x"} {
		if _, err := parse(strings.Fields(bad), io.Discard); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if o, err := parse(nil, io.Discard); err != nil || o.agents != 4 || !strings.HasPrefix(o.stress, "/") {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestByQuarter(t *testing.T) {
	if got := byQuarter([]int64{3, 1, 2, 9, 7, 8, 5, 5, 5, 4, 6, 30}); got != [quarters]int64{2, 8, 5, 6} {
		t.Errorf("%v", got)
	}
	if got := byQuarter([]int64{4}); got != [quarters]int64{0, 0, 0, 4} {
		t.Errorf("%v", got)
	}
}
