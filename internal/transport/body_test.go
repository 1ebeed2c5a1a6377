// SPDX-License-Identifier: Apache-2.0

package transport_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/fairlead-dev/fairlead/internal/transport"
)

func TestReadAll_stopsAtTheLimit(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{0: true, 99: true, 100: true, 101: false, 5000: false} {
		for name, r := range map[string]interface {
			Read([]byte) (int, error)
		}{
			"at once":    strings.NewReader(strings.Repeat("x", size)),
			"in bytes":   iotest.OneByteReader(strings.NewReader(strings.Repeat("x", size))),
			"with error": iotest.DataErrReader(strings.NewReader(strings.Repeat("x", size))),
		} {
			data, err := transport.ReadAll(r, 100)
			if ok && (err != nil || len(data) != size) {
				t.Errorf("%d bytes %s: %d, %v", size, name, len(data), err)
			}
			if !ok && (!errors.Is(err, transport.ErrTooLarge) || len(data) > 100) {
				t.Errorf("%d bytes %s: %d, %v", size, name, len(data), err)
			}
		}
	}
}
