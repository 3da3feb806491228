package scenarios

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stress-tool/stress/observe/dsn"
)

// Exposed names the flags and addresses of the command line that hold a secret in clear: every
// user of the machine can read a command line while its program runs. A secret in a file is not
// exposed, and a variable that is filled in here is not. A variable that the shell fills in is.
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
		_, password := dsn.Credentials(variableForm().ReplaceAllString(n.raw, ""))
		return password != ""
	}
	if (n.secret || strings.HasSuffix(n.path, ".body")) && strings.Contains(n.raw, "${") {
		return false
	}
	w := &writer{secrets: map[string]string{}}
	return w.covered(n) != n.raw
}
