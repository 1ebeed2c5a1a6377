// SPDX-License-Identifier: Apache-2.0

package tagstore

// Entries tells how many scans s has in memory.
func Entries(s *Store) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}
