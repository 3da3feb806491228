package scenarios

// File is a scenario as it is written: every key of the format, for those who make or
// change scenarios. [Document.Read] reads one and [File.YAML] prints it.
//
// Each value is the text that stands in the file, with its unit ("1m30s", "50%"), and may
// hold variables, which are not filled in: "${NAME}", "${NAME:-default}". So a secret that
// comes from a variable is in no File. "", a nil list, a nil mapping and a nil pointer are
// keys that are not given; a required text that is "" stands in the file as that. Nothing
// says that a value is a good one: that is for [Parse].
//
// The keys are those of the key table and mean what it says; docs/scenario.md has them all.
type File struct {
	Name       string               `yaml:"name"`
	Load       *FileLoad            `yaml:"load"`
	Loads      []FileNamedLoad      `yaml:"loads"`
	Feeds      []FileFeed           `yaml:"feeds"`
	Request    *FileRequest         `yaml:"request"`
	Requests   []FileRequest        `yaml:"requests"`
	Targets    []FileTarget         `yaml:"targets"`
	Ledger     *FileLedger          `yaml:"ledger"`
	Cluster    *FileCluster         `yaml:"cluster"`
	Faults     []FileInjection      `yaml:"faults"`
	Allow      string               `yaml:"allow_faults"`
	Compare    *FileCompare         `yaml:"compare"`
	Capacity   *FileCapacity        `yaml:"capacity"`
	Thresholds []string             `yaml:"thresholds"` // empty asks for nothing, nil for the default
	Outage     string               `yaml:"outage"`
	Decide     string               `yaml:"decide"`
	Gate       map[string]FileLimit `yaml:"gate"` // by metric
	Engine     string               `yaml:"engine"`
	Generators *FileGenerators      `yaml:"generators"`
}

// FileGenerators is the key generators.
type FileGenerators struct {
	Agents       string `yaml:"agents"`
	Witness      string `yaml:"witness"`
	Shares       string `yaml:"shares"`
	NATS         string `yaml:"nats"`
	Nkey         string `yaml:"nkey"`
	CA           string `yaml:"ca"`
	TolerateLoss string `yaml:"tolerate_loss"`
}

// FileLoad is the key load.
type FileLoad struct {
	Type           string      `yaml:"type"`
	Clients        string      `yaml:"clients"`
	From           string      `yaml:"from"`
	Rate           string      `yaml:"rate"`
	Duration       string      `yaml:"duration"`
	Stages         []FileStage `yaml:"stages"`
	Arrivals       string      `yaml:"arrivals"`
	Seed           string      `yaml:"seed"`
	Timeout        string      `yaml:"timeout"`
	ErrorThreshold string      `yaml:"error_threshold"`
	Connections    string      `yaml:"connections"`
	MaxConnections string      `yaml:"max_connections"`
	KeepAlive      string      `yaml:"keep_alive"`
	PerConnection  string      `yaml:"requests_per_connection"`
	Pacing         string      `yaml:"pacing"`
	Pause          string      `yaml:"pause"`
	Every          string      `yaml:"every"`
	LocalAddresses []string    `yaml:"local_addresses"`
	ResolveEvery   string      `yaml:"resolve_every"`
}

// FileNamedLoad is an item of loads.
type FileNamedLoad struct {
	Name string `yaml:"name"`
	FileLoad
	Thresholds []string `yaml:"thresholds"`
}

// FileStage is an item of load.stages.
type FileStage struct {
	Duration string `yaml:"duration"`
	Clients  string `yaml:"clients"`
	Rate     string `yaml:"rate"`
}

// FileFeed is an item of feeds.
type FileFeed struct {
	Name    string   `yaml:"name"`
	File    string   `yaml:"file"`
	URL     string   `yaml:"url"`
	Format  string   `yaml:"format"`
	Columns []string `yaml:"columns"`
	Order   string   `yaml:"order"`
}

// FileRequest is the key request, or an item of requests.
type FileRequest struct {
	Name     string                 `yaml:"name"`
	Method   string                 `yaml:"method"`
	Path     string                 `yaml:"path"`
	Headers  map[string]string      `yaml:"headers"`
	Body     string                 `yaml:"body"`
	BodyFile string                 `yaml:"body_file"`
	Auth     *FileAuth              `yaml:"auth"`
	Follow   string                 `yaml:"follow"`
	Expect   *FileExpect            `yaml:"expect"`
	Capture  map[string]FileCapture `yaml:"capture"`
	Claims   string                 `yaml:"claims"`
	Weight   string                 `yaml:"weight"`
	Payload  string                 `yaml:"payload"`
	Pause    string                 `yaml:"pause"`
}

// FileAuth is the key auth of a request.
type FileAuth struct {
	User     string `yaml:"user"`
	Password string `yaml:"password"`
}

// FileExpect is the key expect of a request.
type FileExpect struct {
	Status []string          `yaml:"status"`
	Body   string            `yaml:"body"`
	Match  string            `yaml:"match"`
	Header map[string]string `yaml:"header"`

	JSON      map[string]string `yaml:"json"`
	JSONMatch map[string]string `yaml:"json_match"`
	Size      []string          `yaml:"size"`
	Within    string            `yaml:"within"`
	Not       *FileNot          `yaml:"not"`
}

// FileNot is the key not of expect.
type FileNot struct {
	Status []string          `yaml:"status"`
	Body   string            `yaml:"body"`
	Match  string            `yaml:"match"`
	Header map[string]string `yaml:"header"`
}

// FileCapture is where a value of the key capture of a request is.
type FileCapture struct {
	Header string `yaml:"header"`
	Cookie string `yaml:"cookie"`
	JSON   string `yaml:"json"`
	Match  string `yaml:"match"`
}

// FileTarget is an item of targets.
type FileTarget struct {
	Name       string        `yaml:"name"`
	URL        string        `yaml:"url"`
	Replicas   []string      `yaml:"replicas"`
	HostFrom   *FileHostFrom `yaml:"host_from"`
	Insecure   string        `yaml:"insecure"`
	HTTP2      string        `yaml:"http2"`
	Host       string        `yaml:"host"`
	ConnectTo  []string      `yaml:"connect_to"`
	ServerName string        `yaml:"server_name"`
	TLS        *FileTLS      `yaml:"tls"`
	Proxy      string        `yaml:"proxy"`
}

// FileHostFrom is the key host_from of a target.
type FileHostFrom struct {
	Header string `yaml:"header"`
	Body   string `yaml:"body"`
}

// FileTLS is the key tls of a target.
type FileTLS struct {
	FileCertificates
	Resume string `yaml:"resume"`
}

// FileCertificates are the key tls of a cluster.
type FileCertificates struct {
	CA         string `yaml:"ca"`
	Cert       string `yaml:"cert"`
	Key        string `yaml:"key"`
	MinVersion string `yaml:"min_version"`
}

// FileLedger is the key ledger.
type FileLedger struct {
	DSN     string     `yaml:"dsn"`
	Table   string     `yaml:"table"`
	Column  string     `yaml:"column"`
	Query   string     `yaml:"query"`
	Timeout string     `yaml:"timeout"`
	Settle  string     `yaml:"settle"`
	Every   string     `yaml:"every"`
	Claim   *FileClaim `yaml:"claim"`
}

// FileCluster is the key cluster.
type FileCluster struct {
	Docker  []string          `yaml:"docker"`
	Service string            `yaml:"service"`
	Lab     string            `yaml:"lab"`
	TLS     *FileCertificates `yaml:"tls"`
}

// FileInjection is an item of faults. It has one of the keys below Target.
type FileInjection struct {
	At       string `yaml:"at"`
	Target   string `yaml:"target"`
	Kill     string `yaml:"kill"`
	Stop     string `yaml:"stop"`
	Restart  string `yaml:"restart"`
	Pause    string `yaml:"pause"`
	Drain    string `yaml:"drain"`
	Activate string `yaml:"activate"`
	Demote   string `yaml:"demote"`
	Scale    string `yaml:"scale"`
	Update   string `yaml:"update"`

	Slow       string `yaml:"slow"`
	LoseWrites string `yaml:"lose_writes"`
	Partition  string `yaml:"partition"`
	PowerOff   string `yaml:"power_off"`
}

// FileClaim is the key claim of the ledger.
type FileClaim struct {
	Column  string `yaml:"column"`
	Request string `yaml:"request"`
}

// FileCompare is the key compare.
type FileCompare struct {
	Baseline  string `yaml:"baseline"`
	Candidate string `yaml:"candidate"`
	Rounds    string `yaml:"rounds"`
	Most      string `yaml:"most_rounds"`
	Seed      string `yaml:"seed"`
	CoolDown  string `yaml:"cool_down"`
	WarmUp    string `yaml:"warm_up"`
	Budget    string `yaml:"budget"`
}

// FileCapacity is the key capacity.
type FileCapacity struct {
	SLO          []string `yaml:"slo"`
	Arrivals     string   `yaml:"arrivals"`
	Precision    string   `yaml:"precision"`
	FirstRate    string   `yaml:"first_rate"`
	Probe        string   `yaml:"probe"`
	LongestProbe string   `yaml:"longest_probe"`
	WarmUp       string   `yaml:"warm_up"`
	CoolDown     string   `yaml:"cool_down"`
	Budget       string   `yaml:"budget"`
}

// FileLimit is what the key gate asks of one metric.
type FileLimit struct {
	WorseBy string `yaml:"worse_by"`
	And     string `yaml:"and"`
	Max     string `yaml:"max"`
	Min     string `yaml:"min"`
}
