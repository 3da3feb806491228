package schedule

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stress-tool/stress/server/store"
)

// kept is a store with a test and a schedule of it, until the end of f.
func kept(t *testing.T, dir string, c store.Schedule, f func(*store.Store, store.Schedule)) {
	t.Helper()
	ctx := t.Context()
	s, err := store.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := store.Host{ID: store.NewID(), Name: "a", Created: time.Now()}
	test := store.Test{ID: store.NewID(), Host: h.ID, Token: store.NewID(), Created: time.Now()}
	c.ID, c.Test, c.Created = store.NewID(), test.ID, time.Now()
	r, err := RuleOf(c)
	c.Next = r.Next(c.Created)
	if err := errors.Join(err, s.AddHost(ctx, h, store.By{At: time.Now()}), s.AddTest(ctx, test, store.By{At: time.Now()}), s.AddSchedule(ctx, c, store.By{At: time.Now()})); err != nil {
		t.Fatal(err)
	}
	f(s, c)
}

// work lets a scheduler work for a while, with every run ending at once or, if long, never.
func work(t *testing.T, s *store.Store, d time.Duration, long bool) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), d)
	defer end()
	sch := Scheduler{Store: s, Wake: func() {
		if long {
			return
		}
		for {
			r, err := s.Take(context.Background(), time.Now())
			if errors.Is(err, store.ErrNotFound) {
				return
			}
			if err = errors.Join(err, s.End(context.Background(), r.ID, time.Now(), "", nil)); err != nil {
				t.Error(err)
				return
			}
		}
	}}
	if err := sch.Work(ctx); err != nil {
		t.Error(err)
	}
}

// runs are when the runs of a schedule were queued, the oldest first.
func runs(t *testing.T, s *store.Store, c store.Schedule) (at []time.Time) {
	t.Helper()
	all, err := s.RunsOf(t.Context(), c.Test)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		at = append(at, all[len(all)-1-i].Asked)
	}
	return at
}

func TestATestRunsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its clock begins at midnight
		c := store.Schedule{Cron: "*/5 * * * *", Zone: "UTC", Missed: store.SkipMissed}
		kept(t, t.TempDir(), c, func(s *store.Store, c store.Schedule) {
			work(t, s, 17*time.Minute, false)
			at := runs(t, s, c)
			if len(at) != 3 {
				t.Fatalf("in 17 minutes it ran at %v", at)
			}
			for i, a := range at {
				want := time.Date(2000, 1, 1, 0, 5*(i+1), 0, 0, time.UTC)
				if late := a.Sub(want); late < 0 || late > 2*often {
					t.Errorf("it ran at %v, want %v", a, want)
				}
			}
		})
	})
}

// On the day of Berlin's spring 02:30 comes at the end of the gap, and on that of its autumn once of two.
func TestAChangeOfClocksLosesAndDoublesNoRun(t *testing.T) {
	for _, c := range []struct{ from, want time.Time }{
		{time.Date(2000, 3, 26, 0, 55, 0, 0, time.UTC), time.Date(2000, 3, 26, 1, 0, 0, 0, time.UTC)},
		{time.Date(2000, 10, 29, 0, 25, 0, 0, time.UTC), time.Date(2000, 10, 29, 0, 30, 0, 0, time.UTC)},
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(c.from))
			nightly := store.Schedule{Cron: "30 2 * * *", Zone: "Europe/Berlin", Missed: store.SkipMissed}
			kept(t, t.TempDir(), nightly, func(s *store.Store, nightly store.Schedule) {
				work(t, s, 75*time.Minute, false)
				if at := runs(t, s, nightly); len(at) != 1 || at[0].Truncate(time.Minute) != c.want {
					t.Errorf("from %v on it ran at %v, want once at %v", c.from, at, c.want)
				}
			})
		})
	}
}

func TestATimeThatWasMissed(t *testing.T) {
	for missed, want := range map[store.Missed]int{store.RunMissed: 1, store.SkipMissed: 0} {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			c := store.Schedule{Every: 10 * time.Minute, Zone: "UTC", Missed: missed}
			kept(t, dir, c, func(s *store.Store, c store.Schedule) {
				time.Sleep(105 * time.Minute) // no server runs meanwhile
				work(t, s, 2*time.Minute, false)
				if at := runs(t, s, c); len(at) != want {
					t.Errorf("%s: after ten of its times without a server it ran at %v, want %d runs", missed, at, want)
				}
				got, err := s.Schedule(t.Context(), c.ID)
				if err != nil || !got.Next.Equal(c.Created.Add(110*time.Minute)) || (got.Note == "") != (want == 1) {
					t.Errorf("%s: then the schedule is %+v, %v", missed, got, err)
				}
				work(t, s, 10*time.Minute, false)
				if at := runs(t, s, c); len(at) != want+1 {
					t.Errorf("%s: ten minutes later it has run at %v", missed, at)
				}
			})
		})
	}
}

func TestRunsOfAScheduleDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := store.Schedule{Cron: "* * * * *", Zone: "UTC", Missed: store.RunMissed}
		kept(t, t.TempDir(), c, func(s *store.Store, c store.Schedule) {
			twin := c
			twin.ID = store.NewID()
			if err := s.AddSchedule(t.Context(), twin, store.By{At: time.Now()}); err != nil {
				t.Fatal(err)
			}
			work(t, s, 10*time.Minute, true)
			if at := runs(t, s, c); len(at) != 1 {
				t.Errorf("while its run goes on it was queued at %v", at)
			}
			got, err := s.Schedule(t.Context(), c.ID)
			if err != nil || got.Note == "" || !got.Next.After(time.Now().Add(-often)) {
				t.Errorf("then the schedule is %+v, %v", got, err)
			}
		})
	})
}

// Paused, archived and deleted ones run nothing.
func TestWhatIsOutOfUseRunsNothing(t *testing.T) {
	for what, stop := range map[string]func(context.Context, *store.Store, store.Schedule) error{
		"paused": func(ctx context.Context, s *store.Store, c store.Schedule) error {
			c.Next = time.Time{}
			return s.ChangeSchedule(ctx, c, store.By{At: time.Now()})
		},
		"archived": func(ctx context.Context, s *store.Store, c store.Schedule) error {
			return s.ArchiveTest(ctx, c.Test, time.Now(), store.By{At: time.Now()})
		},
		"deleted": func(ctx context.Context, s *store.Store, c store.Schedule) error {
			return s.DeleteSchedule(ctx, c.ID, store.By{At: time.Now()})
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := store.Schedule{Cron: "* * * * *", Zone: "UTC", Missed: store.RunMissed}
			kept(t, t.TempDir(), c, func(s *store.Store, c store.Schedule) {
				if err := stop(t.Context(), s, c); err != nil {
					t.Fatal(err)
				}
				work(t, s, 5*time.Minute, false)
				if at := runs(t, s, c); len(at) > 0 {
					t.Errorf("%s: it ran at %v", what, at)
				}
			})
		})
	}
}

// A time is taken together with its run: whoever comes second, or after a kill, finds neither or both.
func TestATimeIsTakenOnce(t *testing.T) {
	c := store.Schedule{Cron: "* * * * *", Zone: "UTC", Missed: store.RunMissed}
	kept(t, t.TempDir(), c, func(s *store.Store, c store.Schedule) {
		now := c.Next
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		if queued, err := s.Fire(cut, c, now.Add(time.Minute), "", now); queued || err == nil {
			t.Errorf("cut off: %v, %v", queued, err)
		}
		if got, err := s.Schedule(t.Context(), c.ID); err != nil || !got.Next.Equal(c.Next) || len(runs(t, s, c)) > 0 {
			t.Errorf("then the schedule is %+v, %v, and its runs %v", got, err, runs(t, s, c))
		}
		if queued, err := s.Fire(t.Context(), c, now.Add(time.Minute), "", now); !queued || err != nil {
			t.Errorf("due: %v, %v", queued, err)
		}
		if queued, err := s.Fire(t.Context(), c, now.Add(time.Minute), "", now); queued || !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a second time: %v, %v", queued, err)
		}
		if at := runs(t, s, c); len(at) != 1 {
			t.Errorf("it was queued at %v", at)
		}
	})
}
