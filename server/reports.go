package server

import (
	"errors"
	"net/http"

	"github.com/stress-tool/stress/server/store"
	"github.com/stress-tool/stress/server/web"
)

// report shows the page of a run to whoever has its token, which nobody can guess.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	found, err := s.store.SharedRun(r.Context(), r.PathValue("token"))
	if err == nil && found.Test != r.PathValue("test") {
		err = store.ErrNotFound
	}
	if err == nil {
		err = web.ServeReport(w, r, s.store, found)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		http.Error(w, "there is no such result, or it is no longer shared", http.StatusNotFound)
	case err != nil:
		s.o.Log.Print(err)
		http.Error(w, "the report cannot be read", http.StatusInternalServerError)
	}
}
