// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// planOptions are the flags of "fairlead plan".
type planOptions struct {
	images, strategy, path, output string
	include, exclude               []string
	write                          bool
}

func newPlan() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan DIR --images FILE",
		Short: "Show what an automation would change in a folder",
		Long: "Finds the images that the files of a folder name and says what would change there, as the controller\n" +
			"would, without cluster and network. FILE holds YAML documents: ImagePolicies with their status, or short\n" +
			"forms such as {policy: shop/web, image: \"ghcr.io/acme/web:1.4.2\"}. Folders called .git are passed over.\n\n" +
			"The answer is a unified diff; places that are left alone are listed on standard error.\n\n" +
			"Exit code 3 says that there are changes and nothing was written.",
		Example: "  fairlead plan . --images images.yaml\n" +
			"  kubectl get imagepolicies -n shop -o yaml | fairlead plan fleet --images - --path clusters/prod --write",
		Args: oneFolder,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.images, "images", "", "file with the images that are wanted; - is standard input")
	f.StringVar(&o.strategy, "strategy", "Markers", "how places are found: "+strings.Join(strategyNames(), ", "))
	f.StringVar(&o.path, "path", ".", "folder in DIR to look at")
	f.StringArrayVar(&o.include, "include", nil, "glob below the path of files to look at, may be repeated (default: those of the strategy)")
	f.StringArrayVar(&o.exclude, "exclude", nil, "glob below the path of files and folders to leave out, may be repeated")
	f.StringVarP(&o.output, "output", "o", "diff", "diff or json")
	f.BoolVar(&o.write, "write", false, "write the files")
	return cmd
}

// oneFolder wants exactly one argument.
func oneFolder(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return usageError{fmt.Errorf("one folder is needed, not %d; see %q", len(args), cmd.CommandPath()+" --help")}
}

func strategyNames() []string {
	var names []string
	for _, s := range plan.Strategies() {
		names = append(names, s.Name)
	}
	return names
}

// errChanges ends a plan that has changes and wrote nothing.
var errChanges = errors.New("there are changes")

func (o planOptions) run(cmd *cobra.Command, dir string) error {
	selection, err := o.check()
	if err != nil {
		return err
	}
	policies, err := read(cmd, o.images, readImages)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }() // every file in it was closed
	found, err := scanFolder(folder{root}, selection)
	if err != nil {
		return err
	}
	if found.Seen == 0 {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "no file of %s is selected; see --path, --include and --exclude\n", dir) // a remark
	}
	p, before, err := planFolder(folder{root}, found, policies)
	if err != nil {
		return err
	}
	if o.write {
		if err := writeFiles(root, p.Files); err != nil {
			return err
		}
	}
	if err := o.print(cmd, p, before); err != nil {
		return err
	}
	if o.write || p.Empty() {
		return nil
	}
	return errChanges
}

// check looks at the flags themselves and returns what they select.
func (o planOptions) check() (site.Selection, error) {
	strategy, known := plan.StrategyNamed(o.strategy)
	switch {
	case o.images == "":
		return site.Selection{}, usageError{errors.New("--images is needed")}
	case !known:
		return site.Selection{}, usageError{fmt.Errorf("--strategy %q is none of %s", o.strategy, strings.Join(strategyNames(), ", "))}
	case o.output != "diff" && o.output != "json":
		return site.Selection{}, usageError{fmt.Errorf("-o %q is neither diff nor json", o.output)}
	}
	return site.Selection{Path: o.path, Include: o.include, Exclude: o.exclude, Strategy: strategy}, nil
}

// scanFolder finds the places of a folder.
func scanFolder(tree site.Tree, selection site.Selection) (site.Found, error) {
	found, err := site.Scan(tree, nil, selection)
	if f := fault.Of(err); f != nil && f.Reason == reason.InvalidSpec { // the flags select what cannot be selected
		err = usageError{err}
	}
	return found, err
}

// planFolder plans on what was found in a folder. before is what the files to change hold now.
func planFolder(tree site.Tree, found site.Found, policies []plan.Policy) (p plan.Plan, before map[string][]byte, err error) {
	before = map[string][]byte{}
	p, err = plan.New(plan.Input{Files: found.Files, Policies: policies, Read: func(e site.Entry) ([]byte, error) {
		src, err := tree.Read(e, site.MaxFileBytes)
		before[e.Path] = src
		return src, err
	}})
	return p, before, err
}

func (o planOptions) print(cmd *cobra.Command, p plan.Plan, before map[string][]byte) error {
	if o.output == "json" {
		encoder := json.NewEncoder(cmd.OutOrStdout())
		encoder.SetIndent("", "  ")
		return encoder.Encode(newPlanned(p))
	}
	for _, f := range p.Files {
		if _, err := io.WriteString(cmd.OutOrStdout(), unified(f.Entry.Path, before[f.Entry.Path], f.Edits)); err != nil {
			return err
		}
	}
	_, err := io.WriteString(cmd.ErrOrStderr(), remarks(p))
	return err
}

// remarks lists what a diff does not show.
func remarks(p plan.Plan) string {
	text := strings.Builder{}
	for _, u := range p.Unresolved {
		fmt.Fprintf(&text, "%s: %s\n", place(u.File, u.Line), fault.Line(strings.TrimSuffix(string(u.Reason)+": "+u.Text, ": ")))
	}
	for _, w := range p.Pending {
		fmt.Fprintf(&text, "%s: %s: %s\n", place(w.File, w.Line), w.Reason, fault.Line("waits to become "+w.To))
	}
	fmt.Fprintf(&text, "%s in %s, %s, %d left alone\n", count(p.Sites, "site"), count(p.SiteFiles, "file"),
		count(len(p.Changes), "change"), len(p.Unresolved)+len(p.Pending))
	return text.String()
}

// place says where, as compilers do.
func place(file string, line int) string {
	if line == 0 {
		return quotedName(file)
	}
	return fmt.Sprintf("%s:%d", quotedName(file), line)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// A planned is what "fairlead plan -o json" prints.
type planned struct {
	Files      int                 `json:"files"`
	Sites      int                 `json:"sites"`
	Changes    []plannedChange     `json:"changes"`
	Pending    []plannedWaiting    `json:"pending,omitempty"`
	Unresolved []plannedUnresolved `json:"unresolved"`
}

type plannedChange struct {
	File   string    `json:"file"`
	Line   int       `json:"line"`
	Policy string    `json:"policy"`
	Part   site.Part `json:"part"`
	From   string    `json:"from"`
	To     string    `json:"to"`
}

type plannedWaiting struct {
	plannedChange
	Reason reason.Reason `json:"reason"`
}

type plannedUnresolved struct {
	File   string        `json:"file"`
	Line   int           `json:"line"`
	Reason reason.Reason `json:"reason"`
	Text   string        `json:"text"`
}

func newPlanned(p plan.Plan) planned {
	out := planned{Files: p.SiteFiles, Sites: p.Sites, Changes: []plannedChange{}, Unresolved: []plannedUnresolved{}}
	for _, c := range p.Changes {
		out.Changes = append(out.Changes, newPlannedChange(c))
	}
	for _, w := range p.Pending {
		out.Pending = append(out.Pending, plannedWaiting{newPlannedChange(w.Change), w.Reason})
	}
	for _, u := range p.Unresolved {
		out.Unresolved = append(out.Unresolved, plannedUnresolved(u))
	}
	return out
}

func newPlannedChange(c plan.Change) plannedChange {
	return plannedChange{File: c.File, Line: c.Line, Policy: c.Policy.String(), Part: c.Part, From: c.From, To: c.To}
}
