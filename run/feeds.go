package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/feed"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/attack/route"
	"github.com/stress-tool/stress/attack/template"
	"github.com/stress-tool/stress/runlog"
	"github.com/stress-tool/stress/scenarios"
)

// feeds are the data of a run's requests.
type feeds struct {
	sources []scenarios.Feed
	open    func(scenarios.Feed) (io.ReadCloser, error) // nil opens their files
	read    []*feed.Feed                                // of each
	taken   uint64                                      // rows of feeds whose rows are unique
}

// TooFewRowsError says that a feed whose rows are unique has fewer than a run takes.
type TooFewRowsError struct {
	Feed       string
	Take, Have uint64
}

func (e *TooFewRowsError) Error() string {
	return fmt.Sprintf("feed %s: the run takes %d rows, one a pass, warm-ups and rounds included, and it has %d: add rows, take less load, or write order: sequential", e.Feed, e.Take, e.Have)
}

// openFeeds reads the feeds of a scenario, and refuses those with fewer rows than its run takes.
func (r *runner) openFeeds(ctx context.Context) error {
	if err := r.Generator.openFeeds(ctx); err != nil {
		return err
	}
	if take := r.rowsTaken(); take > 0 {
		return r.data.enough(take)
	}
	return nil
}

// openFeeds reads the feeds of a scenario.
func (g *Generator) openFeeds(ctx context.Context) error {
	for _, s := range g.data.sources {
		f, err := g.readFeed(ctx, s)
		if err != nil {
			return err
		}
		g.data.read = append(g.data.read, f)
	}
	return nil
}

// readFeed reads a feed from its file, or where there is none from where its URL leads by the rules for
// addresses.
func (g *Generator) readFeed(ctx context.Context, s scenarios.Feed) (*feed.Feed, error) {
	if s.File == "" {
		body, err := feed.Fetch(ctx, s.URL, func(ctx context.Context, _, address string) (net.Conn, error) {
			conn, _, err := g.routes.Dial(ctx, route.Hop{Origin: route.Origin{Scheme: s.URL.Scheme, Address: address}}, nil)
			return conn, err
		})
		if err != nil {
			return nil, &UnreachableError{What: "feed " + s.Name, Err: err}
		}
		defer body.Close()
		return feed.Read(body, s.Shape)
	}
	if g.data.open != nil {
		source, err := g.data.open(s)
		if err != nil {
			return nil, err
		}
		defer source.Close()
		return feed.Read(source, s.Shape)
	}
	file, err := os.Open(s.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	before, err := file.Stat()
	if err != nil {
		return nil, err
	}
	f, err := feed.Read(file, s.Shape)
	if err != nil {
		return nil, err
	}
	if after, err := file.Stat(); err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return nil, errors.Join(err, f.Close(), &feed.Fault{Source: s.Source, Text: "was changed while it was read: try again"})
	}
	return f, nil
}

func (f *feeds) close() {
	for _, r := range f.read {
		r.Close() // it was only read
	}
	f.read = nil
}

// enough returns why feeds whose rows are unique have too few of them.
func (f *feeds) enough(take uint64) error {
	for i, s := range f.sources {
		if have := f.read[i].Rows(); s.Order == feed.Unique && have < take {
			return &TooFewRowsError{Feed: s.Name, Take: take, Have: have}
		}
	}
	return nil
}

// rowsTaken is how many rows all legs take, 0 where nobody knows beforehand: then each leg is judged as
// it comes.
func (r *runner) rowsTaken() uint64 {
	most := r.rounds.limit.most
	if r.o.Steps != nil || r.rounds.limit.budget > 0 {
		return 0
	}
	if looks := r.o.Looks.At; len(looks) > 0 {
		most = max(most, slices.Max(looks))
	}
	var round uint64
	for i := range r.loads {
		p := r.loads[i].Plan
		round += p.Count()
		if warmUp := r.rounds.compare.WarmUp; warmUp > 0 {
			round += p.Cut(warmUp).Count()
		}
	}
	return round * uint64(len(r.targets)) * uint64(most)
}

// take is the first row of a leg, where rows are unique.
func (f *feeds) take(p plan.Plan) (first uint64, err error) {
	if !slices.ContainsFunc(f.sources, func(s scenarios.Feed) bool { return s.Order == feed.Unique }) {
		return 0, nil
	}
	first = f.taken
	f.taken += p.Count()
	return first, f.enough(f.taken)
}

// values are what requests may name in a leg whose first row is that one, and the requests with the
// columns that are added to them.
func (g *Generator) values(first uint64) (template.Names, []attack.Request) {
	all := template.Names{}
	requests := slices.Clone(g.sc.Requests)
	for i, s := range g.data.sources {
		f := g.data.read[i]
		var added []string
		for n, t := range f.Tables {
			for c, value := range t.Values(s.Order, uint64(i)<<32|uint64(n), first) {
				name := t.Columns[c]
				if g.sc.Adds(s) && !t.Variables {
					alias := fmt.Sprintf("payload_%d_%d_%d", i, n, c)
					added = append(added, url.QueryEscape(name)+"={{"+alias+"}}")
					name = alias
				}
				all[name] = value
			}
		}
		for j, of := range g.sc.Payloads {
			if of == s.Name {
				add(&requests[j], added)
			}
		}
	}
	return all, requests
}

// add adds parameters to the form or the query of a request.
func add(r *attack.Request, pairs []string) {
	text := strings.Join(pairs, "&")
	switch {
	case len(pairs) == 0:
	case scenarios.AddsToBody(r.Method):
		if len(r.Body) > 0 {
			text = string(r.Body) + "&" + text
		}
		r.Body, r.Header = []byte(text), r.Header.Clone()
		r.Header.Set("Content-Type", scenarios.FormType)
	case strings.Contains(r.Path, "?"):
		r.Path += "&" + text
	default:
		r.Path += "?" + text
	}
}

// stored are the feeds as a run keeps them.
func (f *feeds) stored(sc *scenarios.Scenario) (all []runlog.Feed) {
	for i, s := range f.sources {
		all = append(all, runlog.Feed{Name: s.Name, Source: sc.FeedSource(s), Order: string(s.Order), Rows: f.read[i].Rows(), SHA256: f.read[i].SHA256})
	}
	return all
}
