package rawhttp

import (
	"net/http"

	"github.com/stress-tool/stress/attack/wire"
)

// answer is the head of an answer to a client, for [capture.Set.FromHead].
type answer struct {
	l      *loop
	c      *client
	head   *head
	header http.Header // what is wanted of it
}

// Header implements [capture.Head].
func (a *answer) Header(b []byte, name string) ([]byte, bool) {
	for _, f := range a.head.captured {
		if f.name == name {
			return append(b, f.value...), true
		}
	}
	return b, false
}

// Cookie implements [capture.Head].
func (a *answer) Cookie(b []byte, name string) ([]byte, bool) {
	h := wire.Head{Fields: a.header, URL: a.c.message.For(a.l.turn(a.c)).URL, Cookies: &a.c.cookies}
	return h.Cookie(b, name)
}
