package runlog_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stress-tool/stress/runlog"
)

// outcome is what a reader must make of a stored run; all lists are per leg.
type outcome struct {
	Error     string `json:"error,omitempty"`
	Partial   bool   `json:"partial"`
	Complete  []bool `json:"complete"`
	Torn      []int  `json:"torn"`
	Seconds   []int  `json:"seconds"`
	Intervals []int  `json:"intervals"`
	Records   []int  `json:"records"` // in all intervals
	Rows      []int  `json:"rows"`    // in the ledger after the leg
}

// Runs stored by earlier versions read as they did then.
func TestStoredRuns(t *testing.T) {
	dir := filepath.Join("testdata", "v1")
	b, err := os.ReadFile(filepath.Join(dir, "outcomes.json"))
	must(t, err)
	var want map[string]outcome
	must(t, json.Unmarshal(b, &want))
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != len(want)+1 {
		t.Errorf("%d runs, %d outcomes declared", len(entries)-1, len(want))
	}
	for name, want := range want {
		got, err := outcomeOf(filepath.Join(dir, name))
		switch {
		case want.Error != "" && (err == nil || !strings.Contains(err.Error(), want.Error)):
			t.Errorf("%s: %v, want %q", name, err, want.Error)
		case want.Error == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want.Error == "" && !reflect.DeepEqual(got, want):
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func outcomeOf(dir string) (o outcome, err error) {
	r, err := runlog.Open(dir)
	if err != nil {
		return o, err
	}
	o.Partial = r.Partial()
	for rec, err := range r.Records(context.Background()) {
		if err != nil {
			return o, err
		}
		records, rows := 0, 0
		ivs, err := collect(rec)
		if err != nil {
			return o, err
		}
		for _, iv := range ivs {
			records += int(iv.Hist.N())
		}
		if rec.Ledger != nil {
			for _, n := range rec.Ledger.After {
				rows += int(n)
			}
		}
		o.Complete = append(o.Complete, rec.Complete)
		o.Torn = append(o.Torn, rec.Torn)
		o.Seconds = append(o.Seconds, len(rec.Seconds))
		o.Intervals = append(o.Intervals, len(ivs))
		o.Records = append(o.Records, records)
		o.Rows = append(o.Rows, rows)
	}
	return o, nil
}
