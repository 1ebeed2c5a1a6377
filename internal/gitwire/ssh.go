// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// A sshLogin is how to log in over SSH, and which keys of servers are believed.
type sshLogin struct {
	user   string
	signer ssh.Signer
	hosts  string // the file of known hosts
	dial   dialFunc
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// newSSHLogin reads the key. One that cannot be used is a waiting fault, SecretInvalid, that says what to do.
func newSSHLogin(at *url.URL, c Config) (*sshLogin, error) {
	switch {
	case c.Proxy != nil:
		return nil, fault.Stall(reason.InvalidSpec, errors.New("logging in over SSH: git.proxySecretRef is not available for SSH; use https://"))
	case c.Login == (credentials.Git{}):
		return nil, fault.Stall(reason.InvalidSpec, errors.New("logging in over SSH: set git.secretRef to a Secret with identity and known_hosts"))
	case c.Login.Identity.Empty():
		return nil, badLogin("git.url is an SSH address and the Secret holds no identity")
	case c.KnownHosts == "":
		return nil, badLogin("there are no known hosts, and the key of an unknown server is never believed")
	}
	signer, err := parseIdentity(c.Login.Identity, c.Login.Passphrase)
	if err != nil {
		return nil, err
	}
	user := at.User.Username()
	if user == "" {
		user = "git"
	}
	return &sshLogin{user: user, signer: signer, hosts: c.KnownHosts, dial: c.DialContext}, nil
}

func badLogin(why string) error {
	return fault.Retry(reason.SecretInvalid, errors.New("logging in to Git: "+why))
}

// parseIdentity reads a private key. Errors of the libraries are not passed on: they may quote what they read.
func parseIdentity(identity, passphrase credentials.Text) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey([]byte(identity.Reveal()))
	if _, ok := errors.AsType[*ssh.PassphraseMissingError](err); !ok {
		if err != nil {
			return nil, badLogin("identity is not a private key that can be used")
		}
		return signer, nil
	}
	if passphrase.Empty() {
		return nil, badLogin("identity is encrypted, and password, its passphrase, is missing")
	}
	signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(identity.Reveal()), []byte(passphrase.Reveal()))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, badLogin("password does not decrypt identity")
	}
	if err != nil {
		return nil, badLogin("identity is not a private key that can be used")
	}
	return signer, nil
}

// A shellTalk is a talk over SSH: one connection and one program at its other end, which says at once what it can do.
type shellTalk struct {
	r      *Remote
	s      service
	client *ssh.Client
	stop   func() bool // forgets to close the connection when the context ends
	stdin  io.WriteCloser
	stdout *limited
	stderr *earshot
	asked  bool
}

// openSSH connects and starts the program.
func (r *Remote) openSSH(ctx context.Context, s service) (*shellTalk, error) {
	at := r.at()
	port := at.Port()
	if port == "" {
		port = "22"
	}
	address := net.JoinHostPort(at.Hostname(), port)
	config, verdict, err := r.ssh.config(address)
	if err != nil {
		return nil, err
	}
	conn, err := r.ssh.dial(ctx, "tcp", address)
	if err != nil {
		return nil, failed(err)
	}
	t := &shellTalk{r: r, s: s, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}
	c, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		t.stop()
		_ = conn.Close()
		return nil, r.shakenOff(ctx, err, verdict)
	}
	t.client = ssh.NewClient(c, channels, requests)
	if err := t.start(at.Path); err != nil {
		t.close()
		return nil, r.ended(ctx, err)
	}
	return t, nil
}

// config returns how to shake hands with address, and where the judgement on its key will be.
func (l *sshLogin) config(address string) (*ssh.ClientConfig, *error, error) {
	known, err := knownhosts.NewDB(l.hosts)
	if err != nil {
		return nil, nil, badLogin("known_hosts cannot be read: " + knownHostsProblem(err))
	}
	secure := ssh.SupportedAlgorithms().HostKeys // without RSA signatures over SHA-1
	algorithms := slices.DeleteFunc(known.HostKeyAlgorithms(address), func(a string) bool { return !slices.Contains(secure, a) })
	if len(algorithms) == 0 {
		algorithms = secure // the host is unknown: let it show a key, so that its fingerprint can be told
	}
	verdict := new(error)
	check := known.HostKeyCallback()
	return &ssh.ClientConfig{
		User:              l.user,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(l.signer)},
		HostKeyAlgorithms: algorithms,
		ClientVersion:     "SSH-2.0-fairlead",
		HostKeyCallback: func(host string, remote net.Addr, key ssh.PublicKey) error {
			if err := check(host, remote, key); err != nil {
				*verdict = mismatch(host, key, err)
			}
			return *verdict
		},
	}, verdict, nil
}

// knownHostsProblem takes the name of the file off an error: it is ours and helps nobody.
func knownHostsProblem(err error) string {
	text := err.Error()
	if at := strings.LastIndex(text, ": "); at >= 0 {
		return text[at+2:]
	}
	return text
}

// mismatch says what is wrong with a server's key, with the fingerprints that a person can compare.
func mismatch(host string, key ssh.PublicKey, err error) error {
	shown := key.Type() + " " + ssh.FingerprintSHA256(key)
	var unlike *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	var why error
	switch {
	case errors.As(err, &revoked):
		why = fmt.Errorf("%s shows the key %s, which known_hosts revokes", host, shown)
	case errors.As(err, &unlike) && len(unlike.Want) > 0:
		var want []string
		for _, k := range unlike.Want {
			want = append(want, k.Key.Type()+" "+ssh.FingerprintSHA256(k.Key))
		}
		slices.Sort(want)
		why = fmt.Errorf("%s shows the key %s; known_hosts lists %s", host, shown, strings.Join(want[:min(len(want), 5)], ", "))
	default:
		why = fmt.Errorf("%s shows the key %s; known_hosts does not list it for this host", host, shown)
	}
	return fault.Wait(reason.HostKeyMismatch, why)
}

// shakenOff classifies an error of the handshake.
func (r *Remote) shakenOff(ctx context.Context, err error, verdict *error) error {
	switch {
	case ctx.Err() != nil:
		return failed(ctx.Err())
	case *verdict != nil:
		return *verdict
	case strings.Contains(err.Error(), "unable to authenticate"): // there is no other sign of it
		return fault.Wait(reason.GitAuthenticationFailed, fmt.Errorf("the server refuses the key %s of user %q",
			ssh.FingerprintSHA256(r.ssh.signer.PublicKey()), r.ssh.user))
	}
	if none, ok := errors.AsType[*ssh.AlgorithmNegotiationError](err); ok {
		return fault.Wait(reason.HostKeyMismatch, fmt.Errorf("the server has no key of a kind that known_hosts lists and that is safe: %s", r.laundry.clean(none.Error())))
	}
	return failed(errors.New(r.laundry.clean(err.Error())))
}

// ended gives an error the reason why the connection ended, if we ended it.
func (r *Remote) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return failed(ctx.Err())
	}
	return failed(err)
}

// start starts the program for the repository at path.
func (t *shellTalk) start(path string) error {
	session, err := t.client.NewSession()
	if err != nil {
		return err
	}
	if t.s == uploadPack {
		_ = session.Setenv("GIT_PROTOCOL", "version=2") // a server that refuses it speaks v0
	}
	if t.stdin, err = session.StdinPipe(); err != nil {
		return err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return err
	}
	t.stdout = &limited{ReadCloser: io.NopCloser(out), left: t.r.limits.Refs}
	t.stderr = &earshot{}
	session.Stderr = t.stderr
	if home, ok := strings.CutPrefix(path, "/~"); ok {
		path = "~" + home // ssh://host/~user/x
	}
	return session.Start(string(t.s) + " '" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(path) + "'")
}

// An earshot keeps the first words that are said to it.
type earshot struct {
	mu    sync.Mutex
	heard []byte
}

func (e *earshot) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = hear(e.heard, p)
	return len(p), nil
}

func (e *earshot) words() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return string(e.heard)
}

func (t *shellTalk) advert(ctx context.Context, see func(string, commit.ID)) (advert, error) {
	a, err := readAdvert(&packets{r: t.stdout}, t.s, see)
	if err == nil {
		return a, nil
	}
	if ctx.Err() != nil {
		return advert{}, failed(ctx.Err())
	}
	if errors.Is(err, io.ErrUnexpectedEOF) { // the program ended without a word of the protocol
		_ = t.client.Close()
		_ = t.client.Wait() // what it said to stderr has come by now
		if words := t.r.laundry.clean(t.stderr.words()); words != "" {
			return advert{}, fault.Wait(reason.GitFailed, fmt.Errorf("%w: %q", ErrRefused, words))
		}
	}
	return advert{}, t.r.told(fmt.Errorf("reading what the server can do: %w", err))
}

func (t *shellTalk) ask(ctx context.Context, message []byte, limit int64) (io.ReadCloser, error) {
	t.asked = true
	t.stdout.left = limit
	_, err := t.stdin.Write(message)
	if err == nil {
		err = t.stdin.Close()
	}
	if err != nil && ctx.Err() != nil {
		return nil, failed(ctx.Err())
	}
	// A server that has had enough closes its side while we write, and says why: read on.
	return untilEnd{t.stdout, ctx}, nil
}

// untilEnd is an answer whose reading ends with the context's error when the context ended it.
type untilEnd struct {
	io.ReadCloser
	ctx context.Context
}

func (u untilEnd) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err != nil && u.ctx.Err() != nil {
		err = u.ctx.Err()
	}
	return n, err
}

func (t *shellTalk) close() {
	if t.stdin != nil && !t.asked {
		_, _ = t.stdin.Write([]byte("0000")) // "nothing, thank you"
	}
	t.stop()
	_ = t.client.Close()
}
