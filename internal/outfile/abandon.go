package outfile

import (
	"os"
	"sync"
)

// pending are the temporary files that are still to be renamed. Their writers remove them,
// unless the program ends first.
var pending = struct {
	sync.Mutex
	names map[string]bool
}{names: map[string]bool{}}

func addPending(name string) {
	pending.Lock()
	defer pending.Unlock()
	pending.names[name] = true
}

func removePending(name string) {
	pending.Lock()
	defer pending.Unlock()
	delete(pending.names, name)
}

// Abandon is for a program that ends at once, whatever it is writing. It removes the temporary
// files, and no later write finishes. Each path keeps the content that it had.
func Abandon() {
	pending.Lock() // for good
	for name := range pending.names {
		os.Remove(name)
	}
}
