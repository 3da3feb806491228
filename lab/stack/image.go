package stack

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/stress-tool/stress/internal/lazy"
	"github.com/stress-tool/stress/lab/deploy"
)

// ImageCommand is the command of a container of [WriteImage], and ProxyCommand one for which the file
// of [ProxyConf] has to be in its place.
var (
	ImageCommand = []string{"/usr/sbin/apache2", "-f", "/srv/apache.conf", "-D", "FOREGROUND"}
	ProxyCommand = []string{"/usr/sbin/nginx", "-p", "/tmp", "-e", "stderr", "-c", ProxyFile}
)

// ProxyFile is where the configuration of nginx is in a container.
const ProxyFile = "/srv/nginx.conf"

// ProxyConf writes a configuration of nginx in a container that listens on a port, and deals
// requests out to upstreams, host:port each. Names among them it looks up once, when it starts.
func ProxyConf(file string, port int, upstreams ...string) error {
	return render(file, nginxConf, map[string]any{
		"Dir": "/tmp", "Log": "/dev/stderr", "Listen": strconv.Itoa(port), "Upstreams": upstreams, "Tries": "", "User": "www-data",
	})
}

// WriteImage writes the root of a container as a tar: Apache with PHP and the page, on port
// 80, and nginx. The programs and their libraries are this machine's own, so it asks no registry and
// takes a second. It is of 55 MB, most of them libicudata.
func WriteImage(ctx context.Context, w io.Writer) error {
	if missing := Missing(); len(missing) > 0 {
		return &MissingError{Packages: missing}
	}
	p := findPrograms()
	files := map[string]string{"/usr/sbin/apache2": p.apache, "/usr/sbin/nginx": p.nginx}
	extensions := filepath.Dir(p.mysqli)
	for _, f := range []string{p.php, p.mysqli, filepath.Join(extensions, "mysqlnd.so")} {
		files[f] = f
	}
	for _, module := range []string{"mpm_prefork", "authz_core", "dir"} {
		f := filepath.Join(p.modules, "mod_"+module+".so")
		files[f] = f
	}
	libraries, err := librariesOf(ctx, slices.Collect(maps.Values(files)))
	if err != nil {
		return fmt.Errorf("image: %w", err)
	}
	for _, f := range libraries {
		files[f] = f
	}
	texts, err := imageTexts(p)
	if err != nil {
		return fmt.Errorf("image: %w", err)
	}
	if err := writeTar(w, files, texts); err != nil {
		return fmt.Errorf("image: %w", err)
	}
	return nil
}

// imageTexts are the files of the image that are no program's.
func imageTexts(p programs) (map[string][]byte, error) {
	t, err := template.New("apache.conf").Option("missingkey=error").Parse(apacheConf)
	if err != nil {
		return nil, err
	}
	var conf bytes.Buffer
	if err := t.Execute(&conf, map[string]any{
		"Dir": "/srv", "Log": "/dev/stderr", "Host": "localhost", "Listen": "80", "DocRoot": "/srv/app",
		"Modules": p.modules, "PHP": p.php, "User": "www-data",
	}); err != nil {
		return nil, err
	}
	texts := map[string][]byte{
		"/srv/apache.conf":   conf.Bytes(),
		"/srv/app/index.php": deploy.IndexPHP,
		"/srv/app/ready.php": readyPHP,
		"/etc/passwd":        []byte("root:x:0:0::/:\nwww-data:x:33:33::/:\n"),
		"/etc/group":         []byte("root:x:0:\nwww-data:x:33:\n"),
	}
	ini := newest("/etc/php/*/apache2/conf.d")
	if ini == "" {
		return nil, errors.New("/etc/php/*/apache2/conf.d is missing, where PHP looks for its extensions")
	}
	texts[filepath.Join(ini, "mysqli.ini")] = []byte("extension=mysqlnd\nextension=mysqli\n")
	return texts, nil
}

// libraryPath is a library in what ldd prints of a program.
var libraryPath = lazy.Regexp(`(?m)(/\S+) \(0x`)

// librariesOf are the shared libraries that programs need, the loader among them.
func librariesOf(ctx context.Context, programs []string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "ldd", programs...).Output()
	if err != nil {
		return nil, fmt.Errorf("ldd: %w", err)
	}
	var all []string
	for _, m := range libraryPath().FindAllStringSubmatch(string(out), -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// writeTar writes files of this machine and texts under their paths in a container, with the
// folders above them. Times are left out: the same machine makes the same image again.
func writeTar(w io.Writer, files map[string]string, texts map[string][]byte) error {
	out := tar.NewWriter(w)
	made := map[string]bool{"/": true}
	var folder func(dir string) error
	folder = func(dir string) error {
		if made[dir] {
			return nil
		}
		made[dir] = true
		return errors.Join(folder(path.Dir(dir)), out.WriteHeader(&tar.Header{
			Typeflag: tar.TypeDir, Name: strings.TrimPrefix(dir, "/") + "/", Mode: 0o755,
		}))
	}
	put := func(name string, mode int64, content []byte) error {
		err := errors.Join(folder(path.Dir(name)), out.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg, Name: strings.TrimPrefix(name, "/"), Mode: mode, Size: int64(len(content)),
		}))
		if err != nil {
			return err
		}
		_, err = out.Write(content)
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		content, err := os.ReadFile(files[name])
		if err != nil {
			return err
		}
		if err := put(name, 0o755, content); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if err := put(name, 0o644, texts[name]); err != nil {
			return err
		}
	}
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}); err != nil {
		return err
	}
	return out.Close()
}
