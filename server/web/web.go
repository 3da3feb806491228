// Package web is the pages of a server: hosts, tests, runs and their results in a browser. They need
// no script but for what changes while one looks at it.
package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stress-tool/stress/scenarios"
	"github.com/stress-tool/stress/server/account"
	"github.com/stress-tool/stress/server/control"
	"github.com/stress-tool/stress/server/peer"
	"github.com/stress-tool/stress/server/queue"
	"github.com/stress-tool/stress/server/store"
)

// Site is the pages of a server. Its fields are set before it is used.
type Site struct {
	Control *control.Control
	// Base is the beginning of this server's own addresses, such as http://127.0.0.1:4510.
	Base string
	// Door lets in who has an account.
	Door *account.Door
	// Open lets in whoever comes while there is no account: for addresses that this machine alone reaches.
	Open bool
	// Log hears of what is the server's own fault; it must not be nil.
	Log func(error)

	templates map[string]*template.Template
}

// Handler serves the pages, from the root on.
func (s *Site) Handler() http.Handler {
	s.templates = templates()
	mux := http.NewServeMux()
	page := func(pattern string, h handler) { mux.Handle(pattern, s.answer(h)) }
	page("GET /{$}", s.home)
	page("GET /hosts", s.hosts)
	page("POST /hosts", s.addHost)
	page("GET /hosts/{host}", s.host)
	page("POST /hosts/{host}/verify", s.verifyHost)
	page("POST /hosts/{host}/delete", s.deleteHost)
	page("GET /tests", s.tests)
	page("GET /tests/new", s.newTest)
	page("POST /tests/new", s.addTest)
	page("GET /tests/{test}", s.test)
	page("GET /tests/{test}/scenario.yaml", s.exportTest)
	page("POST /tests/{test}/run", s.runTest)
	page("POST /tests/{test}/archive", s.archiveTest)
	page("POST /tests/{test}/restore", s.restoreTest)
	page("POST /tests/{test}/delete", s.deleteTest)
	page("GET /tests/{test}/schedules", s.schedulesOf)
	page("GET /tests/{test}/schedules/new", s.editSchedule)
	page("POST /tests/{test}/schedules/new", s.saveSchedule)
	page("GET /tests/{test}/schedules/{schedule}", s.editSchedule)
	page("POST /tests/{test}/schedules/{schedule}", s.saveSchedule)
	page("POST /tests/{test}/schedules/{schedule}/pause", s.pauseSchedule)
	page("POST /tests/{test}/schedules/{schedule}/resume", s.resumeSchedule)
	page("POST /tests/{test}/schedules/{schedule}/delete", s.deleteSchedule)
	page("GET /tests/{test}/notify", s.notices)
	page("POST /tests/{test}/notify", s.saveNotices)
	page("POST /tests/{test}/notify/ping", s.ping)
	page("POST /tests/{test}/deliveries/{delivery}/redeliver", s.redeliver)
	page("GET /tests/{test}/badge", s.badge)
	page("POST /tests/{test}/badge", s.renewBadge)
	page("POST /tests/{test}/badge/delete", s.deleteBadge)
	page("GET /schedules", s.schedules)
	page("GET /runs", s.runs)
	page("GET /tests/{test}/results/{result}", s.result)
	page("GET /tests/{test}/results/{result}/report", s.alone(s.report))
	page("GET /tests/{test}/results/{result}/events", s.events)
	page("GET /tests/{test}/results/{result}/gate", s.gate)
	page("GET /tests/{test}/results/{result}/gate/page", s.alone(s.gatePage))
	page("POST /tests/{test}/results/{result}/share", s.shareRun)
	page("POST /tests/{test}/results/{result}/unshare", s.unshareRun)
	page("GET /tests/{test}/compare", s.compare)
	page("GET /tests/{test}/compare/page", s.alone(s.comparePage))
	page("GET /tests/{test}/trend", s.trend)
	page("GET /tests/{test}/trend/page", s.alone(s.trendPage))
	page("POST /try", s.try)
	page("POST /tests/{test}/results/{result}/stop", s.stopRun)
	page("POST /tests/{test}/results/{result}/cut", s.cutRun)
	page("/", func(*http.Request) (reply, error) { return reply{}, store.ErrNotFound })
	page("GET /settings", s.settings)
	page("GET /settings/keys", s.keys)
	page("POST /settings/keys", s.addKey)
	page("POST /settings/keys/revoke", s.revokeKey)
	page("GET /settings/accounts", s.accounts)
	page("POST /settings/accounts", s.addAccount)
	page("POST /settings/accounts/remove", s.removeAccount)
	page("POST /settings/accounts/password", s.changePassword)
	page("GET /settings/mail", s.mail)
	page("POST /settings/mail", s.saveMail)
	page("POST /settings/mail/try", s.tryMail)
	page("GET /settings/defaults", s.defaults)
	page("POST /settings/defaults", s.saveDefaults)
	page("GET /settings/agents", s.agents)
	page("POST /settings/agents/calibrate", s.calibrate)
	page("GET /settings/tokens", s.tokens)
	page("GET /settings/audit", s.audit)
	page("GET /login", s.loginPage)
	mux.Handle("POST /login", s.answerUpTo(mostLogin, mostLoginTime, s.logIn))
	page("POST /logout", s.logOut)
	mux.HandleFunc("GET /assets/{file}", asset)
	return s.guarded(s.admitted(mux))
}

// handler answers a request with what a browser gets.
type handler func(r *http.Request) (reply, error)

// reply is an answer: a page, or another address to go on at, or a file.
type reply struct {
	page    string // the name of its template, "" for none
	title   string
	data    any
	code    int    // 0 is 200
	to      string // where to go on, "" for nowhere
	file    http.HandlerFunc
	filling bool        // the page fills the window, and what it holds moves within
	follows bool        // a script keeps it up to date
	bare    bool        // it leads nowhere else: whoever sees it may not
	header  http.Header // what the answer has beside that of every page
}

// goTo is the reply after something was done: the page that shows it, which can be loaded anew
// without doing it again.
func goTo(parts ...string) (reply, error) {
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return reply{to: "/" + strings.Join(parts, "/")}, nil
}

// mostForm bounds what a form sends: a scenario is the longest of it.
const mostForm = 1 << 20

// answer turns a handler into one of net/http.
func (s *Site) answer(h handler) http.Handler { return s.answerUpTo(mostForm, 0, h) }

// answerUpTo answers forms of at most so many bytes, which come within a time; 0 is the server's own.
func (s *Site) answerUpTo(most int64, within time.Duration, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if within > 0 {
			http.NewResponseController(w).SetReadDeadline(time.Now().Add(within))
		}
		if err := r.ParseForm(); err != nil {
			code := http.StatusBadRequest
			if errors.As(err, new(*http.MaxBytesError)) {
				code = http.StatusRequestEntityTooLarge
			}
			s.show(w, r, s.faulty(&codeError{code, fmt.Errorf("the form cannot be read: %w", err)}))
			return
		}
		out, err := h(r)
		if err != nil {
			out = s.faulty(err)
		}
		s.show(w, r, out)
	})
}

func (s *Site) show(w http.ResponseWriter, r *http.Request, out reply) {
	maps.Copy(w.Header(), out.header)
	switch {
	case out.file != nil:
		out.file(w, r)
	case out.to != "":
		http.Redirect(w, r, out.to, http.StatusSeeOther)
	default:
		s.render(w, r, out)
	}
}

// frame is what the template of every page is given.
type frame struct {
	Title   string
	Place   string // the first part of the path, which the navigation marks
	Filling bool
	Follows bool
	Bare    bool
	User    string // who is logged in, "" for nobody
	Data    any
}

func (s *Site) render(w http.ResponseWriter, r *http.Request, out reply) {
	place, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	var text bytes.Buffer
	if err := s.templates[out.page].ExecuteTemplate(&text, "frame", frame{out.title, place, out.filling, out.follows, out.bare, peer.Of(r.Context()).Name, out.data}); err != nil {
		s.Log(fmt.Errorf("page %s: %w", out.page, err))
		http.Error(w, "the server could not write this page: its log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if out.code != 0 {
		w.WriteHeader(out.code)
	}
	w.Write(text.Bytes()) // whoever asked may have gone
}

// alone answers with a page that stands within another: its faults lead nowhere.
func (s *Site) alone(h handler) handler {
	return func(r *http.Request) (reply, error) {
		out, err := h(r)
		if err != nil {
			out = s.faultyAlone(err)
		}
		return out, nil
	}
}

// codeError is an error with a status code of its own.
type codeError struct {
	code int
	err  error
}

func (e *codeError) Error() string { return e.err.Error() }
func (e *codeError) Unwrap() error { return e.err }

// wrong is what is wrong; Alone is a page that leads nowhere.
type wrong struct {
	Says  []string
	Alone bool
}

// faulty is the page that says what is wrong. What is the server's own fault is told to its log.
func (s *Site) faulty(err error) reply {
	code, title := http.StatusInternalServerError, "The server could not do it"
	var coded *codeError
	says := func(err error) []string { return strings.Split(err.Error(), "\n") }
	switch {
	case errors.As(err, &coded):
		code, title = coded.code, "This cannot be done"
	case errors.Is(err, store.ErrNotFound), errors.Is(err, control.ErrNoLab):
		code, title, err = http.StatusNotFound, "Not there", errors.New("there is no such page, or what it showed was deleted")
	case errors.Is(err, control.ErrUnverified):
		code, title, says = http.StatusUnprocessableEntity, "The host is not verified", lookedFor
	case errors.As(err, new(*control.InvalidError)), errors.As(err, new(scenarios.Faults)):
		code, title = http.StatusUnprocessableEntity, "This cannot be done"
	case errors.Is(err, store.ErrBusy):
		code, title, err = http.StatusConflict, "Another run is queued or running", errors.New("runs do not wait for each other on this server: run it again when that one has ended, or start the server with --queue")
	case errors.Is(err, queue.ErrGoing), errors.Is(err, control.ErrCalibrating):
		code, title = http.StatusConflict, "The agents are at work"
	case store.Full(err):
		s.Log(err)
		code, title, err = http.StatusInsufficientStorage, "There is no room", store.ErrFull
	default:
		s.Log(err)
		err = errors.New("its log says why")
	}
	return reply{page: "fault", title: title, code: code, data: wrong{Says: says(err)}}
}

// faultyAlone is the same without a way on, for a page within another.
func (s *Site) faultyAlone(err error) reply {
	out := s.faulty(err)
	says, _ := out.data.(wrong)
	says.Alone, out.bare = true, true
	out.data = says
	return out
}

//go:embed pages/*.html
var pages embed.FS

// templates are those of all pages, each within the frame.
func templates() map[string]*template.Template {
	common := template.Must(template.New("frame").Funcs(functions).ParseFS(pages, "pages/frame.html", "pages/parts.html", "pages/settings.html"))
	all := map[string]*template.Template{}
	for _, name := range []string{"fault", "hosts", "host", "tests", "test", "form", "runs", "result", "framed", "schedules", "schedule", "notify", "badge",
		"login", "keys", "accounts", "mail", "defaults", "agents", "tokens", "audit"} {
		all[name] = template.Must(template.Must(common.Clone()).ParseFS(pages, "pages/"+name+".html"))
	}
	return all
}
