package web

import (
	"errors"
	"net/http"

	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/peer"
)

// events follows a run, for the script of its page, as long as who asks may see it.
func (s *Site) events(r *http.Request) (reply, error) {
	_, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	return reply{file: func(w http.ResponseWriter, r *http.Request) {
		token := tokenOf(r)
		if peer.Of(r.Context()).Name == "" { // an old cookie of somebody who needs none
			token = ""
		}
		ctx, done := s.Door.While(r.Context(), token)
		defer done()
		switch err := s.Control.Follow(w, r.WithContext(ctx), run.ID); {
		case errors.Is(err, control.ErrWatched):
			http.Error(w, err.Error(), http.StatusTooManyRequests)
		case err != nil:
			s.Log(err)
		}
	}}, nil
}
