// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/gitwire"
)

// Config says where mirrors are kept and what they may take up.
type Config struct {
	Dir string // belongs to one process; what it does not know there is removed

	// DialContext makes every connection; nil: net.Dialer's.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	Pack  int64            // bytes of a pack that is fetched; zero: 1 GiB
	Disk  int64            // bytes of a mirror before it is cloned again; zero: 4 GiB
	Packs int              // packs of a mirror before it is cloned again; zero: 100
	Now   func() time.Time // nil: time.Now
}

// A Remote is a branch of a repository, and how to get at it.
type Remote struct {
	URL      string
	Branch   string // empty: the remote's default
	Insecure bool   // http:// is allowed
	Login    credentials.Git
	Proxy    *url.URL      // with its name and password, if it wants them; nil: none
	Timeout  time.Duration // of one operation; zero: 120 s
}

// Mirrors keeps a mirror for each repository, login and branch. Logins do not share any: what one may read another
// may not. It is safe for concurrent use.
type Mirrors struct {
	config Config
	key    []byte // of the mirrors' names, so that they tell nothing of logins

	mu      sync.Mutex
	berths  map[string]*berth
	started time.Time
}

// A berth is the place of one mirror, free or taken.
type berth struct {
	dir   string
	turn  chan struct{} // holds one token: whoever took it has the berth
	wire  *gitwire.Remote
	users int       // that have it or wait for it
	used  time.Time // when the last one left
}

const (
	keyFile    = "key"
	freshName  = "tmp_clone_" // a mirror being cloned
	oldName    = "tmp_old_"   // one being removed
	mirrorName = "mirror_"
	hostsName  = "known_hosts_" // the server keys that the login of a mirror believes
)

// Open makes the folder of mirrors ready and removes what an earlier process left half done.
func Open(c Config) (*Mirrors, error) {
	if c.Disk == 0 {
		c.Disk = 4 << 30
	}
	if c.Packs == 0 {
		c.Packs = 100
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the mirrors: %w", err)
	}
	key, err := loadKey(filepath.Join(c.Dir, keyFile))
	if err != nil {
		return nil, fmt.Errorf("opening the mirrors: %w", err)
	}
	m := &Mirrors{config: c, key: key, berths: map[string]*berth{}, started: c.Now()}
	if err := m.sweepLeftovers(); err != nil {
		return nil, fmt.Errorf("sweeping the mirrors: %w", err)
	}
	return m, nil
}

// loadKey reads the key of the names, or makes one. Without it old mirrors are not found again and are swept in time.
func loadKey(file string) ([]byte, error) {
	key, err := os.ReadFile(file)
	if err == nil && len(key) == sha256.Size {
		return key, nil
	}
	key = make([]byte, sha256.Size)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, replace(file, key)
}

// sweepLeftovers removes what has no owner at a start: clones that did not end, old mirrors, temporary files.
func (m *Mirrors) sweepLeftovers() error {
	for _, pattern := range []string{"tmp_*", hostsName + "*", mirrorName + "*/tmp_*", mirrorName + "*/" + packs + "/tmp_*", mirrorName + "*/refs/heads/tmp_*"} {
		names, err := filepath.Glob(filepath.Join(globQuoted(m.config.Dir), pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := os.RemoveAll(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// globQuoted makes a path match itself alone.
func globQuoted(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Sweep removes the mirrors that nobody used for idle, and drops their connections. Mirrors of an earlier process count
// as used when this one started.
func (m *Mirrors) Sweep(idle time.Duration) error {
	dirs, err := filepath.Glob(filepath.Join(globQuoted(m.config.Dir), mirrorName+"*"))
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.config.Now()
	kept := map[string]bool{}
	for key, b := range m.berths {
		if b.users > 0 || now.Sub(b.used) < idle {
			kept[b.dir] = true
			continue
		}
		b.wire.Close()
		delete(m.berths, key)
		if gone := os.Remove(filepath.Join(m.config.Dir, hostsName+key)); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	if now.Sub(m.started) < idle {
		return err
	}
	for _, dir := range dirs {
		if !kept[dir] {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

// Lane waits for its turn at the mirror of a remote and returns it with what releases it. At most one lane of a
// remote exists at a time; others run beside it. It asks nobody anything yet.
//
// A remote that cannot be used is a stalled fault, InvalidSpec; the end of ctx is ctx's error.
func (m *Mirrors) Lane(ctx context.Context, r Remote) (*Lane, func(), error) {
	b, err := m.join(r)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the repository: %w", err)
	}
	select {
	case <-b.turn:
	case <-ctx.Done():
		m.leave(b)
		return nil, nil, fmt.Errorf("waiting for the turn at %s: %w", b.wire, ctx.Err())
	}
	if r.Timeout == 0 {
		r.Timeout = 120 * time.Second
	}
	l := &Lane{wire: b.wire, dir: b.dir, parent: m.config.Dir, branch: r.Branch, timeout: r.Timeout, disk: m.config.Disk, packs: m.config.Packs,
		pending: map[commit.ID]built{}}
	var once sync.Once
	return l, func() {
		once.Do(func() {
			l.close()
			m.leave(b)
			b.turn <- struct{}{}
		})
	}, nil
}

// join returns the berth of a remote, made if need be, with one user more.
func (m *Mirrors) join(r Remote) (*berth, error) {
	key := m.name(r)
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.berths[key]
	if !ok {
		hosts, err := m.knownHosts(key, r)
		if err != nil {
			return nil, err
		}
		wire, err := gitwire.New(gitwire.Config{URL: r.URL, Insecure: r.Insecure, Login: r.Login, KnownHosts: hosts,
			DialContext: m.config.DialContext, Proxy: r.Proxy, Limits: gitwire.Limits{Pack: m.config.Pack}})
		if err != nil {
			return nil, err
		}
		b = &berth{dir: filepath.Join(m.config.Dir, mirrorName+key), turn: make(chan struct{}, 1), wire: wire}
		b.turn <- struct{}{}
		m.berths[key] = b
	}
	b.users++
	return b, nil
}

// knownHosts writes the server keys that r believes to a file, for the library reads nothing else. None: no file.
func (m *Mirrors) knownHosts(key string, r Remote) (string, error) {
	if r.Login.KnownHosts == "" {
		return "", nil
	}
	name := filepath.Join(m.config.Dir, hostsName+key)
	return name, replace(name, []byte(r.Login.KnownHosts))
}

func (m *Mirrors) leave(b *berth) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b.users--
	b.used = m.config.Now()
}

// name returns what tells the mirror of r from others: 128 bits that say nothing to who lacks the key.
func (m *Mirrors) name(r Remote) string {
	login := r.Login.Digest()
	h := hmac.New(sha256.New, m.key)
	_, _ = fmt.Fprintf(h, "%q %q %v %x", r.URL, r.Branch, r.Insecure, login)
	if r.Proxy != nil {
		_, _ = fmt.Fprintf(h, " %q", r.Proxy.String())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Close drops all connections. Lanes must have been released.
func (m *Mirrors) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.berths {
		b.wire.Close()
	}
}
