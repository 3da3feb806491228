package report

import "github.com/stress-tool/stress/internal/plain"

// link is a reference to the page at a path, for an attribute of this one; "" where none is
// to be made. Whatever the path is, it stays one: it begins with a dot.
func (o Options) link(path string) string {
	if o.Link == nil || path == "" {
		return ""
	}
	if to := o.Link(path); to != "" {
		return "./" + plain.URLPath(to)
	}
	return ""
}
