// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

// A GiteaConfig says how a Gitea is set up.
type GiteaConfig struct {
	Bin      string // the folder of the programs; empty: as package bindir finds them
	Settings string // lines put after those of app.ini; a section may occur again
}

// A Gitea is a Gitea server with its users, repositories and images in one folder. It calls nothing but webhooks,
// and those only on this machine. It speaks plain HTTP, and no SSH.
type Gitea struct {
	config  GiteaConfig
	dir     string
	host    string // empty until the first start
	program string
	admin   GiteaUser
	process *process
}

// A GiteaUser is a user with the password and a token that may do all that the user may.
type GiteaUser struct {
	Name, Password, Token string
}

// StartGitea starts a Gitea in dir and returns when it answers and has an administrator.
func StartGitea(dir string, config GiteaConfig) (*Gitea, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolving folder of Gitea: %w", err)
	}
	g := &Gitea{config: config, dir: dir}
	if g.program, err = bindir.Path(config.Bin, "gitea"); err != nil {
		return nil, err
	}
	if err := g.Restart(); err != nil {
		return nil, err
	}
	return g, nil
}

// Restart starts Gitea again after Stop: same address, same content, same tokens.
func (g *Gitea) Restart() error {
	if g.host != "" {
		return g.start()
	}
	// Gitea must know its port before it listens, for it builds addresses from it, and another process may take
	// the port in between. To hand over a socket is no way out: Gitea then ends its parent, as after an upgrade.
	for attempt := 1; ; attempt++ {
		host, err := freeHost()
		if err != nil {
			return err
		}
		g.host = host
		if err = g.start(); err == nil {
			return nil
		}
		if attempt == 5 || !strings.Contains(err.Error(), "address already in use") {
			return err
		}
	}
}

// start starts Gitea at its host.
func (g *Gitea) start() error {
	err := os.WriteFile(g.settingsPath(), []byte(g.settings()), 0o600)
	if err != nil {
		return fmt.Errorf("setting up Gitea: %w", err)
	}
	if g.admin.Name == "" {
		if g.admin, err = g.firstUser(); err != nil {
			return err
		}
	}
	if g.process, err = startProcess("gitea", g.log(), g.command("web")); err != nil {
		return err
	}
	if err := g.await(); err != nil {
		return errors.Join(err, g.Stop())
	}
	return nil
}

// await returns when Gitea answers. It asks with a token, which no other server at the port would know.
func (g *Gitea) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		err := g.Call(ctx, g.admin, http.MethodGet, "/api/v1/user", nil, nil)
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-g.process.done:
			return g.process.early()
		case <-ctx.Done():
			return fmt.Errorf("waiting for Gitea: %w\n%s", err, tail(g.log()))
		}
	}
}

// freeHost returns an address that nobody listens at just now.
func freeHost() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// Stop ends Gitea. Its folder stays. It may be called again.
func (g *Gitea) Stop() error { return g.process.stop() }

// Host returns the address, "127.0.0.1:PORT", as it stands before a slash in the name of an image.
func (g *Gitea) Host() string { return g.host }

// URL returns the address, "http://127.0.0.1:PORT", without a slash at the end.
func (g *Gitea) URL() string { return "http://" + g.host }

// CloneURL returns the address of repository, "owner/name", for Git over HTTP. It holds no credentials.
func (g *Gitea) CloneURL(repository string) string { return g.URL() + "/" + repository + ".git" }

// Folder returns where the bare repository "owner/name" lies on disk.
func (g *Gitea) Folder(repository string) string {
	return filepath.Join(g.dir, "repositories", filepath.FromSlash(strings.ToLower(repository))+".git")
}

// Admin returns the administrator, who is made at the first start.
func (g *Gitea) Admin() GiteaUser { return g.admin }

// Pusher returns one that pushes images as user. The names of images begin with the name of their owner.
func (g *Gitea) Pusher(user GiteaUser) Pusher {
	return Pusher{Host: g.host, Username: user.Name, Password: user.Token}
}

// Logs returns the paths of the log files.
func (g *Gitea) Logs() []string { return []string{g.log()} }

func (g *Gitea) log() string          { return filepath.Join(g.dir, "gitea.log") }
func (g *Gitea) settingsPath() string { return filepath.Join(g.dir, "app.ini") }

// command returns one of Gitea with our settings.
func (g *Gitea) command(args ...string) *exec.Cmd {
	cmd := exec.Command(g.program, append(args, "--config", g.settingsPath())...)
	cmd.Dir = g.dir
	cmd.Env = append(gitEnvironment(g.dir), "GITEA_WORK_DIR="+filepath.Join(g.dir, "work"))
	return cmd
}

var tokenLine = regexp.MustCompile(`Access token was successfully created\.\.\. (\S+)`)

// firstUser makes the database and the administrator in it. Gitea does both only while it is not running.
func (g *Gitea) firstUser() (GiteaUser, error) {
	if out, err := g.command("migrate").CombinedOutput(); err != nil {
		return GiteaUser{}, fmt.Errorf("making the database of Gitea: %w\n%s", err, out)
	}
	admin := GiteaUser{Name: "keeper", Password: "for-tests-only"}
	out, err := g.command("admin", "user", "create", "--admin", "--username", admin.Name, "--password", admin.Password,
		"--email", admin.Name+"@example.com", "--must-change-password=false",
		"--access-token", "--access-token-scopes", "all").CombinedOutput()
	if err != nil {
		return GiteaUser{}, fmt.Errorf("making the administrator of Gitea: %w\n%s", err, out)
	}
	found := tokenLine.FindSubmatch(out)
	if found == nil {
		return GiteaUser{}, errors.New("making the administrator of Gitea: it printed no token")
	}
	admin.Token = string(found[1])
	return admin, nil
}

// settings returns app.ini. What it turns off is either slow to start or reaches out of this machine.
func (g *Gitea) settings() string {
	name := "nobody"
	if me, err := user.Current(); err == nil {
		name = me.Username
	}
	_, port, _ := strings.Cut(g.host, ":")
	return fmt.Sprintf(`APP_NAME = Tests
RUN_MODE = prod
RUN_USER = %[1]s
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = %[2]t

[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[3]s
DOMAIN = 127.0.0.1
ROOT_URL = http://127.0.0.1:%[3]s/
STATIC_ROOT_PATH = %[4]s
OFFLINE_MODE = true
DISABLE_SSH = true
LFS_START_SERVER = false
; It waits this long for connections that nobody uses any more.
GRACEFUL_HAMMER_TIME = 2s

[database]
DB_TYPE = sqlite3
PATH = %[5]s/gitea.db
SQLITE_JOURNAL_MODE = WAL

[repository]
ROOT = %[5]s/repositories
DEFAULT_BRANCH = main

[security]
INSTALL_LOCK = true
SECRET_KEY = for-tests-only
; A hash that protects nothing should cost nothing.
PASSWORD_HASH_ALGO = pbkdf2$1$50

[oauth2]
; Otherwise it looks for a prime of 2048 bits at the first start.
JWT_SIGNING_ALGORITHM = HS256
JWT_SECRET = Zm9yLXRlc3RzLW9ubHktZm9yLXRlc3RzLW9ubHkhISE

[service]
DISABLE_REGISTRATION = true

[webhook]
ALLOWED_HOST_LIST = loopback

[indexer]
ISSUE_INDEXER_TYPE = db

[queue]
TYPE = channel

[session]
PROVIDER = memory

[mailer]
ENABLED = false

[cron]
ENABLED = false

[cron.update_checker]
ENABLED = false

[actions]
ENABLED = false

[log]
MODE = console
LEVEL = Info

%[6]s
`, name, os.Geteuid() == 0, port, g.program+".static", g.dir, g.config.Settings)
}
