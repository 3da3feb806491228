package swarm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/client"
)

// registryTimeout is how long a registry is waited for: a name server that does not answer takes
// 20 s.
const registryTimeout = 5 * time.Second

// Registry has the manager that answered last ask the registry of an image for it, as each start of
// a task does, and says how long that took. It must come after a [Watcher.Look] that succeeded.
func (w *Watcher) Registry(ctx context.Context, image string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, registryTimeout)
	defer cancel()
	e := w.engines[w.last]
	began := time.Now()
	_, err := e.docker.DistributionInspect(ctx, image, client.DistributionInspectOptions{})
	took := time.Since(began)
	if errors.Is(err, context.DeadlineExceeded) {
		return took, fmt.Errorf("no answer within %v", registryTimeout)
	}
	return took, err
}
