// SPDX-License-Identifier: Apache-2.0

package gitrepo_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"

	"github.com/fairlead-dev/fairlead/internal/credentials"
)

// A sshServer runs the programs of git for whoever has the key.
type sshServer struct {
	address string
	hosts   string // its line of known_hosts
	login   credentials.Git
}

func newSigner(t testing.TB) (ssh.Signer, ed25519.PrivateKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer, key
}

// startSSH serves the folder that holds the repository dir. With v2 it lets the client say which protocol it speaks.
func startSSH(t testing.TB, dir string, v2 bool) sshServer {
	t.Helper()
	host, _ := newSigner(t)
	user, key := newSigner(t)
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if string(k.Marshal()) != string(user.PublicKey().Marshal()) {
			return nil, fmt.Errorf("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveSSH(conn, config, filepath.Dir(dir), v2)
		}
	}()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	hosts := knownhosts.Line([]string{l.Addr().String()}, host.PublicKey()) + "\n"
	return sshServer{l.Addr().String(), hosts, credentials.Git{Identity: credentials.NewText(string(pem.EncodeToMemory(block))), KnownHosts: hosts}}
}

func serveSSH(conn net.Conn, config *ssh.ServerConfig, root string, v2 bool) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		go serveSession(channel, asked, root, v2)
	}
}

func serveSession(channel ssh.Channel, asked <-chan *ssh.Request, root string, v2 bool) {
	defer channel.Close()
	env := os.Environ()
	for q := range asked {
		switch q.Type {
		case "env":
			var v struct{ Name, Value string }
			if ok := v2 && ssh.Unmarshal(q.Payload, &v) == nil; ok {
				env = append(env, v.Name+"="+v.Value)
			}
			_ = q.Reply(v2, nil)
		case "exec":
			var v struct{ Command string }
			_ = ssh.Unmarshal(q.Payload, &v)
			_ = q.Reply(true, nil)
			cmd := exec.Command("sh", "-c", v.Command)
			cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = root, env, channel, channel.Stderr()
			in, err := cmd.StdinPipe()
			if err == nil {
				go func() { _, _ = io.Copy(in, channel); _ = in.Close() }()
				err = cmd.Run()
			}
			status := struct{ Status uint32 }{0}
			if err != nil {
				status.Status = 1
			}
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(&status))
			return
		default:
			_ = q.Reply(false, nil)
		}
	}
}
