// SPDX-License-Identifier: Apache-2.0

package message

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"
)

const (
	// MaxTemplate is the length of the longest template, in characters.
	MaxTemplate = 4096
	// maxWork is how much a template may do: parts of it run, and 64 bytes of text made, count one each. It is
	// under a second of work, and far more than a text of 64 KiB takes.
	maxWork = 500_000
)

var (
	errTooLong = fmt.Errorf("the template makes more than %d bytes", MaxBytes)
	errTooMuch = errors.New("the template runs too long")
)

// Check says what is wrong with a template before it is used, nil for one that can be read.
func Check(text string) error {
	_, err := compile(text, &budget{})
	return err
}

// render runs a template on data.
func render(text string, data Data) (string, error) {
	work := &budget{left: maxWork}
	t, err := compile(text, work)
	if err != nil {
		return "", err
	}
	var out limited
	if err := t.Execute(&out, data); err != nil {
		return "", bare(err)
	}
	return out.String(), nil
}

// bare takes the template's name and the values of data off an error of ours; others say where they happened.
func bare(err error) error {
	for _, ours := range []error{errTooLong, errTooMuch} {
		if errors.Is(err, ours) {
			return ours
		}
	}
	return err
}

// compile parses a template and puts a meter into everything in it that can repeat.
func compile(text string, work *budget) (*template.Template, error) {
	if utf8.RuneCountInString(text) > MaxTemplate {
		return nil, fmt.Errorf("the template is longer than %d characters", MaxTemplate)
	}
	t, err := template.New("template").Option("missingkey=zero").Funcs(work.functions()).Parse(text)
	if err != nil {
		return nil, err
	}
	for _, part := range t.Templates() {
		if part.Tree == nil || part.Root == nil {
			continue
		}
		if err := meter(part.Root); err != nil {
			return nil, err
		}
		// A template that calls itself takes memory each time, so a call counts more than what it runs.
		if err := prepend(part.Root, 100); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// meter makes each round of each loop below list count as much as the loop's body is long.
func meter(list *parse.ListNode) error {
	if list == nil {
		return nil
	}
	for _, n := range list.Nodes {
		var branch *parse.BranchNode
		switch n := n.(type) {
		case *parse.IfNode:
			branch = &n.BranchNode
		case *parse.WithNode:
			branch = &n.BranchNode
		case *parse.RangeNode:
			branch = &n.BranchNode
		default:
			continue
		}
		if err := errors.Join(meter(branch.List), meter(branch.ElseList)); err != nil {
			return err
		}
		if branch.NodeType == parse.NodeRange {
			if err := prepend(branch.List, 1+len(branch.List.String())/8); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepend puts a call that costs so much before everything else in list.
func prepend(list *parse.ListNode, cost int) error {
	trees, err := parse.Parse("meter", fmt.Sprintf("{{spend %d}}", cost), "", "", map[string]any{"spend": spendNothing})
	if err != nil {
		return err
	}
	list.Nodes = append([]parse.Node{trees["meter"].Root.Nodes[0]}, list.Nodes...)
	return nil
}

func spendNothing(int) string { return "" }

// A budget is the work a template may still do.
type budget struct{ left int }

// spend takes cost off the budget. It prints nothing. Templates can call it too, but earn nothing by it.
func (b *budget) spend(cost int) (string, error) {
	if b.left -= max(cost, 1); b.left < 0 {
		return "", errTooMuch
	}
	return "", nil
}

// made pays for text that a function returns.
func (b *budget) made(text string) (string, error) {
	if len(text) > MaxBytes {
		return "", errTooLong
	}
	_, err := b.spend(1 + len(text)/64)
	return text, err
}

// functions are what a template may call. All are pure, and each pays for what it makes.
func (b *budget) functions() template.FuncMap {
	refused := func(...any) (string, error) { return "", errors.New("this function is not available here") }
	pay := func(f func(string) string) func(string) (string, error) {
		return func(text string) (string, error) { return b.made(f(text)) }
	}
	return template.FuncMap{
		"spend": b.spend,
		"lower": pay(strings.ToLower), "upper": pay(strings.ToUpper), "trim": pay(strings.TrimSpace), "short": pay(short),
		"trimPrefix": func(prefix, text string) (string, error) { return b.made(strings.TrimPrefix(text, prefix)) },
		"trimSuffix": func(suffix, text string) (string, error) { return b.made(strings.TrimSuffix(text, suffix)) },
		"contains":   func(part, text string) bool { return strings.Contains(text, part) },
		"hasPrefix":  func(prefix, text string) bool { return strings.HasPrefix(text, prefix) },
		"hasSuffix":  func(suffix, text string) bool { return strings.HasSuffix(text, suffix) },
		"replace":    b.replace,
		"join":       b.join,
		"print":      func(args ...any) (string, error) { return b.printed("", args) },
		"println":    func(args ...any) (string, error) { return b.printed("\n", args) },
		"printf":     b.printf,
		"html":       refused, "js": refused, "urlquery": refused, "call": refused,
	}
}

func (b *budget) replace(old, replacement, text string) (string, error) {
	if len(text)+strings.Count(text, old)*max(0, len(replacement)-len(old)) > MaxBytes {
		return "", errTooLong
	}
	return b.made(strings.ReplaceAll(text, old, replacement))
}

func (b *budget) join(separator string, texts []string) (string, error) {
	size := len(separator) * len(texts)
	for _, text := range texts {
		size += len(text)
	}
	if size > MaxBytes+len(separator) {
		return "", errTooLong
	}
	return b.made(strings.Join(texts, separator))
}

func (b *budget) printed(end string, args []any) (string, error) {
	if err := printable(args); err != nil {
		return "", err
	}
	return b.made(fmt.Sprint(args...) + end)
}

// wide finds a verb whose width or precision could make a long text out of nothing.
var wide = regexp.MustCompile(`%[^a-zA-Z%]*(?:\*|[0-9]{4,})`)

func (b *budget) printf(format string, args ...any) (string, error) {
	if wide.MatchString(format) || strings.Count(format, "%") > 32 {
		return "", errTooLong
	}
	if err := printable(args); err != nil {
		return "", err
	}
	return b.made(fmt.Sprintf(format, args...))
}

// printable lets only small things be formatted: what a template sees as a whole may be large.
func printable(args []any) error {
	size := 0
	for _, arg := range args {
		switch a := arg.(type) {
		case string:
			size += len(a)
		case int, bool, Name, Version:
		default:
			return fmt.Errorf("a %T cannot be printed", arg)
		}
	}
	if size > MaxBytes {
		return errTooLong
	}
	return nil
}

// limited is the output, up to the limit.
type limited struct{ strings.Builder }

// Write adds p unless the output would pass the limit.
func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > MaxBytes {
		return 0, errTooLong
	}
	return l.Builder.Write(p)
}
