package outfile

import (
	"os"
	"sync"
)

// underway are the files on their way to their places. Whoever made one takes it away,
// unless the program ends first.
var underway = struct {
	sync.Mutex
	names map[string]bool
}{names: map[string]bool{}}

func begin(name string) {
	underway.Lock()
	defer underway.Unlock()
	underway.names[name] = true
}

func end(name string) {
	underway.Lock()
	defer underway.Unlock()
	delete(underway.names, name)
}

// Abandon is for a program that ends at once, whatever it is writing: it removes what is
// on its way, and no other file comes to its end any more. The places hold what they
// held.
func Abandon() {
	underway.Lock() // for good
	for name := range underway.names {
		os.Remove(name)
	}
}
