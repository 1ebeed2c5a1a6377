// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A Pusher puts small images into the registry at Host over plain HTTP. Names and references are without the
// host: "team/app", "team/app:1.0", "team/app@sha256:…".
type Pusher struct {
	Host               string // 127.0.0.1:PORT
	Username, Password string // both empty: nobody
}

// An Image says what is pushed. Equal images have equal digests, on every machine and at any time.
type Image struct {
	Content   string            // anything; other content makes another digest
	Created   time.Time         // the creation time in the image's configuration; zero: none
	Labels    map[string]string // of the image's configuration
	Platforms []string          // "linux/arm64"; more than one makes an index; none is linux/amd64 without an index
}

// Push puts image at ref and returns its digest, "sha256:…": that of the index if there is one.
func (p Pusher) Push(ctx context.Context, ref string, image Image) (string, error) {
	tag, err := p.reference(ref)
	if err != nil {
		return "", err
	}
	digest, err := p.push(ctx, tag, image)
	if err != nil {
		return "", fmt.Errorf("pushing %s: %w", tag, err)
	}
	return digest, nil
}

func (p Pusher) push(ctx context.Context, tag name.Reference, image Image) (string, error) {
	if len(image.Platforms) <= 1 {
		single, err := image.single(strings.Join(image.Platforms, ""))
		if err != nil {
			return "", err
		}
		if err := remote.Write(tag, single, p.options(ctx)...); err != nil {
			return "", err
		}
		return digest(single)
	}
	index, err := image.index()
	if err != nil {
		return "", err
	}
	if err := remote.WriteIndex(tag, index, p.options(ctx)...); err != nil {
		return "", err
	}
	return digest(index)
}

// Tag lets tag, "1.1", name the image at ref as well. Its bytes are not sent again.
func (p Pusher) Tag(ctx context.Context, ref, tag string) error {
	from, err := p.reference(ref)
	if err != nil {
		return err
	}
	manifest, err := remote.Get(from, p.options(ctx)...)
	if err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	if err := remote.Tag(from.Context().Tag(tag), manifest, p.options(ctx)...); err != nil {
		return fmt.Errorf("tagging %s as %s: %w", from, tag, err)
	}
	return nil
}

// Delete removes ref. By tag, the image stays; by digest, it goes with all its tags.
func (p Pusher) Delete(ctx context.Context, ref string) error {
	at, err := p.reference(ref)
	if err != nil {
		return err
	}
	if err := remote.Delete(at, p.options(ctx)...); err != nil {
		return fmt.Errorf("deleting %s: %w", at, err)
	}
	return nil
}

// Tags lists the tags of the image called name, as the registry orders them.
func (p Pusher) Tags(ctx context.Context, image string) ([]string, error) {
	repository, err := name.NewRepository(p.Host+"/"+image, name.Insecure)
	if err != nil {
		return nil, err
	}
	tags, err := remote.List(repository, p.options(ctx)...)
	if err != nil {
		return nil, fmt.Errorf("listing tags of %s: %w", repository, err)
	}
	return tags, nil
}

func (p Pusher) reference(ref string) (name.Reference, error) {
	return name.ParseReference(p.Host+"/"+ref, name.Insecure, name.StrictValidation)
}

func (p Pusher) options(ctx context.Context) []remote.Option {
	as := authn.Anonymous
	if p.Username != "" {
		as = &authn.Basic{Username: p.Username, Password: p.Password}
	}
	// Neither retries nor a proxy of the environment: what the registry says first is what a test wants to see.
	direct := &http.Transport{DisableKeepAlives: true}
	return []remote.Option{
		remote.WithContext(ctx), remote.WithAuth(as), remote.WithTransport(direct), remote.WithRetryStatusCodes(),
	}
}

// index returns one image per platform under one index.
func (i Image) index() (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range i.Platforms {
		image, err := i.single(platform)
		if err != nil {
			return nil, err
		}
		parsed, err := v1.ParsePlatform(platform)
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: parsed},
		})
	}
	return index, nil
}

// single returns an image whose only layer holds the content and the platform as they are. It cannot be run:
// nobody unpacks it.
func (i Image) single(platform string) (v1.Image, error) {
	if platform == "" {
		platform = "linux/amd64"
	}
	parsed, err := v1.ParsePlatform(platform)
	if err != nil {
		return nil, err
	}
	layer := static.NewLayer([]byte(platform+"\n"+i.Content), types.OCIUncompressedLayer)
	image, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = parsed.OS, parsed.Architecture, parsed.Variant
	config.Created = v1.Time{Time: i.Created}
	config.Config.Labels = i.Labels
	image, err = mutate.ConfigFile(image, config)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigMediaType(image, types.OCIConfigJSON), nil
}

func digest(of interface{ Digest() (v1.Hash, error) }) (string, error) {
	hash, err := of.Digest()
	if err != nil {
		return "", err
	}
	return hash.String(), nil
}
