package broker

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// own begins the names of the directories that [Start] makes.
const own = "stress-broker-"

// young is how old a directory is at least that may be taken for one that was left: a broker that begins has not
// locked its own yet.
const young = time.Minute

// removeLeft removes what the brokers of programs that were killed have left in the system's directory for such.
func removeLeft() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), own+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() || time.Since(info.ModTime()) < young {
			continue
		}
		lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue // it is another user's, or no broker's
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		lock.Close()
	}
}
