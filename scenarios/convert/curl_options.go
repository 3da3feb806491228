package convert

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/internal/plain"
	"github.com/stress-tool/stress/scenarios"
)

// curlCommand is what the arguments of one command say, up to --next.
type curlCommand struct {
	leaveOut func(format string, args ...any)

	addresses      []string
	method         string
	head, get      bool
	upload, json   bool
	header         []field
	data           []string // pieces of the body
	between        string   // joins them
	bodyFile       string
	form           multipart
	user, password string
	location       bool
	maxRedirects   string
	compressed     bool
	globoff, asIs  bool

	insecure, http2, proxy, socket string // as scenarios have them
	tls                            scenarios.FileTLS
	leads                          []lead
}

// lead says where connections to a host lead; "" is every host.
type lead struct {
	host string
	to   []string
}

// curlOption is an option that is understood. Without set it changes no request: it is about what
// curl shows and keeps.
type curlOption struct {
	names string // the long one, and the letter behind a blank where it has one
	value bool   // it takes a value
	set   func(c *curlCommand, value string) error
}

// curlOptions are the options that are understood, by "--name" and "-n".
var curlOptions = sync.OnceValue(func() map[string]curlOption {
	all := map[string]curlOption{}
	for _, o := range append(ignoredOptions(), takenOptions()...) {
		long, letter, _ := strings.Cut(o.names, " ")
		all["--"+long] = o
		if letter != "" {
			all["-"+letter] = o
		}
	}
	return all
})

func ignoredOptions() []curlOption {
	var all []curlOption
	for _, names := range []string{"silent s", "show-error S", "verbose v", "include i", "show-headers", "fail f", "fail-with-body", "fail-early", "no-buffer N", "progress-bar #", "progress-meter",
		"remote-name O", "remote-header-name J", "remote-time R", "create-dirs", "tcp-nodelay", "tcp-fastopen", "keepalive", "styled-output", "parallel Z", "parallel-immediate", "disable q", "ipv4 4", "ipv6 6",
		"trace-time", "retry-all-errors", "retry-connrefused", "junk-session-cookies j", "ssl-no-revoke"} {
		all = append(all, curlOption{names: names})
	}
	for _, names := range []string{"output o", "output-dir", "write-out w", "dump-header D", "cookie-jar c", "stderr", "trace", "trace-ascii", "keepalive-time", "parallel-max", "proto", "proto-redir"} {
		all = append(all, curlOption{names: names, value: true})
	}
	for names, why := range map[string]string{
		"max-time m": "load.timeout says how long a request may go without data", "connect-timeout": "load.timeout says how long a connection may take",
		"limit-rate": "clients read as fast as they can", "retry": "a request that fails counts as that", "retry-delay": "a request that fails counts as that", "retry-max-time": "a request that fails counts as that",
	} {
		long, _, _ := strings.Cut(names, " ")
		all = append(all, curlOption{names: names, value: true, set: func(c *curlCommand, _ string) error {
			c.leaveOut("--%s: %s", long, why)
			return nil
		}})
	}
	return all
}

// flag and valued are options that cannot be wrong.
func flag(names string, set func(c *curlCommand)) curlOption {
	return curlOption{names: names, set: func(c *curlCommand, _ string) error { set(c); return nil }}
}

func valued(names string, set func(c *curlCommand, value string)) curlOption {
	return curlOption{names: names, value: true, set: func(c *curlCommand, value string) error { set(c, value); return nil }}
}

func takenOptions() []curlOption {
	data := func(names string, set func(c *curlCommand, v string) error) curlOption {
		return curlOption{names: names, value: true, set: set}
	}
	return []curlOption{
		valued("url", func(c *curlCommand, v string) { c.addresses = append(c.addresses, v) }),
		valued("request X", func(c *curlCommand, v string) { c.method = v }),
		flag("head I", func(c *curlCommand) { c.head = true }),
		flag("get G", func(c *curlCommand) { c.get = true }),
		{names: "header H", value: true, set: (*curlCommand).addHeader},
		valued("user-agent A", func(c *curlCommand, v string) { c.header = append(c.header, field{"User-Agent", v}) }),
		valued("referer e", func(c *curlCommand, v string) { c.header = append(c.header, field{"Referer", v}) }),
		valued("range r", func(c *curlCommand, v string) { c.header = append(c.header, field{"Range", "bytes=" + v}) }),
		valued("oauth2-bearer", func(c *curlCommand, v string) { c.header = append(c.header, field{"Authorization", "Bearer " + v}) }),
		valued("cookie b", (*curlCommand).addCookie),
		data("data d", (*curlCommand).addLines), data("data-ascii", (*curlCommand).addLines),
		data("data-binary", func(c *curlCommand, v string) error { return c.addData(v, "&") }),
		valued("data-raw", func(c *curlCommand, v string) { c.addText(v, "&") }),
		data("data-urlencode", func(c *curlCommand, v string) error {
			piece, err := urlEncoded(v)
			c.addText(piece, "&")
			return err
		}),
		data("json", func(c *curlCommand, v string) error {
			c.json = true
			return c.addData(v, "")
		}),
		data("form F", func(c *curlCommand, v string) error {
			p, err := formPart(v)
			c.form.parts = append(c.form.parts, p)
			return err
		}),
		valued("form-string", func(c *curlCommand, v string) {
			name, value, _ := strings.Cut(v, "=")
			c.form.parts = append(c.form.parts, part{name: name, value: value})
		}),
		data("upload-file T", func(c *curlCommand, v string) error {
			c.upload, c.bodyFile = true, v
			if v == "" || v == "-" || v == "." {
				return errors.New("the standard input: put it into a file")
			}
			return nil
		}),
		valued("user u", func(c *curlCommand, v string) { c.user, c.password, _ = strings.Cut(v, ":") }),
		flag("basic", func(*curlCommand) {}),
		flag("location L", func(c *curlCommand) { c.location = true }),
		flag("location-trusted", func(c *curlCommand) { c.location = true }), // only the target's own host is followed to
		valued("max-redirs", func(c *curlCommand, v string) { c.maxRedirects = v }),
		flag("compressed", func(c *curlCommand) { c.compressed = true }),
		flag("globoff g", func(c *curlCommand) { c.globoff = true }),
		flag("path-as-is", func(c *curlCommand) { c.asIs = true }),
		flag("insecure k", func(c *curlCommand) { c.insecure = "true" }),
		flag("http2", func(c *curlCommand) { c.http2 = "true" }),
		flag("http1.1", func(c *curlCommand) { c.http2 = "false" }),
		flag("tlsv1.2", func(c *curlCommand) { c.tls.MinVersion = "1.2" }),
		flag("tlsv1.3", func(c *curlCommand) { c.tls.MinVersion = "1.3" }),
		valued("proxy x", (*curlCommand).setProxy),
		valued("unix-socket", func(c *curlCommand, v string) { c.socket = v }),
		valued("cacert", func(c *curlCommand, v string) { c.tls.CA = v }),
		valued("cert E", func(c *curlCommand, v string) { c.tls.Cert = v }),
		valued("key", func(c *curlCommand, v string) { c.tls.Key = v }),
		{names: "connect-to", value: true, set: (*curlCommand).connectTo},
		{names: "resolve", value: true, set: (*curlCommand).resolve},
	}
}

// read takes the arguments up to --next, and returns those behind it.
func (c *curlCommand) read(args []string) (rest []string, err error) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--next" || a == "-:":
			return args[i+1:], nil
		case a == "--":
			c.addresses = append(c.addresses, args[i+1:]...)
			return nil, nil
		case strings.HasPrefix(a, "--"):
			i, err = c.long(args, i)
		case len(a) > 1 && a[0] == '-':
			i, err = c.letters(args, i)
		default:
			c.addresses = append(c.addresses, a)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// long takes the option at i, and returns the index of its last word.
func (c *curlCommand) long(args []string, i int) (int, error) {
	o, known := curlOptions()[args[i]]
	if positive, off := strings.CutPrefix(args[i], "--no-"); !known && off {
		if o, known = curlOptions()["--"+positive]; known && !o.value {
			return i, nil // it is off where nobody asks for it
		}
	}
	return c.apply(args[i], o, known, args, i)
}

// letters takes the options of a word such as -sSL or -XPOST.
func (c *curlCommand) letters(args []string, i int) (int, error) {
	for at, letter := range args[i] {
		if at == 0 {
			continue
		}
		name := "-" + string(letter)
		o, known := curlOptions()[name]
		value := args[i][at+len(string(letter)):]
		if !known || !o.value || value == "" {
			end, err := c.apply(name, o, known, args, i)
			if err != nil || o.value {
				return end, err
			}
			continue
		}
		if o.set == nil {
			return i, nil
		}
		return i, within(name, o.set(c, value))
	}
	return i, nil
}

// longestOption is how much of a word is shown that is no option, in characters.
const longestOption = 40

// apply applies an option whose value is the word behind it.
func (c *curlCommand) apply(name string, o curlOption, known bool, args []string, i int) (int, error) {
	var value string
	switch {
	case !known:
		name, _, _ = strings.Cut(name, "=") // behind it may stand a secret
		return i, fmt.Errorf("the option %s: no scenario can say it, or this program does not know it", plain.Clip(plain.Line(name), longestOption))
	case o.value && i+1 == len(args):
		return i, fmt.Errorf("the option %s has no value", name)
	case o.value:
		i++
		value = args[i]
	}
	if o.set == nil {
		return i, nil
	}
	return i, within(name, o.set(c, value))
}

func within(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the option %s: %w", name, err)
}

func (c *curlCommand) addHeader(v string) error {
	name, value, written := strings.Cut(v, ":")
	value = strings.Trim(value, " \t")
	switch {
	case strings.HasPrefix(v, "@"):
		return errors.New("headers of a file")
	case written && value == "" && strings.EqualFold(name, "User-Agent"): // sends none, here as there
	case written && value == "":
		return nil // takes away one of curl's own, of which a scenario has none
	case !written:
		name = strings.TrimSuffix(name, ";") // the form for a header without a value
	}
	c.header = append(c.header, field{name, value})
	return nil
}

func (c *curlCommand) addCookie(v string) {
	if !strings.Contains(v, "=") {
		c.leaveOut("a file of cookies: clients begin without any, and keep those that answers set")
		return
	}
	c.header = append(c.header, field{"Cookie", strings.Trim(v, "; ")})
}

// addLines adds a piece of the body; curl takes the ends of lines out of a file.
func (c *curlCommand) addLines(v string) error {
	if strings.HasPrefix(v, "@") {
		c.leaveOut("what -d does to a file: curl sends it without the ends of its lines, and body_file sends it as it is")
	}
	return c.addData(v, "&")
}

// addData adds a piece of the body, or the file that @ names.
func (c *curlCommand) addData(v, between string) error {
	file, is := strings.CutPrefix(v, "@")
	switch {
	case !is:
		c.addText(v, between)
	case c.bodyFile != "" || file == "-":
		return errors.New("several files, or the standard input: put all of it into one file")
	default:
		c.bodyFile = file
	}
	return nil
}

func (c *curlCommand) addText(v, between string) { c.data, c.between = append(c.data, v), between }

func (c *curlCommand) setProxy(v string) {
	if host, socks := strings.CutPrefix(v, "socks5h://"); socks {
		v = "socks5://" + host
	}
	if !strings.Contains(v, "://") {
		v = "http://" + v
	}
	c.proxy = v
}

// leadForm is HOST1:PORT1:HOST2:PORT2 of --connect-to, each part of which may be empty.
var leadForm = lazy.Regexp(`^(\[[^\]]*\]|[^:\[\]]*):([0-9]*):(\[[^\]]*\]|[^:\[\]]*):([0-9]*)$`)

func (c *curlCommand) connectTo(v string) error {
	part := leadForm().FindStringSubmatch(v)
	if part == nil {
		return errors.New("must be HOST1:PORT1:HOST2:PORT2")
	}
	to := part[3]
	if part[4] != "" {
		to += ":" + part[4]
	}
	if part[3] != "" {
		c.leads = append(c.leads, lead{strings.Trim(part[1], "[]"), []string{to}})
	}
	return nil
}

func (c *curlCommand) resolve(v string) error {
	host, rest, one := strings.Cut(strings.TrimPrefix(v, "+"), ":")
	_, addresses, two := strings.Cut(rest, ":")
	if !one || !two || addresses == "" {
		return errors.New("must be HOST:PORT:ADDRESS")
	}
	if host == "*" {
		host = ""
	}
	c.leads = append(c.leads, lead{host, strings.Split(addresses, ",")})
	return nil
}
