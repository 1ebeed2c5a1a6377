// SPDX-License-Identifier: Apache-2.0

// Package fault is an error that knows its remedy: whether trying again may help, something else must change
// first, or a person has to act.
//
//	where the knowledge is          fault.Wait(reason.NotFound, err)
//	a layer above adds context      fmt.Errorf("listing tags of %s: %w", name, err)
//	the reconcile shell             f := fault.Of(err)   →   class and reason of the condition, text of err
//
// It leaves the mapping to conditions to package loop.
package fault

import (
	"errors"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
)

// A Class is the remedy. Its zero value is Transient, so an error nobody classified is retried.
type Class uint8

const (
	// Transient means that trying again may be enough.
	Transient Class = iota
	// Waiting means that something else must change first; we are told when it does, or look again at the interval.
	Waiting
	// Stalled means that a person must change something.
	Stalled
)

// An Error is a classified cause. Its text is the cause's text: Class and Reason are for machines.
type Error struct {
	Class  Class
	Reason reason.Reason // becomes the condition's reason
	After  time.Duration // earliest useful retry, as a Retry-After header gave it; zero: the queue's backoff
	Err    error
}

// Error returns the text of the cause.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Retry classifies err as one that trying again may mend.
func Retry(why reason.Reason, err error) error {
	return &Error{Class: Transient, Reason: why, Err: err}
}

// RetryAfter is Retry for an answer that named the earliest time at which asking again makes sense.
func RetryAfter(why reason.Reason, after time.Duration, err error) error {
	return &Error{Class: Transient, Reason: why, After: after, Err: err}
}

// Wait classifies err as one that ends when something else changes.
func Wait(why reason.Reason, err error) error { return &Error{Class: Waiting, Reason: why, Err: err} }

// Stall classifies err as one that only a person can mend.
func Stall(why reason.Reason, err error) error { return &Error{Class: Stalled, Reason: why, Err: err} }

// Of returns the outermost classification in the chain of err, so that a caller who knows more may classify
// again, with the full text of err as its cause. An error nobody classified is Transient with an empty reason;
// nil stays nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Err: err}
	}
	return &Error{Class: e.Class, Reason: e.Reason, After: e.After, Err: err}
}
