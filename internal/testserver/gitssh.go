// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// A GitSSHConfig says how a GitSSH is set up.
type GitSSHConfig struct {
	Authorized   []ssh.PublicKey // keys that are let in besides GitSSH.ClientKey
	Repositories GitFolder       // another server's, to serve the same; zero: a new folder
}

// A GitSSH is a Git server over SSH, with Git's own upload-pack and receive-pack. It lets in those who hold a key,
// whatever user they ask for.
type GitSSH struct {
	repositories GitFolder
	log          *os.File
	listener     net.Listener
	server       *ssh.ServerConfig
	hostKey      ssh.PublicKey
	clientKey    []byte

	mu      sync.Mutex
	open    map[net.Conn]bool // nil: closing
	running sync.WaitGroup    // connections, and the accepting of them
}

// StartGitSSH starts a server of the bare repositories in dir, with a new host key and a new client key.
func StartGitSSH(dir string, config GitSSHConfig) (*GitSSH, error) {
	g := &GitSSH{repositories: config.Repositories, open: make(map[net.Conn]bool)}
	hostSigner, _, err := newKey()
	if err != nil {
		return nil, err
	}
	clientSigner, clientKey, err := newKey()
	if err != nil {
		return nil, err
	}
	g.hostKey, g.clientKey = hostSigner.PublicKey(), clientKey
	g.server = serverConfig(hostSigner, append(slices.Clone(config.Authorized), clientSigner.PublicKey()))
	if g.repositories == (GitFolder{}) {
		if g.repositories, err = newGitFolder(dir); err != nil {
			return nil, err
		}
	}
	if g.log, err = os.OpenFile(filepath.Join(dir, "git-ssh.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	if g.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(fmt.Errorf("listening: %w", err), g.log.Close())
	}
	g.running.Go(g.accept)
	return g, nil
}

// Repositories returns the repositories it serves.
func (g *GitSSH) Repositories() GitFolder { return g.repositories }

// URL returns the address of the repository name, "ssh://git@127.0.0.1:PORT/team/app.git".
func (g *GitSSH) URL(name string) string { return "ssh://git@" + g.Host() + "/" + name }

// Host returns the address, "127.0.0.1:PORT".
func (g *GitSSH) Host() string { return g.listener.Addr().String() }

// ClientKey returns a private key that is let in, as ssh-keygen writes it, without a passphrase.
func (g *GitSSH) ClientKey() []byte { return slices.Clone(g.clientKey) }

// KnownHosts returns the line of known_hosts that names the host key, with a newline.
func (g *GitSSH) KnownHosts() string {
	host, port, _ := strings.Cut(g.Host(), ":")
	return fmt.Sprintf("[%s]:%s %s", host, port, ssh.MarshalAuthorizedKey(g.hostKey))
}

// Stop cuts open connections and ends the server. It may be called again.
func (g *GitSSH) Stop() error {
	err := g.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	g.mu.Lock()
	for conn := range g.open {
		_ = conn.Close() // the other side may have closed it
	}
	g.open = nil
	g.mu.Unlock()
	g.running.Wait()
	return errors.Join(err, g.log.Close())
}

// Logs returns the paths of the log files. What Git complains of is in them.
func (g *GitSSH) Logs() []string { return []string{g.log.Name()} }

// newKey makes a key pair and returns it with the private key as ssh-keygen writes it.
func newKey() (ssh.Signer, []byte, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "for tests only")
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a key: %w", err)
	}
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		return nil, nil, fmt.Errorf("making a signer: %w", err)
	}
	return signer, pem.EncodeToMemory(block), nil
}

func serverConfig(host ssh.Signer, authorized []ssh.PublicKey) *ssh.ServerConfig {
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			for _, known := range authorized {
				if string(known.Marshal()) == string(key.Marshal()) {
					return nil, nil
				}
			}
			return nil, errors.New("unknown key")
		},
	}
	config.AddHostKey(host)
	return config
}

func (g *GitSSH) accept() {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			return // it was closed
		}
		if !g.enter(conn) {
			_ = conn.Close()
			return
		}
		g.running.Go(func() {
			defer g.leave(conn)
			g.connection(conn)
		})
	}
}

// enter remembers conn for Stop to cut, unless Stop has been called.
func (g *GitSSH) enter(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		return false
	}
	g.open[conn] = true
	return true
}

func (g *GitSSH) leave(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, conn)
	_ = conn.Close() // Stop may have closed it
}

// connection serves the sessions of one connection, several at once if the client wants them.
func (g *GitSSH) connection(conn net.Conn) {
	_, channels, requests, err := ssh.NewServerConn(conn, g.server)
	if err != nil {
		fmt.Fprintf(g.log, "refused %s: %v\n", conn.RemoteAddr(), err)
		return
	}
	var sessions sync.WaitGroup
	defer sessions.Wait()
	sessions.Go(func() { ssh.DiscardRequests(requests) })
	for channel := range channels {
		if channel.ChannelType() != "session" {
			_ = channel.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		stream, requests, err := channel.Accept()
		if err != nil {
			return
		}
		sessions.Go(func() { g.session(stream, requests) })
	}
}

// session takes environment variables until a command comes, runs it, and ends.
func (g *GitSSH) session(stream ssh.Channel, requests <-chan *ssh.Request) {
	defer stream.Close()
	var version string
	for request := range requests {
		switch request.Type {
		case "env":
			var variable struct{ Name, Value string }
			known := ssh.Unmarshal(request.Payload, &variable) == nil && variable.Name == "GIT_PROTOCOL"
			if known {
				version = variable.Value
			}
			_ = request.Reply(known, nil)
		case "exec":
			var command struct{ Line string }
			err := ssh.Unmarshal(request.Payload, &command)
			_ = request.Reply(err == nil, nil)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			status := struct{ Code uint32 }{g.run(command.Line, version, stream)}
			_, _ = stream.SendRequest("exit-status", false, ssh.Marshal(&status))
			return
		default:
			_ = request.Reply(false, nil)
		}
	}
}

// run runs the Git command in line on stream and returns its exit code.
func (g *GitSSH) run(line, version string, stream ssh.Channel) uint32 {
	service, name, err := parseCommand(line)
	if err != nil {
		fmt.Fprintf(stream.Stderr(), "%v\n", err)
		return 128
	}
	cmd := exec.Command("git", service, g.repositories.Path(name))
	cmd.Dir = g.repositories.dir
	cmd.Env = gitEnvironment(g.repositories.dir)
	if version != "" {
		cmd.Env = append(cmd.Env, "GIT_PROTOCOL="+version)
	}
	cmd.Stdout, cmd.Stderr = stream, io.MultiWriter(stream.Stderr(), g.log)
	// Not cmd.Stdin: Wait would then wait for a client that has nothing more to send and does not say so.
	input, err := cmd.StdinPipe()
	if err != nil {
		return 128
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(g.log, "starting git %s: %v\n", service, err)
		return 128
	}
	go func() {
		_, _ = io.Copy(input, stream) // a client that goes away ends the command, which tells
		_ = input.Close()
	}()
	if err := cmd.Wait(); err != nil {
		fmt.Fprintf(g.log, "running git %s for %s: %v\n", service, name, err)
		return uint32(max(cmd.ProcessState.ExitCode(), 1))
	}
	return 0
}

// parseCommand reads what Git sends: git-upload-pack '/team/app.git'. Nothing else is a command.
func parseCommand(line string) (service, name string, err error) {
	command, argument, _ := strings.Cut(line, " ")
	service = strings.TrimPrefix(command, "git-")
	if service != "upload-pack" && service != "receive-pack" || service == command {
		return "", "", fmt.Errorf("unknown command %q", command)
	}
	name = strings.TrimPrefix(strings.Trim(argument, "'"), "/")
	if !filepath.IsLocal(name) {
		return "", "", fmt.Errorf("no repository %q", name)
	}
	return service, name, nil
}
