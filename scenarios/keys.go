package scenarios

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stress-tool/stress/analyze/threshold"
	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/plan"
	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/runlog"
)

// The types here are a scenario as written; build.go makes a [Scenario] of them.

type scenarioSpec struct {
	name       at[string]
	load       at[loadSpec]
	loads      at[[]at[namedLoadSpec]]
	feeds      at[[]at[feedSpec]]
	request    at[requestSpec]
	requests   at[[]at[requestSpec]]
	targets    at[[]at[targetSpec]]
	ledger     at[ledgerSpec]
	cluster    at[clusterSpec]
	injections at[[]at[injectionSpec]]
	allowed    at[bool]
	compare    at[compareSpec]
	capacity   at[capacitySpec]
	thresholds at[[]at[threshold.Threshold]]
	outage     at[time.Duration]
	decide     at[string]
	gate       at[gateSpec]
	engine     at[string]
	generators at[generatorsSpec]
}

type requestSpec struct {
	name     at[string]
	method   at[string]
	path     at[*url.URL]
	headers  at[map[string]at[string]]
	body     at[string]
	bodyFile at[string]
	auth     at[authSpec]
	follow   at[int]
	expect   at[expectSpec]
	capture  at[map[string]at[captureSpec]]
	claims   at[int]
	payload  at[string]
	weight   at[int]
	pause    at[plan.Pause]
}

type authSpec struct{ user, password at[string] }

type expectSpec struct {
	status at[[]at[attack.StatusRange]]
	body   at[string]
	match  at[*regexp.Regexp]
	header at[map[string]at[string]]

	json, jsonMatch at[map[string]at[string]]
	size            at[[]at[attack.Size]]
	within          at[time.Duration]
	not             at[notSpec]
}

type targetSpec struct {
	name     at[string]
	url      at[address]
	replicas at[[]at[int]]
	hostFrom at[hostFromSpec]
	insecure at[bool]
	http2    at[bool]

	host       at[string]
	connectTo  at[[]at[string]]
	serverName at[string]
	tls        at[tlsSpec]
	proxy      at[*url.URL]
}

type tlsSpec struct {
	ca, cert, key, minVersion at[string]
	resume                    at[bool]
}

type compareSpec struct {
	baseline, candidate      at[string]
	rounds, most, seed       at[int]
	coolDown, warmUp, budget at[time.Duration]
}

// gateSpec are limits by the name of their metric, one of [metric.Kept].
type gateSpec map[string]*at[limitSpec]

// limit is the place of a metric's limit.
func (g *gateSpec) limit(name string) *at[limitSpec] {
	if *g == nil {
		*g = gateSpec{}
	}
	if (*g)[name] == nil {
		(*g)[name] = &at[limitSpec]{}
	}
	return (*g)[name]
}

type limitSpec struct {
	worseBy       at[float64]
	and, max, min at[amount]
}

// Most of what has no bound of its own.
const (
	maxConnections = 1_000_000
	maxReplicas    = 100_000
	maxFollow      = 50
	maxWeight      = 100_000
	maxSeed        = 1<<31 - 1
)

// scenarioForm is the table of every key there is. Like its parts it is made at its first use,
// because most commands read no scenario.
var scenarioForm = sync.OnceValue(func() form[scenarioSpec] {
	return object(
		field("name", name(), func(s *scenarioSpec) *at[string] { return &s.name },
			"What reports call the scenario.").or("the file's name"),
		field("load", loadForm(), func(s *scenarioSpec) *at[loadSpec] { return &s.load },
			"How much load, of which kind, for how long; several stand under `loads`."),
		field("loads", listOf(namedLoadForm(), "a list of at least one load", 1), func(s *scenarioSpec) *at[[]at[namedLoadSpec]] { return &s.loads },
			"Several loads of one run, in place of `load`. In each round every load in turn is put on every target, and each is judged by itself. `--load NAME` picks one."),
		field("feeds", listOf(feedForm(), "a list of feeds", 1), func(s *scenarioSpec) *at[[]at[feedSpec]] { return &s.feeds },
			"Data that requests are made of, such as users and their passwords: every pass gets a row of each feed, and `{{name}}` in a request is its value in the column of that name."),
		field("request", requestForm(), func(s *scenarioSpec) *at[requestSpec] { return &s.request },
			"The one request of a pass; several stand under `requests`."),
		field("requests", listOf(requestForm(), "a list of at least one request", 1), func(s *scenarioSpec) *at[[]at[requestSpec]] { return &s.requests },
			"The requests of a pass, in order, as loader.io's several URLs."),
		field("targets", listOf(targetForm(), "a list of at least one target", 1), func(s *scenarioSpec) *at[[]at[targetSpec]] { return &s.targets },
			"The addresses under test. Each gets the same load, one after the other.").required(),
		field("ledger", ledgerForm(), func(s *scenarioSpec) *at[ledgerSpec] { return &s.ledger },
			"The database table in which the service writes who served what; it is counted before and after."),
		field("cluster", clusterForm(), func(s *scenarioSpec) *at[clusterSpec] { return &s.cluster },
			"The Docker Swarm behind the targets. It is watched beside the load: which task on which node each host is, and what happened to tasks, nodes and service. Only `faults` and targets of several `replicas` change it, and what cannot be seen of it fails no run."),
		field("faults", listOf(injectionForm(), "a list of faults", 0), func(s *scenarioSpec) *at[[]at[injectionSpec]] { return &s.injections },
			"What is done to the cluster while a load runs, at instants of each leg. It is undone at the end of the leg; `stress recover` undoes what a run that was killed left. `allow_faults: true` here and `--yes` on the command line are both needed."),
		field("allow_faults", truth(), func(s *scenarioSpec) *at[bool] { return &s.allowed },
			"That the cluster may be changed, by `faults` and by targets of several `replicas`: whoever runs the scenario confirms it with `--yes`.").or("false"),
		field("compare", compareForm(), func(s *scenarioSpec) *at[compareSpec] { return &s.compare },
			"Which targets are held against each other, and how they take turns. With exactly two targets the first is the baseline unless this says otherwise; with one there are only the turns."),
		field("capacity", capacityForm(), func(s *scenarioSpec) *at[capacitySpec] { return &s.capacity },
			"How `stress capacity` searches for the largest load that each target carries. A scenario with this key needs no load."),
		field("thresholds", listOf(thresholdForm(), "a list of thresholds", 0), func(s *scenarioSpec) *at[[]at[threshold.Threshold]] { return &s.thresholds },
			"What must hold for every target, over its rounds, under every load; \"p95{login} < 300ms\" is about one request of a pass. An empty list asks for nothing.").or("error_rate < 1%, and lost == 0 with a ledger"),
		field("outage", duration(0), func(s *scenarioSpec) *at[time.Duration] { return &s.outage },
			"The longest that a leg may go without a success, where a success was to be expected in every second; a leg that answered nobody for longer is a FAIL, whatever the thresholds ask. 0s never is.").or(`"5s"`),
		field("decide", oneOf("interval", runlog.DecideObserved), func(s *scenarioSpec) *at[string] { return &s.decide },
			"What thresholds are judged by. interval: met if all that the figure may be keeps the threshold, not met if none of it does, and INCONCLUSIVE otherwise. observed: by the figure of each leg as it was, which says nothing of another run.").or(`"interval"`),
		field("gate", gateForm(), func(s *scenarioSpec) *at[gateSpec] { return &s.gate },
			"What `stress gate` holds a run to, metric by metric: how much worse than a baseline it may be, and how bad at all."),
		field("engine", oneOf("auto", "rawhttp", "nethttp"), func(s *scenarioSpec) *at[string] { return &s.engine },
			"What sends the requests. rawhttp takes a fraction of the processor time, and knows HTTP/1.1 on Linux, TLS included; nethttp knows HTTP/2 and proxies too. auto takes rawhttp for each target without a proxy and without HTTP/2.").or(`"auto"`),
		field("generators", generatorsForm(), func(s *scenarioSpec) *at[generatorsSpec] { return &s.generators },
			"The machines that put the load on, where this one is not enough: agents, among which it is divided."),
	)
})

var requestForm = sync.OnceValue(func() form[requestSpec] {
	return object(
		field("name", name(), func(r *requestSpec) *at[string] { return &r.name },
			"What reports call the request; unique.").or("method and path"),
		field("method", oneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), func(r *requestSpec) *at[string] { return &r.method },
			"The HTTP method.").or(`"GET"`),
		field("path", requestPath(), func(r *requestSpec) *at[*url.URL] { return &r.path },
			"Path and query, or a whole URL. Without a leading / it is resolved below the target's own path. What no request line may hold, such as a space or an é, is percent-encoded; every % stays as it is. It may hold values.").required(),
		field("headers", sentHeaders(), func(r *requestSpec) *at[map[string]at[string]] { return &r.headers },
			"Request headers. What frames a message, such as Content-Length, cannot be set; User-Agent: \"\" sends none. All but Host may hold values."),
		field("body", anyText("text", 0), func(r *requestSpec) *at[string] { return &r.body },
			"The request body. It may hold values."),
		field("body_file", anyText("a file name", 1), func(r *requestSpec) *at[string] { return &r.bodyFile },
			"A file with the request body, relative to the scenario's file. It is sent as it is."),
		field("auth", authForm(), func(r *requestSpec) *at[authSpec] { return &r.auth },
			"HTTP basic authentication. User and password may hold values."),
		field("follow", wholeNumber(0, maxFollow), func(r *requestSpec) *at[int] { return &r.follow },
			"How many redirects may be followed, on the target's own host. 0 takes a redirect as the answer.").or("0"),
		field("expect", expectForm(), func(r *requestSpec) *at[expectSpec] { return &r.expect },
			"What makes an answer a success; all of it must hold.").or("a status below 400"),
		field("capture", captures(), func(r *requestSpec) *at[map[string]at[captureSpec]] { return &r.capture },
			"Values of the answer that the requests after it use as {{name}}, by their names: token: {header: X-Token}. Without one of them an answer is unexpected, and the rest of the pass is skipped. A value has 1 to 4096 bytes and no control character but tabs."),
		field("claims", claims(), func(r *requestSpec) *at[int] { return &r.claims },
			"How many rows a success claims to have written, for the ledger; false is none.").or("1"),
		field("weight", wholeNumber(1, maxWeight), func(r *requestSpec) *at[int] { return &r.weight },
			"How often the request is sent, beside the weights of the others. With it every pass is one request of a mix, chosen at random from `load.seed`, and not all in order: then each request has a weight."),
		field("payload", nameOfFolder("a feed's name"), func(r *requestSpec) *at[string] { return &r.payload },
			"A feed of which all columns are added to the query, or to the body of a POST, PUT or PATCH, which is then a form: as loader.io adds a payload file. Its columns cannot be named then; those of a payload file's variables are named, and not added."),
		field("pause", pause(), func(r *requestSpec) *at[plan.Pause] { return &r.pause },
			"How long a client thinks after this request, in place of the load's `pause`.").or("the load's pause"),
	)
})

var authForm = sync.OnceValue(func() form[authSpec] {
	return object(
		field("user", textLike("a user name without a colon, which would end it (RFC 7617)", `^[^:]+$`), func(a *authSpec) *at[string] { return &a.user },
			"User name.").required(),
		field("password", anyText("text", 0), func(a *authSpec) *at[string] { return &a.password },
			"Password; best a ${VARIABLE}.").required(),
	)
})

var expectForm = sync.OnceValue(func() form[expectSpec] {
	return object(
		field("status", oneOrMany(statusRange(), "a status or a list of them"), func(e *expectSpec) *at[[]at[attack.StatusRange]] { return &e.status },
			"Accepted status codes: 200, 2xx, 300-399, or a list of such.").or("100-399"),
		field("body", anyText("text of at least one character", 1), func(e *expectSpec) *at[string] { return &e.body },
			"Text that must occur in the body. One in gzip or deflate is decoded first, its first MiB and no more than 8 MiB of text."),
		field("match", regularExpression(), func(e *expectSpec) *at[*regexp.Regexp] { return &e.match },
			"Regular expression that must match somewhere in the first MiB of the body."),
		field("header", headersTo("a mapping of header names to texts", "Transfer-Encoding", "Trailer"), func(e *expectSpec) *at[map[string]at[string]] { return &e.header },
			"Texts that must occur in response headers; \"\" asks only that the header be there."),
		field("json", jsonValues("a mapping of JSON paths to values", looseText()), func(e *expectSpec) *at[map[string]at[string]] { return &e.json },
			"Values that a body of JSON must hold, by their paths: {$.status: ok, \"$.items[0].id\": 17}. A text is compared without its quotes, anything else as JSON writes it, without blanks."),
		field("json_match", jsonValues("a mapping of JSON paths to regular expressions", anyText("a regular expression", 1)), func(e *expectSpec) *at[map[string]at[string]] { return &e.jsonMatch },
			"Regular expressions that must match such values."),
		field("size", oneOrMany(bodySize(), "a size or a list of them"), func(e *expectSpec) *at[[]at[attack.Size]] { return &e.size },
			"How many bytes the body has, decoded: 17, \"> 1000\", or a list of such bounds."),
		field("within", duration(time.Millisecond), func(e *expectSpec) *at[time.Duration] { return &e.within },
			"The longest that a success takes, from when it is sent to its last byte: 800ms. A slower answer is a failure of a class of its own, too slow, and claims its rows all the same. The generator's own lag counts for nothing here."),
		field("not", notForm(), func(e *expectSpec) *at[notSpec] { return &e.not },
			"What an answer must not be; any of it is a failure."),
	)
})

var targetForm = sync.OnceValue(func() form[targetSpec] {
	return object(
		field("name", nameOfFolder("small letters, digits, - and _, a letter or digit first"), func(t *targetSpec) *at[string] { return &t.name },
			"What reports call the target, and its folders; unique.").required(),
		field("url", targetAddress(), func(t *targetSpec) *at[address] { return &t.url },
			"http:// or https:// address, or unix:/full/path.sock for a unix socket (Host is then localhost).").required(),
		field("replicas", oneOrMany(wholeNumber(0, maxReplicas), "a whole number or a list of them"), func(t *targetSpec) *at[[]at[int]] { return &t.replicas },
			"How many hosts should share the work; 0 is not known. Of several numbers, such as [1, 2, 3, 5], the target becomes one for each, NAME-1, NAME-2 and so on: before each leg the service of `cluster` is scaled to the number and all of it must answer, and a report shows what each replica adds. At the end the service has as many as before; `stress recover` sees to that after a run that was killed. As with `faults`, `allow_faults: true` and `--yes` are both needed.").or("0"),
		field("host_from", hostFromForm(), func(t *targetSpec) *at[hostFromSpec] { return &t.hostFrom },
			"Where an answer names the host that gave it: {header: X-Served-By}, or {body: …}. Hosts are then counted by answers too, and for each connection: so it shows who served without a ledger, and whether connections stay with a host."),
		field("insecure", truth(), func(t *targetSpec) *at[bool] { return &t.insecure },
			"Skip the verification of the TLS certificate.").or("false"),
		field("http2", truth(), func(t *targetSpec) *at[bool] { return &t.http2 },
			"Speak HTTP/2 over TLS wherever the server offers it, or never. A report says so where a browser would have taken HTTP/2.").or("only where the server offers nothing else"),
		field("host", hostHeader(), func(t *targetSpec) *at[string] { return &t.host },
			"The Host header of requests to the target that set none, such as the name by which a balancer knows a service that is asked at its address. It changes neither the address nor the name that TLS asks for, which is `server_name`. At a public address both names must prove that you own them.").or("the URL's host"),
		field("connect_to", oneOrMany(connectAddress(), "a host or address, with or without a port, or a list of them"), func(t *targetSpec) *at[[]at[string]] { return &t.connectTo },
			"Where connections lead in place of the URL's host, such as 10.0.0.7 or replica1:8443, several in turn; Host, certificate and cookies stay the URL's. Without a port it is the URL's.").aka("resolve").or("the URL's host"),
		field("server_name", hostName(), func(t *targetSpec) *at[string] { return &t.serverName },
			"The name that TLS asks for (SNI) and that the certificate must bear.").or("the URL's host"),
		field("tls", tlsForm(), func(t *targetSpec) *at[tlsSpec] { return &t.tls },
			"How connections are secured. Certificates are PEM files, relative to the scenario's file."),
		field("proxy", proxyAddress(), func(t *targetSpec) *at[*url.URL] { return &t.proxy },
			"An http:// or socks5:// proxy that all connections to the target go through. The environment's proxies are never used."),
	)
})

// tlsForm is how connections to a target are secured.
var tlsForm = sync.OnceValue(func() form[tlsSpec] {
	return object(append(certificateKeys(),
		field("resume", truth(), func(t *tlsSpec) *at[bool] { return &t.resume },
			"Let a connection take up the session of an earlier one, whichever client's, as a visitor does who comes back. Without it every connection makes a whole handshake.").or("false"),
	)...)
})

// certificatesForm is how the engines of a cluster are spoken to, whose sessions are nobody's load.
var certificatesForm = sync.OnceValue(func() form[tlsSpec] { return object(certificateKeys()...) })

func certificateKeys() []key[tlsSpec] {
	return []key[tlsSpec]{
		field("ca", anyText("a file name", 1), func(t *tlsSpec) *at[string] { return &t.ca },
			"Who may sign the server's certificate.").or("the system's authorities"),
		field("cert", anyText("a file name", 1), func(t *tlsSpec) *at[string] { return &t.cert },
			"The client's certificate; it is shown to the target alone."),
		field("key", anyText("a file name", 1), func(t *tlsSpec) *at[string] { return &t.key },
			"Its private key.").or("in the file of cert"),
		field("min_version", tlsVersion(), func(t *tlsSpec) *at[string] { return &t.minVersion },
			"The least version of TLS that is spoken.").or(`"1.2"`),
	}
}

var compareForm = sync.OnceValue(func() form[compareSpec] {
	return object(
		field("baseline", nameOfFolder("a target's name"), func(c *compareSpec) *at[string] { return &c.baseline },
			"The target that the other is held against.").or("the first of two targets"),
		field("candidate", nameOfFolder("a target's name"), func(c *compareSpec) *at[string] { return &c.candidate },
			"The target in question.").or("the second of two targets"),
		field("rounds", wholeNumber(1, MaxRounds), func(c *compareSpec) *at[int] { return &c.rounds },
			"How often every target gets its turn, in an order drawn anew for every two rounds.").or("1; with a budget, as many as fit"),
		field("most_rounds", wholeNumber(1, MaxRounds), func(c *compareSpec) *at[int] { return &c.most },
			"How many rounds `stress gate --run` may go on to, by doubling them, while they cannot tell; as many as rounds: it does not go on.").or("twice rounds; with a budget four times, as far as they fit"),
		field("seed", wholeNumber(0, maxSeed), func(c *compareSpec) *at[int] { return &c.seed },
			"Of the order of turns: the same seed gives the same order. 0 draws one, which is kept with the run.").or("0"),
		field("cool_down", duration(0), func(c *compareSpec) *at[time.Duration] { return &c.coolDown },
			"Pause before each leg but the first.").or(`"0s"`),
		field("warm_up", duration(0), func(c *compareSpec) *at[time.Duration] { return &c.warmUp },
			"Before each leg, the beginning of the same load, this long; no figure counts it.").or(`"0s"`),
		field("budget", duration(1), func(c *compareSpec) *at[time.Duration] { return &c.budget },
			"Time for all rounds: one begins only if it should still end within it, going by the longest so far. The first always runs."),
	)
})

var gateForm = sync.OnceValue(func() form[gateSpec] { return object(gateKeys()...) })

var limitForm = sync.OnceValue(func() form[limitSpec] {
	return object(
		field("worse_by", percent(1000), func(l *limitSpec) *at[float64] { return &l.worseBy },
			"How much worse than the baseline's figure it may be, as a percentage of that. Not for counts, nor for error_rate: near 0 it has no ratio."),
		field("and", anyAmount(), func(l *limitSpec) *at[amount] { return &l.and },
			"The same as a difference: a time, points of error_rate, or a rate. Beside worse_by, worse is only what exceeds both."),
		field("max", anyAmount(), func(l *limitSpec) *at[amount] { return &l.max },
			"The most that it may be, whatever the baseline."),
		field("min", anyAmount(), func(l *limitSpec) *at[amount] { return &l.min },
			"The least that a rate may be, whatever the baseline."),
	)
})

func thresholdForm() form[threshold.Threshold] {
	return scalar("a threshold, such as p95 < 500ms", orVariable(&jsonschema.Schema{Type: "string", Pattern: threshold.Pattern(), Not: &jsonschema.Schema{Pattern: threshold.ClockOfNoTime()}, Examples: []any{"p95 < 500ms", "error_rate < 1%", "lost == 0"}}),
		func(s string) (threshold.Threshold, error) {
			t, err := threshold.Parse(s)
			if inner := errors.Unwrap(err); inner != nil {
				err = inner // the outer error repeats what was written
			}
			return t, err
		}, text)
}

// nameOfFolder is a name that is fit for one.
func nameOfFolder(words string) form[string] {
	const pattern = `^[a-z0-9][a-z0-9_-]{0,63}$`
	return textLike(words, pattern).advised(func(s string) string {
		plain := asTargetName(s)
		if plain == "" || len(plain) > 64 || plain == s {
			return ""
		}
		return "write " + plain
	})
}

// asTargetName is a text with a dash for everything that no target's name holds.
func asTargetName(s string) string {
	return strings.Trim(notInNames().ReplaceAllString(strings.ToLower(s), "-"), "-_")
}

var notInNames = lazy.Regexp(`[^a-z0-9_-]+`)
