package server

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/stress-tool/stress/analyze/metric"
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
	"github.com/stress-tool/stress/server/store"
)

// badgeTemplate is a label and a value beside each other, in SVG.
var badgeTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("badge").Parse(
		`<svg xmlns="http://www.w3.org/2000/svg" width="{{.Width}}" height="20" role="img" aria-label="{{.Label}}: {{.Value}}">` +
			`<title>{{.Label}}: {{.Value}}</title><rect width="{{.Width}}" height="20" rx="3" fill="#444"/>` +
			`<rect x="{{.Left}}" width="{{.Right}}" height="20" rx="3" fill="{{.Color}}"/>` +
			`<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">` +
			`<text x="{{.LabelAt}}" y="14">{{.Label}}</text><text x="{{.ValueAt}}" y="14">{{.Value}}</text></g></svg>`))
})

// badge is what a badge says.
type badge struct{ Label, Value, Color string }

// Left and Right are the widths of the two sides, in pixels: a character of the font is 7 wide at most.
func (b badge) Left() int    { return 7*utf8.RuneCountInString(b.Label) + 10 }
func (b badge) Right() int   { return 7*utf8.RuneCountInString(b.Value) + 10 }
func (b badge) Width() int   { return b.Left() + b.Right() }
func (b badge) LabelAt() int { return b.Left() / 2 }
func (b badge) ValueAt() int { return b.Left() + b.Right()/2 }

// The colours of verdicts, dark enough for white letters (WCAG 2.2, 1.4.3).
var badgeColors = map[result.Verdict]string{result.Pass: "#1a7f37", result.Fail: "#cf222e"}

const badgeNeutral = "#6e5494"

// badgeOf is what the newest run of a test came to: its verdict, or the p95 that stands for it with that verdict's
// colour. A badge has no room to say how far a figure is to be believed: one that is the generator's, or of so few
// requests that it is their maximum, is not shown.
func badgeOf(r store.Run, show string) badge {
	b := badge{"load test", strings.ToLower(cmp.Or(string(r.Verdict()), "not measured")), cmp.Or(badgeColors[r.Verdict()], badgeNeutral)}
	if show != metric.P95.Name {
		return b
	}
	b.Label, b.Value = metric.P95.Name, "not measured"
	shown, _ := r.Shown()
	f, ok := shown.Of(metric.P95)
	switch {
	case !ok:
	case r.Verdict() == result.Invalid:
		b.Value = "invalid"
	case f.Observed.N < metric.P95.Fewest():
		b.Value = "too few requests"
	default:
		b.Value = words.Millis(f.Observed.Value)
	}
	return b
}

// badge shows what the newest run of a test came to, to whoever has the token of its badge.
func (s *Server) badge(w http.ResponseWriter, r *http.Request) {
	token, isSVG := strings.CutSuffix(r.PathValue("file"), ".svg")
	t, err := s.store.TestOfBadge(r.Context(), token)
	if errors.Is(err, store.ErrNotFound) || !isSVG {
		http.Error(w, "no such badge", http.StatusNotFound)
		return
	}
	var newest store.Run
	if err == nil {
		newest, err = s.store.NewestEnded(r.Context(), t.ID)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.o.Log.Print(err)
		http.Error(w, "the server could not read its store", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache, max-age=0") // who shows it elsewhere keeps it otherwise
	badgeTemplate().Execute(w, badgeOf(newest, r.URL.Query().Get("show")))
}
