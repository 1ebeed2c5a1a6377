// SPDX-License-Identifier: Apache-2.0

package transport

// Lines tells how many connection pools p keeps.
func Lines(p *Pool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}
