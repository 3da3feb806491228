package stack

import (
	"os/exec"
	"path/filepath"
	"strings"
)

// MissingError says which packages of the system the stack needs and does not find.
type MissingError struct{ Packages []string }

func (e *MissingError) Error() string {
	return "stack: not installed: " + strings.Join(e.Packages, ", ") +
		": as root, run `apt-get install -y --no-install-recommends " + strings.Join(e.Packages, " ") + "`"
}

// programs are the paths of what the stack runs; "" was not found.
type programs struct {
	mariadbd, installDB, apache, nginx, hostname string
	modules, php, mysqli                         string // Apache's modules, mod_php, PHP's extension
}

func findPrograms() programs {
	return programs{
		mariadbd:  find("mariadbd"),
		installDB: find("mariadb-install-db"),
		apache:    find("apache2"),
		nginx:     find("nginx"),
		hostname:  find("hostname"),
		modules:   newest("/usr/lib/apache2/modules"),
		php:       newest("/usr/lib/apache2/modules/libphp*.so"),
		mysqli:    newest("/usr/lib/php/*/mysqli.so"),
	}
}

// Missing names the Debian packages that must be installed before [Start] can work,
// none if it can.
func Missing() []string {
	p := findPrograms()
	var missing []string
	for _, need := range []struct{ pkg, path string }{
		{"mariadb-server", p.mariadbd}, {"mariadb-server", p.installDB},
		{"apache2", p.apache}, {"apache2", p.modules},
		{"libapache2-mod-php", p.php}, {"php-mysql", p.mysqli},
		{"nginx", p.nginx}, {"hostname", p.hostname},
	} {
		last := len(missing) - 1
		if need.path == "" && (last < 0 || missing[last] != need.pkg) {
			missing = append(missing, need.pkg)
		}
	}
	return missing
}

// find looks a program up in PATH and where Debian keeps servers, which a plain
// user's PATH leaves out.
func find(name string) string {
	for _, try := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name, "/sbin/" + name} {
		if path, err := exec.LookPath(try); err == nil {
			if abs, err := filepath.Abs(path); err == nil {
				return abs
			}
		}
	}
	return ""
}

// newest is the last file in order that matches, "" if none does.
func newest(pattern string) string {
	files, _ := filepath.Glob(pattern) // fails only for a malformed pattern
	if len(files) == 0 {
		return ""
	}
	return files[len(files)-1]
}
