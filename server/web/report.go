package web

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/runlog/untrusted"
	"github.com/stress-tool/stress/server/store"
)

// reportPolicy lets a report be what it is, one file that draws itself, and reach nothing.
const reportPolicy = "sandbox allow-scripts allow-popups; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

func describe(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", reportPolicy)
	h.Set("Referrer-Policy", "no-referrer") // the address may be the key to it
	h.Set("X-Content-Type-Options", "nosniff")
}

// ServeReport answers with the report of a run. Without one, because nothing was measured or not yet, the
// error is [store.ErrNotFound].
func ServeReport(w http.ResponseWriter, r *http.Request, s *store.Store, run store.Run) error {
	if run.State != store.Ended {
		return store.ErrNotFound
	}
	page, err := untrusted.OpenIn(s.Dir(run), report.PageFile)
	if errors.Is(err, os.ErrNotExist) {
		return store.ErrNotFound
	}
	if err != nil {
		return err
	}
	defer page.Close()
	describe(w)
	http.ServeContent(w, r, "", run.Ended, page)
	return nil
}

func (s *Site) report(r *http.Request) (reply, error) {
	_, run, err := s.asked(r)
	if err != nil {
		return reply{}, err
	}
	return reply{file: func(w http.ResponseWriter, r *http.Request) {
		if err := ServeReport(w, r, s.Control.Store, run); err != nil {
			s.show(w, r, s.faultyAlone(err))
		}
	}}, nil
}

// document is a page of a report that is made when it is asked for.
func document(write func(io.Writer) error) (reply, error) {
	var page bytes.Buffer
	if err := write(&page); err != nil {
		return reply{}, err
	}
	return reply{file: func(w http.ResponseWriter, _ *http.Request) {
		describe(w)
		w.Write(page.Bytes()) // whoever asked may have gone
	}}, nil
}
