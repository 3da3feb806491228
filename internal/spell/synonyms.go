package spell

import (
	"strings"
	"sync"
)

// synonyms are words that people bring along from k6, vegeta, wrk, ab, JMeter, Gatling and
// loader.io, in small letters without signs, and ours for the same.
var synonyms = map[string]string{
	"clients":              "users user vus vu virtualusers threads concurrency concurrent workers numberofusers usercount c n requestcount sessions",
	"rate":                 "rps qps tps rpm arrivalrate requestspersecond reqspersec requestrate throughput frequency constantarrivalrate constantrate",
	"duration":             "time length period runtime testtime holdfor for t",
	"stages":               "ramp ramps rampup rampto steps scenarios loadprofile rampingvus rampingarrivalrate",
	"timeout":              "timelimit maxtime responsetimeout requesttimeout",
	"error_threshold":      "maxerrors abortonfail maxfailures errorlimit",
	"arrivals":             "distribution pattern",
	"max_connections":      "maxconns poolsize maxworkers",
	"type":                 "executor kind model mode",
	"from":                 "startvus start initialclients",
	"path":                 "url uri endpoint route",
	"url":                  "address host endpoint uri baseurl base server site link",
	"method":               "verb httpmethod",
	"headers":              "header httpheaders",
	"header":               "headers responseheaders",
	"body":                 "data payload content json text contains",
	"body_file":            "bodyfrom datafile payloadfile file",
	"auth":                 "basicauth authentication credentials login",
	"user":                 "username login account",
	"password":             "pass pwd passwd secret",
	"follow":               "redirects maxredirects followredirects redirect",
	"expect":               "assert asserts assertions check checks validate response success want",
	"status":               "statuscode code responsecode httpstatus statuscodes",
	"match":                "regex regexp pattern matches",
	"targets":              "target url urls hosts host servers server endpoints addresses backends services baseurl",
	"target":               "url host server",
	"replicas":             "instances nodes containers hosts servers pods count scale",
	"insecure":             "insecureskipverify skipverify skiptlsverify insecureskiptlsverify k verify",
	"http2":                "h2 http",
	"ledger":               "database db mysql sql rows datasource",
	"dsn":                  "database db connection connectionstring uri url datasource",
	"table":                "query tablename from",
	"column":               "host field hostcolumn",
	"compare":              "comparison ab diff versus",
	"baseline":             "base before old control reference",
	"candidate":            "after new experiment variant contender",
	"rounds":               "repeat repetitions iterations times runs count",
	"cool_down":            "pause sleep rest wait",
	"warm_up":              "warmup rampup preheat",
	"budget":               "maxduration limit timebudget",
	"thresholds":           "threshold sla slo slas slos limits assertions criteria passfail",
	"gate":                 "gates regression tolerance tolerances",
	"engine":               "client driver backend httpclient",
	"name":                 "title description label id",
	"request":              "http req",
	"requests":             "steps flow transactions",
	"worse_by":             "tolerance regression margin by",
	"max":                  "limit most upper maximum below worst atmost",
	"min":                  "least lower minimum above best atleast",
	"p95":                  "latency responsetime responsetimes duration httpreqduration time elapsed p95ms percentile95 95th p9500",
	"p50":                  "median med",
	"p99":                  "p99ms percentile99 99th",
	"mean":                 "avg average avglatency averagelatency",
	"error_rate":           "errors error failures failure failed failurerate errorratio failrate httpreqfailed errorpercent errorpercentage successrate successratio success",
	"rate_rps":             "rps qps tps throughput requestspersecond httpreqs rate requests",
	"success_rps":          "successes goodput successfulrequests",
	"lost":                 "lostrows missing missingrows notwritten",
	"extra":                "duplicates duplicate dup extrarows doubled",
	"dropped":              "droppediterations unsent",
	"hosts":                "replicas nodes servers containers instances",
	"max_deviation":        "deviation imbalance skew spread uneven",
	"maintain-client-load": "constantvus closed constantusers steady constantconcurrentusers",
	"clients-per-second":   "newclientspersecond constantuserspersec",
	"clients-per-test":     "sharediterations pervuiterations open",
	"poisson":              "random exponential",
	"even":                 "uniform constant regular linear",
	"burst":                "spike wholesecond",
	"shared":               "pool pooled keepalive reuse",
	"per-client":           "new none perrequest own",
	"nethttp":              "gohttp http2 h2 vegeta net standard go http",
	"rawhttp":              "raw epoll fast http1",
	"precise":              "exact",
	"batch":                "coarse tick",
}

// meanings is the table the other way round: every word has all that it may mean.
var meanings = sync.OnceValue(func() map[string]map[string]bool {
	byWord := map[string]map[string]bool{}
	for ours, words := range synonyms {
		for word := range strings.FieldsSeq(words) {
			if byWord[word] == nil {
				byWord[word] = map[string]bool{}
			}
			byWord[word][ours] = true
		}
	}
	return byWord
})

// Meant is the candidate that a word means or is a misspelling of, "" when there is none:
// a synonym goes before what is merely spelt alike.
func Meant(word string, candidates []string) string {
	if ours := meanings()[bareWord(word)]; ours != nil {
		for _, c := range candidates {
			if ours[c] {
				return c
			}
		}
	}
	return Nearest(word, candidates)
}

// bareWord is a word in small letters, without signs.
func bareWord(word string) string {
	const longest = 40 // of the table
	if len(word) > longest {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(word))
}
