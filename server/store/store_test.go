package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/server/store"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// withTest is a store with a host and a test of it.
func withTest(t testing.TB) (*store.Store, store.Test) {
	t.Helper()
	s := open(t, t.TempDir())
	h := store.Host{ID: store.NewID(), Name: "shop.example", Created: noon}
	test := store.Test{
		ID: store.NewID(), Host: h.ID, Name: "50 clients", Notes: "first", Scenario: "load: {}\n", Secrets: map[string]string{"STRESS_PASSWORD": "x"}, Tags: []string{"a", "b"}, Callback: "http://ci.example/",
		Mail: "who@shop.example", Scheduled: noon.Add(time.Hour), Token: store.NewID(), Created: noon,
	}
	if err := errors.Join(s.AddHost(t.Context(), h, store.By{At: time.Now()}), s.AddTest(t.Context(), test, store.By{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	return s, test
}

func TestWhatIsKeptIsThereAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx := t.Context()
	h := store.Host{ID: store.NewID(), Name: "shop.example", Created: noon, Verified: noon.Add(time.Millisecond)}
	test := store.Test{ID: store.NewID(), Host: h.ID, Name: "a", Scenario: "load: {}\n", Secrets: map[string]string{"A": "b"}, Tags: []string{}, Token: store.NewID(), Created: noon}
	if err := errors.Join(s.AddHost(ctx, h, store.By{At: time.Now()}), s.AddTest(ctx, test, store.By{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	asked, err := s.Ask(ctx, test.ID, store.ByAPI, noon, true)
	if err != nil {
		t.Fatal(err)
	}
	summary := &store.Summary{
		Index:  result.IndexRun{Path: ".", Name: "a", Started: noon, Verdict: result.Pass},
		Totals: store.Totals{Outcomes: runlog.Outcomes{Success: 3, Network: 1}, BytesSent: 5, ResponseMS: 1.5},
	}
	if _, err := s.Take(ctx, noon.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := s.End(ctx, asked.ID, noon.Add(time.Minute), "", summary); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if got, err := s.HostNamed(ctx, h.Name); err != nil || !reflect.DeepEqual(got, h) {
		t.Errorf("host %+v, error %v, want %+v", got, err, h)
	}
	if got, err := s.Test(ctx, test.ID); err != nil || !reflect.DeepEqual(got, test) {
		t.Errorf("test %+v, error %v, want %+v", got, err, test)
	}
	want := asked
	want.State, want.Started, want.Ended, want.Summary = store.Ended, noon.Add(time.Second), noon.Add(time.Minute), summary
	if got, err := s.Run(ctx, asked.ID); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("run %+v, error %v, want %+v", got, err, want)
	}
}

func TestOneServerHasAStore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second server: %v, want %v", err, store.ErrInUse)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestNobodyElseReadsTheStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open(t, dir)
	for _, name := range []string{".", store.File, store.RunsDir} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, error %v, want nothing for others", name, info.Mode(), err)
		}
	}
}

func TestANewerStoreIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, store.File))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 1000"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if s, err := store.Open(t.Context(), dir); err == nil {
		s.Close()
		t.Error("a store of a later schema was opened")
	}
}

func TestWhatIsForgottenTakesWhatBelongsToIt(t *testing.T) {
	s, test := withTest(t)
	ctx := t.Context()
	r, err := s.Ask(ctx, test.ID, store.ByAPI, noon, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteHost(ctx, test.Host, store.By{At: noon}); err != nil {
		t.Fatal(err)
	}
	_, noTest := s.Test(ctx, test.ID)
	_, noRun := s.Run(ctx, r.ID)
	for what, err := range map[string]error{
		"test": noTest, "run": noRun, "host again": s.DeleteHost(ctx, test.Host, store.By{At: noon}), "verify": s.Verify(ctx, test.Host, noon, store.By{At: time.Now()}),
		"archive": s.ArchiveTest(ctx, test.ID, noon, store.By{At: time.Now()}), "token": s.RenewToken(ctx, test.ID, "x"), "end": s.End(ctx, r.ID, noon, "", nil),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want %v", what, err, store.ErrNotFound)
		}
	}
}

func TestWhoComesFirstRunsFirst(t *testing.T) {
	s, test := withTest(t)
	ctx := t.Context()
	var want []string
	for i := range 3 {
		r, err := s.Ask(ctx, test.ID, store.ByAPI, noon.Add(time.Duration(i)*time.Second), false)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, r.ID)
	}
	if _, err := s.Ask(ctx, test.ID, store.ByAPI, noon, true); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a run that is to be alone: %v, want %v", err, store.ErrBusy)
	}
	for _, id := range want {
		r, err := s.Take(ctx, noon)
		if err != nil || r.ID != id || r.State != store.Running {
			t.Fatalf("took %+v, %v, want %s", r, err, id)
		}
		if err := s.End(ctx, id, noon, "", nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Take(ctx, noon); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("took of an empty queue: %v", err)
	}
}

func TestAnHourComesOnce(t *testing.T) {
	s, test := withTest(t)
	ctx := t.Context()
	for _, c := range []struct {
		now  time.Time
		runs int
	}{{test.Scheduled.Add(-time.Millisecond), 0}, {test.Scheduled.Add(24 * time.Hour), 1}, {test.Scheduled.Add(48 * time.Hour), 0}} {
		if asked, err := s.AskDue(ctx, c.now); err != nil || len(asked) != c.runs {
			t.Errorf("at %v: %d runs, error %v, want %d", c.now, len(asked), err, c.runs)
		}
	}
}

func TestKeysAreKnownByTheirHash(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	key, err := s.AddKey(t.Context(), "jenkins", store.By{At: noon})
	if err != nil {
		t.Fatal(err)
	}
	if k, ok, err := s.UseKey(t.Context(), key, noon); err != nil || !ok || k.Name != "jenkins" {
		t.Errorf("key %+v, %v, %v", k, ok, err)
	}
	if _, ok, err := s.UseKey(t.Context(), store.NewID(), noon); err != nil || ok {
		t.Errorf("another key: %v, %v, want it unknown", ok, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{store.File, store.File + "-wal"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil && bytes.Contains(b, []byte(key)) {
			t.Errorf("%s holds the key", name)
		}
	}
}

// A backup is taken beside the server that has the store, and nobody else reads it.
func TestABackupIsAStore(t *testing.T) {
	from := t.TempDir()
	s := open(t, from)
	h := store.Host{ID: store.NewID(), Name: "shop.example", Created: noon}
	test := store.Test{ID: store.NewID(), Host: h.ID, Name: "a", Token: store.NewID(), Created: noon}
	if err := errors.Join(s.AddHost(t.Context(), h, store.By{At: time.Now()}), s.AddTest(t.Context(), test, store.By{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, store.File)
	if err := store.Backup(t.Context(), from, file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	if got, err := open(t, dir).Test(t.Context(), test.ID); err != nil || got.Name != test.Name {
		t.Errorf("the copy has %+v, %v", got, err)
	}
	if err := store.Backup(t.Context(), from, file); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file that is there: %v", err)
	}
	if err := store.Backup(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "b")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of a directory without a store: %v", err)
	}
}

// Whatever is asked for, taken and ended: one run at a time is running, and none is lost.
func TestEveryRunEndsOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, test := withTest(t)
		ctx := t.Context()
		asked, ended := 0, 0
		for range rapid.IntRange(0, 15).Draw(rt, "steps") {
			waiting, err := s.Waiting(ctx)
			if err != nil {
				rt.Fatal(err)
			}
			switch rapid.SampledFrom([]string{"ask", "take", "end"}).Draw(rt, "step") {
			case "ask":
				if _, err := s.Ask(ctx, test.ID, store.ByAPI, noon, false); err != nil {
					rt.Fatal(err)
				}
				asked++
			case "take":
				if _, err := s.Take(ctx, noon); err != nil && !errors.Is(err, store.ErrNotFound) {
					rt.Fatal(err)
				}
			case "end":
				if len(waiting) == 0 {
					continue
				}
				r := waiting[rapid.IntRange(0, len(waiting)-1).Draw(rt, "which")]
				if err := s.End(ctx, r.ID, noon, "", nil); err != nil {
					rt.Fatal(err)
				}
				ended++
			}
		}
		waiting, err := s.Waiting(ctx)
		if err != nil || len(waiting) != asked-ended {
			rt.Fatalf("%d runs wait, error %v, of %d asked for and %d ended", len(waiting), err, asked, ended)
		}
	})
}

// Who wants to hear of changes alone hears of the first verdict and of every other one.
func TestOnlyWhatChangesIsTold(t *testing.T) {
	for tell, want := range map[store.Tell][]int{store.EveryEnd: {2, 2, 2, 2, 2}, store.OnChange: {2, 0, 2, 2, 0}} {
		s, test := withTest(t)
		ctx := t.Context()
		test.Tell, test.Form, test.Secret = tell, store.JSON, "x"
		if err := s.TellOf(ctx, test, store.By{At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		var got []int
		for i, v := range []result.Verdict{result.Pass, result.Pass, result.Fail, "", ""} {
			at := noon.Add(time.Duration(i) * time.Hour)
			r, err := s.Ask(ctx, test.ID, store.ByAPI, at, true)
			if err != nil {
				t.Fatal(err)
			}
			var summary *store.Summary
			if v != "" { // without one the run could not begin
				summary = &store.Summary{Index: result.IndexRun{Verdict: v}}
			}
			if err := s.End(ctx, r.ID, at.Add(time.Minute), "", summary); err != nil {
				t.Fatal(err)
			}
			ds, err := s.DeliveriesOf(ctx, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, len(ds))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: after the ends %v are told, want %v", tell, got, want)
		}
		if all, err := s.DeliveriesOfTest(ctx, test.ID, 1, 2); err != nil || len(all) != 2 || all[0].Kind != store.JSON || all[1].Kind != store.Mail {
			t.Errorf("the second page of two is %+v, %v", all, err)
		}
	}
}

func TestABadgeIsTakenBack(t *testing.T) {
	s, test := withTest(t)
	ctx := t.Context()
	for _, token := range []string{store.NewID(), store.NewID(), ""} {
		before, err := s.Test(ctx, test.ID)
		if err == nil {
			err = s.RenewBadge(ctx, test.ID, token, store.By{At: time.Now()})
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.TestOfBadge(ctx, token); (err == nil) != (token != "") || token != "" && got.ID != test.ID {
			t.Errorf("badge %q is of %q, %v", token, got.ID, err)
		}
		if _, err := s.TestOfBadge(ctx, before.Badge); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the badge before, %q: %v", before.Badge, err)
		}
	}
}
