package fault

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	observed "github.com/stress-tool/stress/observe/swarm"
)

// journal is one of a run with an index of its own.
func journal(t *testing.T, c *Cluster) *Journal {
	t.Helper()
	j := NewJournal(c, Index{filepath.Join(t.TempDir(), "index")})
	j.Into(t.TempDir())
	return j
}

// killed closes a journal as the kernel does with that of a process that is killed.
func killed(t *testing.T, j *Journal) {
	t.Helper()
	if err := j.file.Close(); err != nil {
		t.Fatal(err)
	}
}

// replicas are how many a service is to have, and how many run.
func replicas(t *testing.T, c *Cluster) (string, int) {
	t.Helper()
	value, err := c.Value(t.Context(), Resource{Kind: Replicas, ID: "web"})
	if err != nil {
		t.Fatal(err)
	}
	return value, len(hosts(t, c))
}

// A service is scaled up and down, stays what it is where it has the number, and in the end has as
// many as before. A fault's undoing leaves it alone.
func TestScale(t *testing.T) {
	_, c := up(t)
	j := journal(t, c)
	s := NewScaler(c, j)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if from, err := s.To(t.Context(), 0); from >= 0 || err != nil || j.file != nil {
		t.Errorf("before anything was scaled: from %d, %v", from, err)
	}
	for _, test := range []struct {
		to   int
		want int
		from int
	}{{3, 3, -1}, {5, 5, 3}, {5, 5, -1}, {1, 1, 5}, {0, 3, 1}, {2, 2, 3}} {
		from, err := s.To(t.Context(), test.to)
		value, run := replicas(t, c)
		if err != nil || from != test.from || value != strconv.Itoa(test.want) || run != test.want {
			t.Errorf("to %d: from %d, %v; %s are asked for and %d run", test.to, from, err, value, run)
		}
	}
	if undone := j.undo(t.Context(), c, func(c Change) bool { return c.Fault != "" }); len(undone) != 0 {
		t.Errorf("of faults that there were not: %+v", undone)
	}
	undone := s.Restore(t.Context())
	if len(undone) != 1 || undone[0].Err != nil || undone[0].Text != "undone: replicas of web: 3 again, was 2" {
		t.Errorf("%+v", undone)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	if pending, err := j.index.Pending(); err != nil || len(pending) != 0 {
		t.Errorf("%+v, %v", pending, err)
	}
}

// What was killed in the middle is restored by whoever goes on in the same directory, or recovers it.
func TestScaleAfterAKill(t *testing.T) {
	_, c := up(t)
	j := journal(t, c)
	if _, err := NewScaler(c, j).To(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	killed(t, j)
	again := NewJournal(c, j.index)
	again.Into(j.dir)
	if from, err := NewScaler(c, again).To(t.Context(), 1); from != 5 || err != nil {
		t.Fatal(from, err)
	}
	killed(t, again)
	undone, err := j.index.Recover(t.Context(), j.dir, false, observed.Config{})
	if value, _ := replicas(t, c); err != nil || len(undone) != 1 || undone[0].Before != "3" || !slices.Equal(undone[0].Made, []string{"5", "1"}) || value != "3" {
		t.Errorf("%+v, %v: %s", undone, err, value)
	}
}

// Who scales the service beside us is not overruled.
func TestScaleBesideOthers(t *testing.T) {
	_, c := up(t)
	s := NewScaler(c, journal(t, c))
	if _, err := s.To(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(t.Context(), s.resource(), "4"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.To(t.Context(), 2); !errors.As(err, new(*ForeignError)) {
		t.Error(err)
	}
	if undone := s.Restore(t.Context()); len(undone) != 1 || !errors.As(undone[0].Err, new(*ForeignError)) {
		t.Errorf("%+v", undone)
	}
	if value, _ := replicas(t, c); value != "4" {
		t.Errorf("%s", value)
	}
}

// A number that cannot be placed says what waits, and whoever stops waiting finds the journal right.
func TestScaleThatCannotBePlaced(t *testing.T) {
	_, c := up(t)
	j := journal(t, c)
	s := NewScaler(c, j)
	for _, node := range []string{"n1", "n2", "n3"} {
		if err := c.Set(t.Context(), Resource{Kind: Availability, ID: node}, "pause"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := s.To(ctx, 4)
	if err == nil || !strings.Contains(err.Error(), "3 of 4 replicas run; web.4 waits: no suitable node (3 nodes not available for new tasks)") {
		t.Error(err)
	}
	if undone := s.Restore(t.Context()); len(undone) != 1 || undone[0].Err != nil {
		t.Errorf("%+v", undone)
	}
	if value, run := replicas(t, c); value != "3" || run != 3 {
		t.Errorf("%s are asked for and %d run", value, run)
	}
}
