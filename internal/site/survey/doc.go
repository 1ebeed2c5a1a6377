// SPDX-License-Identifier: Apache-2.0

// Package survey is a look through one YAML file for the values that name an image, for finders that go by what
// stands around a value.
//
//	bytes ── Of ──▶ the strategy's look, once a document ──▶ Whole(value)          "web:1.4.1"
//	                                                        Part(value, of image) "1.4.1"
//	                                                 ◀── sites, in the order of the file
//
// A strategy says where an image may stand; the survey knows what makes a value unfit to be edited: an alias, a
// block of text, a template, a key that stands twice, an encrypted file, a file that is not YAML.
//
// An anchor is edited only where every alias of it is the same part of the same image, because an edit there
// changes all of them; else anchor and aliases are left alone, OnAlias. A key that a merge ("<<") brings into a
// mapping is treated like an alias of it.
//
// Which policy follows an image, and what is written, is for package plan to say.
package survey
