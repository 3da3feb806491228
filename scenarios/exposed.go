package scenarios

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Exposed names what was typed, a flag or an address, that holds a secret in clear: every user
// of the machine can read a command line while its program runs. Secrets of a file are none of
// these, nor is what a variable fills in here; a shell that fills one in has typed it.
func (d Document) Exposed(opts Options) []string {
	fs, root := d.tree(opts)
	var found []string
	var walk func(n *node)
	walk = func(n *node) {
		for _, e := range n.fields {
			walk(e.value)
		}
		for _, item := range n.items {
			walk(item)
		}
		if n.at.file == Set && n.kind == text && inClear(n) {
			found = append(found, cmp.Or(fs.flags[n.path], Set+" "+n.path))
		}
	}
	if root != nil {
		walk(root)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func inClear(n *node) bool {
	if n.path == "ledger.dsn" {
		cfg, err := mysql.ParseDSN(variableForm().ReplaceAllString(n.raw, ""))
		return err == nil && cfg.Passwd != ""
	}
	if (n.secret || strings.HasSuffix(n.path, ".body")) && strings.Contains(n.raw, "${") {
		return false
	}
	w := &writer{secrets: map[string]string{}}
	return w.covered(n) != n.raw
}
