package web

import (
	"html/template"
	"time"

	"github.com/stress-tool/stress/internal/plain"
)

// functions are what the templates call. html/template escapes what they return.
var functions = template.FuncMap{
	"line": plain.Line,
	"when": func(t time.Time) string {
		if t.IsZero() {
			return "–"
		}
		return t.UTC().Format("2006-01-02 15:04:05")
	},
	// local is an instant on the clocks of its zone, with what tells apart an hour that exists twice.
	"local":   func(t time.Time) string { return t.Format("Mon 2006-01-02 15:04 MST") },
	"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"took":    took,
	"next":    func(n int) int { return n + 1 },
}
