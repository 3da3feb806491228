package web

import (
	"net/http"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/store"
)

// pasted is a badge, and what to paste where it is to stand.
type pasted struct {
	Name, About    string
	Source         string // of the picture, on this site
	Markdown, HTML string
}

// badge shows the badges of a test, and what to paste: pictures that lead nowhere, for whoever sees one may
// not see the report.
func (s *Site) badge(r *http.Request) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	v := struct {
		Test store.Test
		All  []pasted
	}{Test: t}
	if t.Badge != "" {
		path := "/badges/" + t.Badge + ".svg"
		for _, b := range []struct{ name, about, query string }{
			{"The verdict", "load test", ""}, {"The " + metric.P95.Name + " of the last target", metric.P95.Name, "?show=" + metric.P95.Name},
		} {
			at := s.Base + path + b.query
			v.All = append(v.All, pasted{b.name, b.about, path + b.query, "![" + b.about + "](" + at + ")", `<img src="` + at + `" alt="` + b.about + `">`})
		}
	}
	return reply{page: "badge", title: "Badge: " + t.Name, data: v}, nil
}

func (s *Site) renewBadge(r *http.Request) (reply, error)  { return s.setBadge(r, store.NewID()) }
func (s *Site) deleteBadge(r *http.Request) (reply, error) { return s.setBadge(r, "") }

func (s *Site) setBadge(r *http.Request, token string) (reply, error) {
	t, err := s.kept(r)
	if err != nil {
		return reply{}, err
	}
	if err := s.Control.Store.RenewBadge(r.Context(), t.ID, token, control.By(r.Context())); err != nil {
		return reply{}, err
	}
	return goTo("tests", t.ID, "badge")
}
