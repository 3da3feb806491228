package web

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// testRow is a test with what its newest runs came to.
type testRow struct {
	store.Test
	HostName string
	Last     *runView // nil without any run
	Spark    template.HTML
	// Drawn is how many runs the line is made of, and Of how many there were to make it of.
	Drawn, Of int
}

// sparkRuns is how many runs a line of the list is made of.
const sparkRuns = 12

func (s *Site) tests(r *http.Request) (reply, error) {
	q := r.URL.Query()
	v := struct {
		Rows          []testRow
		Search, Tag   string
		Archived, Any bool
		Tags          []string
		Newest        int
	}{Newest: sparkRuns, Search: strings.TrimSpace(q.Get("q")), Tag: q.Get("tag"), Archived: q.Get("archived") != ""}
	all, err := s.Control.Store.Tests(r.Context(), false)
	if err != nil {
		return reply{}, err
	}
	hosts, err := s.hostNames(r.Context())
	if err != nil {
		return reply{}, err
	}
	latest, err := s.Control.Store.LatestRuns(r.Context(), sparkRuns)
	if err != nil {
		return reply{}, err
	}
	for _, t := range all {
		if t.Archived.IsZero() == v.Archived {
			continue
		}
		v.Any = true
		v.Tags = append(v.Tags, t.Tags...)
		if v.Tag != "" && !slices.Contains(t.Tags, v.Tag) || !holds(v.Search, t.Name, t.Notes, hosts[t.Host], strings.Join(t.Tags, " ")) {
			continue
		}
		row := testRow{Test: t, HostName: hosts[t.Host], Of: len(latest[t.ID])}
		row.Spark, row.Drawn = sparkOf(latest[t.ID])
		if runs := latest[t.ID]; len(runs) > 0 {
			last := viewOf(runs[0])
			row.Last = &last
		}
		v.Rows = append(v.Rows, row)
	}
	slices.Sort(v.Tags)
	v.Tags = slices.Compact(v.Tags)
	return reply{page: "tests", title: "Tests", data: v}, nil
}

// holds reports that one of the texts holds every word of a search, whatever the size of letters.
func holds(search string, texts ...string) bool {
	within := strings.ToLower(strings.Join(texts, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(within, word) {
			return false
		}
	}
	return true
}

func (s *Site) hostNames(ctx context.Context) (map[string]string, error) {
	hosts, err := s.Control.Store.Hosts(ctx)
	names := map[string]string{}
	for _, h := range hosts {
		names[h.ID] = h.Name
	}
	return names, err
}

// kept is the test that a request names.
func (s *Site) kept(r *http.Request) (store.Test, error) {
	return s.Control.Store.Test(r.Context(), r.PathValue("test"))
}

// mostShown is how many runs of a test its page shows; the others are at hand by their addresses.
const mostShown = 200

func (s *Site) test(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	h, err := s.Control.Store.Host(r.Context(), t.Host)
	if err != nil {
		return reply{}, err
	}
	runs, err := s.Control.Store.SomeRunsOf(r.Context(), t.ID, 0, mostShown)
	if err != nil {
		return reply{}, err
	}
	all, err := s.Control.Store.CountRunsOf(r.Context(), t.ID)
	if err != nil {
		return reply{}, err
	}
	v := struct {
		store.Test
		Host      store.Host
		Runs      []runView
		More      int
		Plans     []planView
		Wrong     []string // with the scenario, which another version may have kept
		Several   bool     // results to compare
		Secrets   []string
		Schedules int
	}{Test: t, Host: h}
	schedules, err := s.Control.Store.SchedulesOf(r.Context(), t.ID)
	if err != nil {
		return reply{}, err
	}
	v.Schedules = len(schedules)
	measured := 0
	for _, run := range runs {
		v.Runs = append(v.Runs, viewOf(run))
		if run.Summary != nil {
			measured++
		}
	}
	v.Several = measured > 1
	v.More = max(0, all-len(v.Runs))
	if sc, err := control.Scenario(t); err != nil {
		v.Wrong = strings.Split(err.Error(), "\n")
	} else {
		v.Plans = plansOf(sc)
	}
	for name := range t.Secrets {
		v.Secrets = append(v.Secrets, name)
	}
	slices.Sort(v.Secrets)
	return reply{page: "test", title: t.Name, data: v}, nil
}

// exportTest is the scenario as a file, secrets left out.
func (s *Site) exportTest(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	return reply{file: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="scenario.yaml"`)
		http.ServeContent(w, r, "", t.Created, strings.NewReader(t.Scenario))
	}}, nil
}

func (s *Site) runTest(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	return s.begin(r.Context(), t)
}

// begin asks for a run of a test, and leads to where it is shown.
func (s *Site) begin(ctx context.Context, t store.Test) (reply, error) {
	run, err := s.Control.Run(ctx, t, store.ByPage)
	if err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "results", run.ID)
}

func (s *Site) archiveTest(r *http.Request) (reply, error) { return s.setArchived(r, time.Now()) }
func (s *Site) restoreTest(r *http.Request) (reply, error) { return s.setArchived(r, time.Time{}) }

func (s *Site) setArchived(r *http.Request, at time.Time) (reply, error) {
	id := r.PathValue("test")
	if err := s.Control.Store.ArchiveTest(r.Context(), id, at, control.By(r.Context())); err != nil {
		return reply{}, err
	}
	return goTo("tests", id)
}

func (s *Site) deleteTest(r *http.Request) (reply, error) {
	if err := s.Control.DeleteTest(r.Context(), r.PathValue("test")); err != nil {
		return reply{}, err
	}
	return goTo("tests")
}

// invalid reports that an error is the fault of who asked, to be shown where he asked.
func invalid(err error) bool {
	return errors.As(err, new(*control.InvalidError)) || errors.As(err, new(scenarios.Faults))
}

// sparkOf draws the p95 of runs, the newest first, from the oldest on and from 0 up; "" for fewer than two. As in a
// trend they are all under one load, that of the newest, and INVALID and partial ones have none.
func sparkOf(runs []store.Run) (drawing template.HTML, drawn int) {
	load := ""
	if i := slices.IndexFunc(runs, func(run store.Run) bool { return run.Summary != nil }); i >= 0 {
		shown, _ := runs[i].Shown()
		load = shown.Load
	}
	var values []float64
	for _, run := range slices.Backward(runs) {
		shown, ok := run.ShownUnder(load)
		if !ok || run.Verdict() == result.Invalid || run.Summary.Partial {
			continue
		}
		if f, ok := shown.Of(metric.P95); ok {
			values = append(values, f.Observed.Value)
		}
	}
	if len(values) < 2 {
		return "", len(values)
	}
	return line(values, 100, 24, "spark series-0"), len(values)
}
