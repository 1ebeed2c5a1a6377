// SPDX-License-Identifier: Apache-2.0

package site

import "errors"

// An ID names content: equal IDs, equal bytes. The zero ID is unknown, and nothing is remembered by it.
type ID [32]byte

// A Kind says what stands at a path of a tree.
type Kind uint8

const (
	// Folder has entries of its own.
	Folder Kind = iota
	// File is an ordinary file.
	File
	// Executable is a file that may be run; its mode is kept when it is written.
	Executable
	// Symlink points elsewhere; it is never followed.
	Symlink
	// Submodule is a commit of another repository; it is never entered.
	Submodule
)

// An Entry is one path of a tree.
type Entry struct {
	Path string // slash-separated from the root, without a leading slash; "" for the root
	Kind Kind
	ID   ID
	Size int64 // bytes of a file; -1: not known without reading
}

// ErrTooLarge is what Read returns, wrapped or not, for a file over the limit it was given.
var ErrTooLarge = errors.New("larger than the limit")

// ErrRefused is what List returns, wrapped with the reason, for a folder that is left alone as a whole: nothing in it
// could ever be written.
var ErrRefused = errors.New("the folder is left alone")

// A Tree is one version of a repository, or a folder.
type Tree interface {
	// Root returns the entry of the tree itself, a Folder.
	Root() Entry
	// List returns what stands directly in folder, sorted by name. A name that could leave the folder ("..",
	// "a/b", an empty one) is never returned. A folder that is left alone is an error that is ErrRefused.
	List(folder Entry) ([]Entry, error)
	// Read returns the content of file; over maxBytes it is an error that is ErrTooLarge. The caller may not
	// modify what it gets.
	Read(file Entry, maxBytes int64) ([]byte, error)
}
