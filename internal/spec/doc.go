// SPDX-License-Identifier: Apache-2.0

// Package spec translates API objects into checked domain values.
//
//	ImageRepository ──▶ NewSource     ──▶ Source      what to scan, and how often
//	ImagePolicy     ──▶ NewPolicy     ──▶ Policy      which image is wanted
//	UpdateAutomation ─▶ NewAutomation ──▶ Automation  what is written, and where
//
// It is the only package that knows both sides, so that an API version can change without touching a rule. An
// object that cannot be translated is one fault of class Stalled whose text names the field and the remedy; the
// defaults of the schema are applied here as well, because offline commands read files that no API server has seen.
package spec
