package fault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	observed "github.com/stress-tool/stress/observe/swarm"
)

// lab is the lab that a cluster is a part of, and that can do to it what nothing else can: see
// package lab/control, which answers.
type lab struct {
	address string
	http    *http.Client
}

// openLab connects to nothing yet; it is nil for no address.
func openLab(address string, cfg observed.Config) (*lab, error) {
	if address == "" {
		return nil, nil
	}
	c, err := observed.HTTPClient(address, cfg)
	if err != nil {
		return nil, fmt.Errorf("cluster.lab: %w", err)
	}
	return &lab{address, c}, nil
}

// labAddress is "" for a cluster that is no part of a lab.
func (c *Cluster) labAddress() string {
	if c.lab == nil {
		return ""
	}
	return c.lab.address
}

func (l *lab) close() {
	if l != nil {
		l.http.CloseIdleConnections()
	}
}

// errNoLab says that a resource is that of a lab, and that none is known.
var errNoLab = errors.New("only a lab can do that, and cluster.lab names none")

// value is what a resource of the lab is.
func (l *lab) value(ctx context.Context, r Resource) (string, error) {
	return l.ask(ctx, http.MethodGet, r, "")
}

// set makes a resource of the lab what is asked for.
func (l *lab) set(ctx context.Context, r Resource, value string) error {
	_, err := l.ask(ctx, http.MethodPut, r, value)
	return err
}

// maxLabAnswer bounds an answer of a lab, in bytes.
const maxLabAnswer = 10_000

func (l *lab) ask(ctx context.Context, method string, r Resource, body string) (string, error) {
	if l == nil {
		return "", errNoLab
	}
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	status, answer, err := l.do(ctx, method, "/"+url.PathEscape(string(r.Kind))+"/"+url.PathEscape(r.ID), body)
	switch {
	case err != nil:
		return "", err
	case status == http.StatusNotFound:
		return "", fmt.Errorf("the lab at %s has no %s: %s", l.address, r, l.has(ctx))
	case status/100 != 2:
		return "", fmt.Errorf("lab at %s: %s", l.address, strings.TrimSpace(answer))
	}
	return answer, nil
}

// has says what the lab can change.
func (l *lab) has(ctx context.Context) string {
	var all []string
	status, answer, err := l.do(ctx, http.MethodGet, "/", "")
	if err != nil || status != http.StatusOK || json.Unmarshal([]byte(answer), &all) != nil {
		return "it does not say what it has"
	}
	for i, name := range all {
		kind, id, _ := strings.Cut(name, "/")
		all[i] = Resource{Kind: ResourceKind(kind), Name: id}.String()
	}
	return "it has " + strings.Join(all, ", ")
}

func (l *lab) do(ctx context.Context, method, path, body string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://lab.invalid"+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	resp, err := l.http.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("lab at %s: %w", l.address, errors.Unwrap(err)) // without the address that is none
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxLabAnswer))
	return resp.StatusCode, string(b), err
}
