package rawhttp

// fifo is a queue that reuses its memory. The zero value is an empty queue.
type fifo[T any] struct {
	ring  []T
	head  int
	count int
}

func (f *fifo[T]) len() int { return f.count }

func (f *fifo[T]) push(v T) {
	if f.count == len(f.ring) {
		f.grow()
	}
	f.ring[(f.head+f.count)%len(f.ring)] = v
	f.count++
}

func (f *fifo[T]) grow() {
	ring := make([]T, max(2*len(f.ring), 16))
	n := copy(ring, f.ring[f.head:])
	copy(ring[n:], f.ring[:f.head])
	f.ring, f.head = ring, 0
}

// pop removes the oldest value. The queue must not be empty.
func (f *fifo[T]) pop() T {
	v := f.ring[f.head]
	var none T
	f.ring[f.head] = none
	f.head = (f.head + 1) % len(f.ring)
	f.count--
	return v
}
