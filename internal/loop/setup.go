// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Parts are what the shells of all kinds share.
type Parts struct {
	Client   client.Client // reads from the cache, writes to the API server
	Live     client.Reader // reads from the API server
	Recorder Recorder
	Metrics  *Metrics
	Clock    func() time.Time
}

// NewShell returns the shell of one kind.
func NewShell[T Object](p Parts, kind string, newObject func() T, inner Reconciler[T]) *Shell[T] {
	return &Shell[T]{Kind: kind, New: newObject, Client: p.Client, Live: p.Live, Inner: inner, Recorder: p.Recorder, Metrics: p.Metrics, Clock: p.Clock}
}
