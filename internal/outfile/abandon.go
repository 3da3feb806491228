package outfile

import (
	"os"
	"sync"
)

// pending are the files on their way to their places. Whoever made one takes it away,
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

// Abandon is for a program that ends at once, whatever it is writing: it removes what is
// on its way, and no other file comes to its end any more. The places hold what they
// held.
func Abandon() {
	pending.Lock() // for good
	for name := range pending.names {
		os.Remove(name)
	}
}
