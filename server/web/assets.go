package web

import (
	"embed"
	"net/http"
	"path"

	"github.com/stress-tool/stress/report/page"
)

//go:embed assets/*
var files embed.FS

// asset serves what pages are made of, beside their text.
func asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	text, err := files.ReadFile(path.Join("assets", name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	kind := map[string]string{".css": "text/css", ".js": "text/javascript"}[path.Ext(name)]
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	switch name {
	case "site.css":
		w.Write([]byte(page.StyleSheet()))
	case "site.js":
		charts, err := page.LiveScript()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write([]byte(charts))
	}
	w.Write(text)
}
