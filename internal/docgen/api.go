// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// A definition is what the page says of a CustomResourceDefinition.
type definition struct {
	Spec struct {
		Names struct {
			Kind       string   `json:"kind"`
			Plural     string   `json:"plural"`
			ShortNames []string `json:"shortNames"`
			Categories []string `json:"categories"`
		} `json:"names"`
		Group    string `json:"group"`
		Versions []struct {
			Name   string `json:"name"`
			Schema struct {
				OpenAPIV3Schema schema `json:"openAPIV3Schema"`
			} `json:"schema"`
		} `json:"versions"`
	} `json:"spec"`
}

// A schema is what the page says of a field.
type schema struct {
	Type                 string            `json:"type"`
	Format               string            `json:"format"`
	Description          string            `json:"description"`
	Default              json.RawMessage   `json:"default"`
	Enum                 []string          `json:"enum"`
	Pattern              string            `json:"pattern"`
	MinLength            *int64            `json:"minLength"`
	MaxLength            *int64            `json:"maxLength"`
	MinItems             *int64            `json:"minItems"`
	MaxItems             *int64            `json:"maxItems"`
	MaxProperties        *int64            `json:"maxProperties"`
	Minimum              *int64            `json:"minimum"`
	Maximum              *int64            `json:"maximum"`
	ListType             string            `json:"x-kubernetes-list-type"`
	ListKeys             []string          `json:"x-kubernetes-list-map-keys"`
	Rules                []rule            `json:"x-kubernetes-validations"`
	Required             []string          `json:"required"`
	Properties           map[string]schema `json:"properties"`
	Items                *schema           `json:"items"`
	AdditionalProperties *schema           `json:"additionalProperties"`
}

type rule struct {
	Message string `json:"message"`
}

// apiPage documents every field of every kind. Kinds are in the order in which data goes through them.
func apiPage(module fs.FS) (string, error) {
	var b strings.Builder
	b.WriteString("# API reference\n\n" + made + "\n\n" +
		"For those who write the objects: every field of every kind, with its type, default and limits. `kubectl explain`\n" +
		"says the same. A field in bold is required where its parent is given. `[]` stands for the items of a list. A field\n" +
		"that this version does not support stalls the object with reason `InvalidSpec`, and the message names the field.\n")
	for _, plural := range []string{"imagerepositories", "imagepolicies", "updateautomations"} {
		d, err := readDefinition(module, plural)
		if err != nil {
			return "", err
		}
		writeKind(&b, d)
	}
	return b.String(), nil
}

func readDefinition(module fs.FS, plural string) (definition, error) {
	file := path.Join("config/crd/bases", "fairlead.dev_"+plural+".yaml")
	content, err := fs.ReadFile(module, file)
	if err != nil {
		return definition{}, fmt.Errorf("reading the definition of %s: %w", plural, err)
	}
	var d definition
	if err := yaml.Unmarshal(content, &d); err != nil {
		return definition{}, fmt.Errorf("decoding %s: %w", file, err)
	}
	if len(d.Spec.Versions) != 1 {
		return definition{}, fmt.Errorf("%s has %d versions, and the page is about one", file, len(d.Spec.Versions))
	}
	return d, nil
}

func writeKind(b *strings.Builder, d definition) {
	names, version := d.Spec.Names, d.Spec.Versions[0]
	root := version.Schema.OpenAPIV3Schema
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n", names.Kind, prose(root.Description))
	fmt.Fprintf(b, "`apiVersion: %s/%s`, `kind: %s`; with kubectl: %s.\n", d.Spec.Group, version.Name, names.Kind,
		codes(append(append([]string{names.Plural}, names.ShortNames...), names.Categories...)))
	for _, part := range []string{"spec", "status"} {
		below := root.Properties[part]
		fmt.Fprintf(b, "\n### %s: %s\n\n%s\n", names.Kind, part, prose(below.Description))
		if limits := limitsOf(below); limits != "" {
			fmt.Fprintf(b, "\nLimits: %s.\n", limits)
		}
		b.WriteString("\n")
		header(b, "Field", "Type", "Default", "Limits", "Meaning")
		writeFields(b, below, part)
	}
}

// writeFields writes a row for each field below s, parents before their children.
func writeFields(b *strings.Builder, s schema, at string) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		field, below := s.Properties[name], at+"."+name
		title := code(below)
		if slices.Contains(s.Required, name) {
			title = "**" + title + "**"
		}
		row(b, title, typeOf(field), defaultOf(field), limitsOf(field), prose(field.Description))
		if field.Items != nil {
			field, below = *field.Items, below+"[]"
		}
		writeFields(b, field, below)
	}
}

func typeOf(s schema) string {
	switch {
	case s.Items != nil && s.ListType == "set":
		return "set of " + typeOf(*s.Items)
	case s.Items != nil && len(s.ListKeys) > 0:
		return "list of " + typeOf(*s.Items) + ", one for each " + strings.Join(s.ListKeys, " and ")
	case s.Items != nil:
		return "list of " + typeOf(*s.Items)
	case s.AdditionalProperties != nil:
		return "map of " + typeOf(*s.AdditionalProperties)
	case s.Format == "date-time":
		return "time"
	}
	return s.Type
}

func defaultOf(s schema) string {
	if s.Default == nil {
		return ""
	}
	return code(strings.Trim(string(s.Default), `"`))
}

// limitsOf returns what s admits, the limits of the items of a list included.
func limitsOf(s schema) string {
	var limits []string
	if len(s.Enum) > 0 {
		limits = append(limits, codes(s.Enum))
	}
	limits = append(limits, between(s.MinItems, s.MaxItems, "items")...)
	limits = append(limits, between(nil, s.MaxProperties, "entries")...)
	limits = append(limits, between(s.MinLength, s.MaxLength, "characters")...)
	limits = append(limits, between(s.Minimum, s.Maximum, "")...)
	if s.Pattern != "" {
		limits = append(limits, "matches "+code(s.Pattern))
	}
	for _, r := range s.Rules {
		limits = append(limits, prose(r.Message))
	}
	if s.Items != nil {
		if each := limitsOf(*s.Items); each != "" {
			limits = append(limits, "each: "+each)
		}
	}
	return strings.Join(limits, "; ")
}

// between says "1 to 8 items", "at least 1 items" or "up to 8 items"; nothing where neither is given.
func between(least, most *int64, of string) []string {
	var text string
	switch {
	case least != nil && most != nil:
		text = number(least) + " to " + number(most)
	case least != nil:
		text = "at least " + number(least)
	case most != nil:
		text = "up to " + number(most)
	default:
		return nil
	}
	return []string{strings.TrimSpace(text + " " + of)}
}

func number(n *int64) string { return strconv.FormatInt(*n, 10) }

// codes returns words as code, separated by commas.
func codes(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = code(word)
	}
	return strings.Join(quoted, ", ")
}
