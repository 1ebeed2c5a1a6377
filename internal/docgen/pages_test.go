// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// read returns a file of the module.
func read(t *testing.T, file string) string {
	t.Helper()
	content, err := fs.ReadFile(module(), file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// documents returns README.md and every page below docs, by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"README.md": read(t, "README.md")}
	err := fs.WalkDir(module(), "docs", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(file, ".md") {
			all[file] = read(t, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A kindPage is the page about one kind.
type kindPage struct {
	kind, plural, file string
	groups             []string // of reasons, by the comment above them
}

func kindPages() []kindPage {
	shared := "Reasons that every kind shares"
	return []kindPage{
		{"ImageRepository", "imagerepositories", "docs/reference/imagerepository.md", []string{shared, "Reasons of an ImageRepository"}},
		{"ImagePolicy", "imagepolicies", "docs/reference/imagepolicy.md",
			[]string{shared, "Reasons of an ImagePolicy", "Reasons of a choice, and of the tags that lost"}},
		{"UpdateAutomation", "updateautomations", "docs/reference/updateautomation.md",
			[]string{shared, "Reasons of an UpdateAutomation", "Reasons of a place in Git that is left alone"}},
	}
}

// TestKindPages_haveTheirHeadings: whoever knows one page finds the same in the next.
func TestKindPages_haveTheirHeadings(t *testing.T) {
	t.Parallel()
	want := []string{"Smallest example", "What it does", "Fields", "Behavior", "Status", "Conditions", "Events", "Troubleshooting"}
	for _, p := range kindPages() {
		var got []string
		for line := range strings.Lines(read(t, p.file)) {
			if title, ok := strings.CutPrefix(line, "## "); ok {
				got = append(got, strings.TrimSpace(title))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the headings of %s are %q, want %q", p.file, got, want)
		}
	}
}

// TestKindPages_nameEveryField: every field of spec by its whole path, every field of status.
func TestKindPages_nameEveryField(t *testing.T) {
	t.Parallel()
	for _, p := range kindPages() {
		d, err := readDefinition(module(), p.plural)
		if err != nil {
			t.Fatal(err)
		}
		root, text := d.Spec.Versions[0].Schema.OpenAPIV3Schema, read(t, p.file)
		fields := fieldsBelow(root.Properties["spec"], "")
		for _, name := range slices.Sorted(maps.Keys(root.Properties["status"].Properties)) {
			fields = append(fields, "status."+name)
		}
		for _, field := range fields {
			if !strings.Contains(text, "`"+field+"`") {
				t.Errorf("%s does not name the field %s", p.file, field)
			}
		}
	}
}

// fieldsBelow returns the paths of all fields of s.
func fieldsBelow(s schema, at string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		field, below := s.Properties[name], at+name
		all = append(all, below)
		if field.Items != nil {
			field, below = *field.Items, below+"[]"
		}
		all = append(all, fieldsBelow(field, below+".")...)
	}
	return all
}

// TestKindPages_nameEveryReason: whoever meets a word in a status finds it in the page of the kind.
func TestKindPages_nameEveryReason(t *testing.T) {
	t.Parallel()
	groups, err := readReasons(module())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range kindPages() {
		text := read(t, p.file)
		for _, title := range p.groups {
			i := slices.IndexFunc(groups, func(g group) bool { return g.title == title })
			if i < 0 {
				t.Fatalf("%s has no group %q", reasonFile, title)
			}
			for _, r := range groups[i].reasons {
				if !strings.Contains(text, "`"+r.value+"`") {
					t.Errorf("%s does not name the reason %s", p.file, r.value)
				}
			}
		}
	}
}

// yamlBlock is a block of YAML in a page, at whatever indentation.
var yamlBlock = regexp.MustCompile("(?ms)^([ \t]*)```ya?ml\n(.*?)^[ \t]*```")

// TestExamples decodes each block of YAML that has an object of ours, strictly, and has it checked as the controller
// would: what is shown can be applied.
func TestExamples(t *testing.T) {
	t.Parallel()
	checked := 0
	pages := documents(t)
	for _, file := range slices.Sorted(maps.Keys(pages)) {
		for _, block := range yamlBlock.FindAllStringSubmatch(pages[file], -1) {
			text := strings.ReplaceAll("\n"+block[2], "\n"+block[1], "\n")
			for _, document := range regexp.MustCompile(`(?m)^---.*$`).Split(text, -1) {
				ours, err := check(document)
				if err != nil {
					t.Errorf("%s: %v, in\n%s", file, err, document)
				}
				if ours {
					checked++
				}
			}
		}
	}
	if checked < len(kindPages()) {
		t.Errorf("only %d objects were found", checked)
	}
}

// check decodes a document and has it checked, if it is of one of our kinds.
func check(document string) (ours bool, err error) {
	var content any
	if err := yaml.Unmarshal([]byte(document), &content); err != nil {
		return false, fmt.Errorf("decoding an example: %w", err)
	}
	object, _ := content.(map[string]any)
	if version, _ := object["apiVersion"].(string); !strings.HasPrefix(version, "fairlead.dev/") {
		return false, nil // a part of an object, or somebody else's
	}
	kind, _ := object["kind"].(string)
	decode := func(into any) error { return yaml.UnmarshalStrict([]byte(document), into) }
	switch kind {
	case "ImageRepository":
		var obj v1alpha1.ImageRepository
		if err := decode(&obj); err != nil {
			return true, err
		}
		_, err = spec.NewSource(&obj)
	case "ImagePolicy":
		var obj v1alpha1.ImagePolicy
		if err := decode(&obj); err != nil {
			return true, err
		}
		_, err = spec.NewPolicy(&obj)
	case "UpdateAutomation":
		var obj v1alpha1.UpdateAutomation
		if err := decode(&obj); err != nil {
			return true, err
		}
		_, err = spec.NewAutomation(&obj)
	default:
		err = fmt.Errorf("there is no kind %s", kind)
	}
	return true, err
}

const notYet = "not available yet"

// TestPages_sayWhatIsNotAvailableYet: the row of a field says so exactly when the field is refused, and so does the
// table in README.md.
func TestPages_sayWhatIsNotAvailableYet(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind, field, value string
		row, word          string // in README.md
	}{
		{"ImageRepository", "serviceAccountName", "serviceAccountName: web", "registries", "`serviceAccountName`"},
		{"ImageRepository", "provider", "provider: AWS", "registries", "AWS"},
		{"ImageRepository", "certSecretRef", "certSecretRef: {name: ca}", "registries", "`certSecretRef`"},
		{"ImageRepository", "proxySecretRef", "proxySecretRef: {name: proxy}", "registries", "`proxySecretRef`"},
		{"ImageRepository", "accessFrom", "accessFrom: {namespaceSelectors: [{}]}", "policies", "`accessFrom`"},
		{"ImageRepository", "secretRef", "secretRef: {name: login}", "registries", "`secretRef`"},
		{"UpdateAutomation", "git.sourceRef", "git: {sourceRef: {name: fleet}}", "Git", "`sourceRef`"},
		{"UpdateAutomation", "git.proxySecretRef", "git: {url: 'https://a/b', proxySecretRef: {name: proxy}}", "Git", "`proxySecretRef`"},
		{"UpdateAutomation", "commit.signing", "commit: {signing: {secretRef: {name: key}}}", "Git", "signed commits"},
		{"UpdateAutomation", "update[].strategy", "update: [{strategy: Images}]", "places", "`Images`"},
		{"UpdateAutomation", "update[].strategy", "update: [{strategy: Kustomize}]", "places", "`Kustomize`"},
		{"UpdateAutomation", "update[].strategy", "update: [{strategy: HelmValues}]", "places", "`HelmValues`"},
		{"UpdateAutomation", "update[].strategy", "update: [{strategy: References}]", "places", "`References`"},
		{"UpdateAutomation", "delivery.mode", "delivery: {mode: Branch}", "delivery", "`Branch`"},
		{"UpdateAutomation", "delivery.mode", "delivery: {mode: PullRequest}", "delivery", "`PullRequest`"},
		{"UpdateAutomation", "delivery.branch", "delivery: {mode: Branch, branch: b}", "delivery", "`Branch`"},
		{"UpdateAutomation", "delivery.pullRequest", "delivery: {mode: PullRequest, pullRequest: {}}", "delivery", "`PullRequest`"},
		{"UpdateAutomation", "windows", "windows: [{kind: Deny, schedule: '0 16 * * FRI', duration: 64h}]", "stopping", "`windows`"},
		{"UpdateAutomation", "dryRun", "dryRun: true", "stopping", "`dryRun`"},
		{"UpdateAutomation", "commit.values", "commit: {values: {a: b}}", "Git", "`values`"},
	} {
		t.Run(tc.kind+" "+tc.value, func(t *testing.T) {
			t.Parallel()
			refused := isRefused(t, tc.kind, tc.value)
			i := slices.IndexFunc(kindPages(), func(p kindPage) bool { return p.kind == tc.kind })
			file := kindPages()[i].file
			if row := rowOf(t, file, "`"+tc.field+"`"); strings.Contains(row, notYet) != refused {
				t.Errorf("refused: %t, and %s says\n%s", refused, file, row)
			}
			cells := strings.Split(rowOf(t, "README.md", tc.row), "|")
			if strings.Contains(cells[len(cells)-2], tc.word) != refused {
				t.Errorf("refused: %t, and README.md says that of %s this is %s:%s", refused, tc.row, notYet, cells[len(cells)-2])
			}
		})
	}
}

// isRefused tells whether a kind refuses a part of spec as not available yet.
func isRefused(t *testing.T, kind, part string) bool {
	t.Helper()
	base := map[string]string{"ImageRepository": "image: ghcr.io/acme/web", "UpdateAutomation": "git: {url: 'https://a/b'}"}[kind]
	if key, _, _ := strings.Cut(part, ":"); strings.HasPrefix(base, key+":") {
		base = ""
	}
	fields := strings.ReplaceAll(base+"\n"+part, "\n", "\n  ")
	_, err := check("apiVersion: fairlead.dev/v1alpha1\nkind: " + kind + "\nspec:\n  " + fields)
	if err != nil && !strings.Contains(err.Error(), notYet) {
		t.Fatal(err)
	}
	return err != nil
}

// rowOf returns the row of a table whose first cell has text.
func rowOf(t *testing.T, file, text string) string {
	t.Helper()
	for line := range strings.Lines(read(t, file)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.Contains(cells[1], text) {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("%s has no row of %s", file, text)
	return ""
}

// TestArchitecture_namesEveryPackage: a folder with Go code that the page does not name is one nobody can place.
func TestArchitecture_namesEveryPackage(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/explanation/architecture.md")
	found := map[string]bool{}
	err := fs.WalkDir(module(), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && file != "." || entry.Name() == "bin" || entry.Name() == "testdata"):
			return fs.SkipDir
		case strings.HasSuffix(file, ".go"):
			found[file[:strings.LastIndex(file, "/")]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range slices.Sorted(maps.Keys(found)) {
		if !strings.Contains(text, "`"+folder+"`") {
			t.Errorf("docs/explanation/architecture.md does not name %s", folder)
		}
	}
	if len(found) < 10 {
		t.Errorf("only %d packages were found", len(found))
	}
}

// metric is the name of a metric where code makes it.
var metric = regexp.MustCompile(`"(fairlead_[a-z_]+)"`)

// TestMetrics: whoever runs the controller finds every metric in one table.
func TestMetrics(t *testing.T) {
	t.Parallel()
	const file = "docs/how-to/run-in-a-cluster.md"
	text, found := read(t, file), 0
	for _, root := range []string{"controllers", "internal"} {
		err := fs.WalkDir(module(), root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "internal/bench/") {
				return err
			}
			for _, m := range metric.FindAllStringSubmatch(read(t, name), -1) {
				found++
				if !strings.Contains(text, "`"+m[1]+"`") {
					t.Errorf("%s does not name the metric %s of %s", file, m[1], name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 10 {
		t.Errorf("only %d metrics were found", found)
	}
}

// TestDecisions: a decision says what it was chosen over, and what it costs.
func TestDecisions(t *testing.T) {
	t.Parallel()
	index, found := read(t, "docs/README.md"), 0
	for file, text := range documents(t) {
		name, ok := strings.CutPrefix(file, "docs/")
		if !ok || !strings.HasPrefix(name, "adr/") {
			continue
		}
		found++
		at := 0
		for _, title := range []string{"Context", "Decision", "Alternatives, and why not", "Consequences"} {
			next := strings.Index(text[at:], "\n## "+title+"\n")
			if next < 0 {
				t.Fatalf("%s has no heading %q in its place", file, title)
			}
			at += next + 1
		}
		if !strings.Contains(index, "("+name+")") {
			t.Errorf("docs/README.md does not list %s", file)
		}
	}
	if found == 0 {
		t.Error("no decisions were found")
	}
}

var (
	// link is a link of a page to a file of the module.
	link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	// quoted is what a page shows and does not mean: code.
	quoted = regexp.MustCompile("(?s)```.*?```|``.*?``|`[^`\n]*`")
)

// TestLinks: a link to a page leads to one.
func TestLinks(t *testing.T) {
	t.Parallel()
	for file, text := range documents(t) {
		base := ""
		if i := strings.LastIndex(file, "/"); i >= 0 {
			base = file[:i]
		}
		for _, m := range link.FindAllStringSubmatch(quoted.ReplaceAllString(text, ""), -1) {
			target := resolve(base, m[1])
			if _, err := fs.Stat(module(), target); err != nil {
				t.Errorf("%s links to %s, which is not there", file, target)
			}
		}
	}
}

// resolve returns the path that a link in folder base leads to.
func resolve(base, to string) string {
	at := strings.FieldsFunc(base, func(r rune) bool { return r == '/' })
	for part := range strings.SplitSeq(strings.TrimSuffix(to, "/"), "/") {
		switch part {
		case ".":
		case "..":
			at = at[:max(len(at)-1, 0)]
		default:
			at = append(at, part)
		}
	}
	return strings.Join(at, "/")
}
