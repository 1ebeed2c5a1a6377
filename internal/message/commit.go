// SPDX-License-Identifier: Apache-2.0

package message

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// An Input is what a commit text is about.
type Input struct {
	Automation site.Policy       // namespace and name of the automation
	Moves      []plan.Move       // as plan.Moves gives them
	Values     map[string]string // for the template
	Template   string            // text/template; "": the default text
}

// Data is what a template sees.
type Data struct {
	Automation Name
	Changes    []Change // sorted by policy and version
	Values     map[string]string
}

// A Name is the namespace and name of an object. It prints as "namespace/name".
type Name struct{ Namespace, Name string }

// String returns "namespace/name".
func (n Name) String() string { return n.Namespace + "/" + n.Name }

// A Change is an image that moved, with the files it moved in.
type Change struct {
	Policy   Name
	Image    string // "ghcr.io/acme/web"
	From, To Version
	Files    []string // sorted, each once
}

// A Version is tag and digest of an image, "" where a file did not say. It prints as "1.4.2@sha256:…".
type Version struct{ Tag, Digest string }

// String returns tag and digest as in a reference.
func (v Version) String() string {
	return strings.TrimLeft(image.Suffix(v.Tag, image.Digest(v.Digest)), ":@")
}

// Commit returns the commit text without trailers: the template's, or the default one. A template that cannot be
// read, runs too long, or makes more than 64 KiB is an error; one that makes nothing gives the default text.
func Commit(in Input) (string, error) {
	data := dataOf(in)
	if in.Template == "" {
		return standard(data), nil
	}
	text, err := render(in.Template, data)
	if err != nil {
		return "", fmt.Errorf("making the commit message: %w", err)
	}
	if text = clean(text); text == "" {
		return standard(data), nil
	}
	return text, nil
}

// dataOf makes one line of every text that comes from a file or a registry.
func dataOf(in Input) Data {
	d := Data{Automation: Name{oneLine(in.Automation.Namespace), oneLine(in.Automation.Name)}, Values: in.Values}
	for _, m := range in.Moves {
		c := Change{
			Policy: Name{oneLine(m.Policy.Namespace), oneLine(m.Policy.Name)},
			Image:  oneLine(m.To.Name.String()),
			From:   version(m.From),
			To:     version(m.To),
		}
		for _, f := range m.Files {
			c.Files = append(c.Files, oneLine(f))
		}
		d.Changes = append(d.Changes, c)
	}
	return d
}

func version(r image.Ref) Version { return Version{oneLine(r.Tag), oneLine(string(r.Digest))} }

// standard is the text without a template. It stays below the limit whatever the number of changes.
func standard(d Data) string {
	var b strings.Builder
	b.WriteString(subject(d) + "\n\n")
	for i, c := range d.Changes {
		line := changeLine(c)
		if b.Len()+len(line) > MaxBytes-64 {
			fmt.Fprintf(&b, "- and %d more\n", len(d.Changes)-i)
			break
		}
		b.WriteString(line)
	}
	return clean(b.String())
}

// subject is "Update ghcr.io/acme/web to 1.4.2" or "Update 7 images in 31 files".
func subject(d Data) string {
	images, files := map[string]struct{}{}, map[string]struct{}{}
	for _, c := range d.Changes {
		images[c.Image] = struct{}{}
		for _, f := range c.Files {
			files[f] = struct{}{}
		}
	}
	same := func(c Change) bool { return c.Image == d.Changes[0].Image && c.To == d.Changes[0].To }
	if len(d.Changes) > 0 && !slices.ContainsFunc(d.Changes, func(c Change) bool { return !same(c) }) {
		to := d.Changes[0].To
		if to.Tag == "" {
			return "Update " + d.Changes[0].Image + " to " + short(to.Digest)
		}
		return "Update " + d.Changes[0].Image + " to " + to.Tag
	}
	return "Update " + count(len(images), "image") + " in " + count(len(files), "file")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// changeLine is one line about one change. Digests are cut short there: the diff has them whole.
func changeLine(c Change) string {
	const most = 3
	files := strings.Join(c.Files[:min(most, len(c.Files))], ", ")
	if more := len(c.Files) - most; more > 0 {
		files += fmt.Sprintf(" and %d more", more)
	}
	from := shortVersion(c.From)
	if from == "" {
		return fmt.Sprintf("- %s: %s (%s)\n", c.Image, shortVersion(c.To), files)
	}
	return fmt.Sprintf("- %s: %s -> %s (%s)\n", c.Image, from, shortVersion(c.To), files)
}

func shortVersion(v Version) string {
	if v.Digest == "" {
		return v.Tag
	}
	return strings.TrimLeft(v.Tag+"@"+short(v.Digest), "@")
}

// short keeps the algorithm and the first twelve digits of a digest.
func short(digest string) string {
	algorithm, _, ok := strings.Cut(digest, ":")
	if !ok {
		return digest
	}
	return algorithm + ":" + image.Digest(digest).Short()
}
