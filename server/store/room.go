package store

import (
	"context"
	"errors"
	"syscall"
	"time"

	"modernc.org/sqlite"
)

// What SQLite says of a full disk (sqlite.org/rescode.html): SQLITE_FULL, and SQLITE_IOERR_SHMSIZE of the index
// of its log.
const (
	fullCode    = 13
	shmSizeCode = 10 | 19<<8
)

// ErrFull is what whoever asked for a change is told that was not made for want of room on a disk.
var ErrFull = errors.New("the server's disk is full, and nothing was changed: make room on it, and ask again")

// Full reports that a change was not made for want of room on a disk.
func Full(err error) bool {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code()&0xff == fullCode || e.Code() == shmSizeCode) {
		return true
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// roomEvery is the time between two tries of a change that found no room.
const roomEvery = time.Second

// UntilRoom makes a change, again and again while the disk is full. The error is that of the last try; when
// ctx ends, there is no other. [Store.WhenFull] hears of the first try that found no room.
func (s *Store) UntilRoom(ctx context.Context, change func() error) error {
	for told := false; ; told = true {
		err := change()
		if !Full(err) {
			return err
		}
		if !told && s.WhenFull != nil {
			s.WhenFull(err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(roomEvery):
		}
	}
}
