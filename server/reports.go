package server

import (
	"cmp"
	"errors"
	"net/http"
	"os"

	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog/untrusted"
	"github.com/stress-tool/stress/server/store"
)

// reportPolicy lets a report be what it is, one file that draws itself, and reach nothing.
const reportPolicy = "sandbox allow-scripts allow-popups; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"

// report shows the page of a run to whoever knows both identifiers, which nobody can guess.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	found, err := s.store.Run(r.Context(), r.PathValue("result"))
	if err == nil && found.Test != r.PathValue("test") {
		err = store.ErrNotFound
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		http.Error(w, "no such result", http.StatusNotFound)
		return
	case err != nil:
		s.o.Log.Print(err)
		http.Error(w, "the server could not read its store", http.StatusInternalServerError)
		return
	case found.State != store.Ended:
		http.Error(w, "the run has not ended yet", http.StatusNotFound)
		return
	}
	page, err := untrusted.OpenIn(s.store.Dir(found), report.PageFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		http.Error(w, "there is no report: "+cmp.Or(found.Problem, "nothing was measured"), http.StatusNotFound)
		return
	case err != nil:
		s.o.Log.Print(err)
		http.Error(w, "the report cannot be read", http.StatusInternalServerError)
		return
	}
	defer page.Close()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", reportPolicy)
	h.Set("Referrer-Policy", "no-referrer") // the address is the key to it
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", found.Ended, page)
}
