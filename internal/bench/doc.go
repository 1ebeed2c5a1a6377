// SPDX-License-Identifier: Apache-2.0

// Command bench is a stopwatch: it measures what docs/benchmarks.md says, on the machine it runs on, and ends.
//
//	go run ./internal/bench [-o file.md|file.json] [flags] [NAME…]
//
//	name      what is measured                                            by what
//	-------   ---------------------------------------------------------   -------------------------------------
//	latency   push of an image → commit in Git                            bin/fairlead, registry, Gitea
//	idle      100 repositories, policies, one automation at rest          bin/fairlead, registry, Gitea
//	scan      300 repositories of 100 tags at rest                        bin/fairlead, registry
//	git       20,000 files, 5,000 marked: cold, restart, warm, 17 files   a process of its own, git http-backend
//	core      choosing among a million tags, finding and editing files    go test -bench
//
// CPU time and memory are those of the process that is measured alone, as the kernel counts them; servers do not
// count. Where there is a yardstick - git's own commands, bare HTTP requests - it does the same work in the same run,
// so that the ratio means something on a busy machine too. Everything is on 127.0.0.1. It runs on Linux, where
// /proc is.
package main
