package swarm

import (
	"context"

	"github.com/moby/moby/client"
)

// docker is the part of a client that a watcher uses, as functions. A field of type [client.Client]
// would keep all of its two hundred methods in the program, because the linker takes what an
// interface leads to for used.
type docker struct {
	info    func(context.Context, client.InfoOptions) (client.SystemInfoResult, error)
	service func(context.Context, string, client.ServiceInspectOptions) (client.ServiceInspectResult, error)
	nodes   func(context.Context, client.NodeListOptions) (client.NodeListResult, error)
	tasks   func(context.Context, client.TaskListOptions) (client.TaskListResult, error)
	events  func(context.Context, client.EventsListOptions) client.EventsResult
	close   func() error
}

func newDocker(c *client.Client) docker {
	return docker{c.Info, c.ServiceInspect, c.NodeList, c.TaskList, c.Events, c.Close}
}
