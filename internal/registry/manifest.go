// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// The media types of manifests that are read. Schema 1 is not among them: its digest is not that of its bytes.
const (
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"

	manifestTypes = ociIndex + ", " + dockerList + ", " + ociManifest + ", " + dockerManifest
)

// Digest returns the digest that tag of name has now; known is the one it had when it was last looked at, if any.
//
// While the registry's word is that it is known, or one whose bytes were read before, that word is taken: one HEAD.
// Anything new is fetched and hashed, so another digest than known is that of bytes that were read: at most 4 MiB, a
// manifest or an index of at most 256 entries. An answer that hashes to another digest, or is none of these, is a transient fault with reason
// DigestFailed, and so is a registry that cannot be asked; 401, 403, 404 and 429 are as for Tags.
func (c *Client) Digest(ctx context.Context, name image.Name, tag string, known image.Digest, as credentials.Access) (image.Digest, error) {
	digest, err := c.open(name, as, reason.DigestFailed).digest(ctx, tag, known)
	if err != nil {
		return "", fmt.Errorf("resolving %s:%s: %w", name, tag, err)
	}
	return digest, nil
}

func (s *session) digest(ctx context.Context, tag string, known image.Digest) (image.Digest, error) {
	if !image.IsTag(tag) {
		return "", fault.Wait(s.failed, errors.New("that is no tag"))
	}
	said, err := s.head(ctx, tag)
	switch {
	case err != nil:
		return "", err
	case said != "" && (said == known || s.client.verified.has(s.name, said)):
		s.client.verified.see(s.name, said)
		return said, nil
	}
	reference := tag
	if said != "" {
		reference = string(said) // by digest, so that a tag that moves between the two requests does no harm
	}
	m, err := s.manifest(ctx, reference)
	if err != nil {
		return "", s.lied(said, err)
	}
	return m.digest, nil
}

// lied turns "not found" for a digest the registry itself has just named into what it is.
func (s *session) lied(said image.Digest, err error) error {
	if said != "" && fault.Of(err).Reason == reason.NotFound {
		return fault.Retry(reason.DigestFailed, fmt.Errorf("the registry says %s and does not have it: %w", said, err))
	}
	return err
}

// Exists tells whether name has the manifest digest. The first time that a registry says so the bytes are read and
// hashed; a registry that shows others is a transient fault with reason DigestFailed.
func (c *Client) Exists(ctx context.Context, name image.Name, digest image.Digest, as credentials.Access) (bool, error) {
	ok, err := c.open(name, as, reason.DigestFailed).exists(ctx, digest)
	if err != nil {
		return false, fmt.Errorf("looking for %s@%s: %w", name, digest, err)
	}
	return ok, nil
}

func (s *session) exists(ctx context.Context, digest image.Digest) (bool, error) {
	if _, err := image.ParseDigest(string(digest)); err != nil {
		return false, fault.Wait(s.failed, err)
	}
	var err error
	if s.client.verified.has(s.name, digest) {
		_, err = s.head(ctx, string(digest))
	} else {
		_, err = s.manifest(ctx, string(digest))
	}
	if err != nil && fault.Of(err).Reason == reason.NotFound {
		return false, nil
	}
	return err == nil, err
}

// head returns the digest the registry says reference has, empty when it does not say.
func (s *session) head(ctx context.Context, reference string) (image.Digest, error) {
	resp, err := s.ask(ctx, question{http.MethodHead, s.manifestPath(reference), manifestTypes})
	if err != nil {
		return "", err
	}
	discard(resp)
	switch resp.StatusCode {
	case http.StatusOK:
		said, err := image.ParseDigest(resp.Header.Get("Docker-Content-Digest"))
		if err != nil {
			return "", nil //nolint:nilerr // a header that is no digest says nothing: the content decides
		}
		return said, nil
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return "", nil
	}
	return "", s.refused(resp)
}

func (s *session) manifestPath(reference string) string {
	return "/v2/" + s.name.Repository + "/manifests/" + reference
}

// A manifest is what was read at a tag or digest, checked.
type manifest struct {
	digest  image.Digest
	index   bool
	config  descriptor   // of a single image
	entries []descriptor // of an index
}

type descriptor struct {
	MediaType string    `json:"mediaType"`
	Digest    string    `json:"digest"`
	Platform  *platform `json:"platform"`
}

func (d descriptor) isIndex() bool { return d.MediaType == ociIndex || d.MediaType == dockerList }

// manifest fetches what reference, a tag or a digest, names, and checks that it is what it says.
func (s *session) manifest(ctx context.Context, reference string) (manifest, error) {
	body, header, err := s.fetch(ctx, question{http.MethodGet, s.manifestPath(reference), manifestTypes})
	if err != nil {
		return manifest{}, err
	}
	wanted := reference
	if image.IsTag(reference) {
		wanted = header.Get("Docker-Content-Digest")
	}
	digest, err := hash(body, image.Digest(wanted))
	if err != nil {
		return manifest{}, fault.Retry(reason.DigestFailed, err)
	}
	m, err := readManifest(body, header.Get("Content-Type"), s.client.config.Limits.IndexEntries)
	if err != nil {
		return manifest{}, fault.Retry(reason.DigestFailed, err)
	}
	m.digest = digest
	s.client.verified.add(s.name, digest)
	return m, nil
}

// fetch returns the whole answer to q.
func (s *session) fetch(ctx context.Context, q question) ([]byte, http.Header, error) {
	resp, err := s.ask(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		discard(resp)
		return nil, nil, s.refused(resp)
	}
	limit := s.client.config.Limits.ManifestBytes
	body, err := transport.ReadAll(resp.Body, limit)
	closing := resp.Body.Close()
	switch {
	case errors.Is(err, transport.ErrTooLarge):
		return nil, nil, fault.Retry(s.failed, fmt.Errorf("the answer has more than %d bytes", limit))
	case err != nil:
		return nil, nil, s.unanswered(ctx, s.base.Host, fmt.Errorf("the answer of %s breaks off: %w", s.base.Host, err))
	}
	return body, resp.Header, closing
}

// hash returns the digest of body, by the algorithm of wanted, and fails when wanted is a digest and another one.
func hash(body []byte, wanted image.Digest) (image.Digest, error) {
	got := image.DigestOf(body)
	if strings.HasPrefix(string(wanted), "sha512:") {
		sum := sha512.Sum512(body)
		got = image.Digest("sha512:" + hex.EncodeToString(sum[:]))
	}
	if _, err := image.ParseDigest(string(wanted)); err == nil && got != wanted {
		return "", fmt.Errorf("the registry says %s, and sends content with the digest %s", wanted, got)
	}
	return got, nil
}

// readManifest reads a manifest or an index. Its type must be known, and the header and the text must agree on it:
// one content that can be read in two ways is not one image.
func readManifest(body []byte, contentType string, maxEntries int) (manifest, error) {
	var doc struct {
		SchemaVersion int             `json:"schemaVersion"`
		MediaType     string          `json:"mediaType"`
		Config        *descriptor     `json:"config"`
		Layers        json.RawMessage `json:"layers"`
		Manifests     json.RawMessage `json:"manifests"`
	}
	if json.Unmarshal(body, &doc) != nil {
		return manifest{}, errors.New("the manifest is not JSON")
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind == "application/json" {
		kind = doc.MediaType
	}
	switch {
	case strings.HasPrefix(kind, "application/vnd.docker.distribution.manifest.v1+"), doc.SchemaVersion == 1:
		return manifest{}, errors.New("the manifest is of schema 1, which is no longer supported; push the image again")
	case !strings.Contains(", "+manifestTypes+", ", ", "+kind+", "):
		return manifest{}, tell(nil, "the manifest is of a type that is not supported: %q", shorten(kind))
	case doc.SchemaVersion != 2:
		return manifest{}, errors.New("the manifest has no schema version 2")
	case doc.MediaType != "" && doc.MediaType != kind:
		return manifest{}, errors.New("the manifest says that it is of another type than the registry says")
	}
	index := kind == ociIndex || kind == dockerList
	switch {
	case index && (doc.Layers != nil || doc.Config != nil), !index && doc.Manifests != nil:
		return manifest{}, errors.New("the manifest is an image and an index at once")
	case !index && doc.Config == nil:
		return manifest{}, errors.New("the manifest names no configuration")
	case !index:
		return manifest{config: *doc.Config}, nil
	}
	entries, err := readEntries(doc.Manifests, maxEntries)
	return manifest{index: true, entries: entries}, err
}

// readEntries decodes one entry after the other, so that too many of them are not kept first and counted then.
func readEntries(list json.RawMessage, most int) ([]descriptor, error) {
	if len(list) == 0 || list[0] != '[' {
		return nil, errors.New("the index has no list of manifests")
	}
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil {
		return nil, errors.New("the index is not JSON")
	}
	var entries []descriptor
	for d.More() {
		if len(entries) == most {
			return nil, fmt.Errorf("the index has more than %d entries", most)
		}
		var entry descriptor
		if d.Decode(&entry) != nil {
			return nil, errors.New("an entry of the index is no descriptor")
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func shorten(text string) string {
	const most = 80
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
