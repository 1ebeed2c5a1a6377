// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"regexp"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// invalid is the fault for a field that cannot be used.
func invalid(field, format string, args ...any) error {
	return fault.Stall(reason.InvalidSpec, fmt.Errorf("spec.%s: %w", field, fmt.Errorf(format, args...)))
}

// unavailable is the fault for a field whose value this version does not support: better to say so than to ignore it.
func unavailable(field string) error {
	return fault.Stall(reason.InvalidSpec, fmt.Errorf("%s is not available yet", field))
}

// An absence is a field that has to be absent, because this version does not support it.
type absence struct {
	field string
	set   bool
}

// firstSet returns the fault for the first field that is set and must not be.
func firstSet(fields []absence) error {
	for _, f := range fields {
		if f.set {
			return unavailable(f.field)
		}
	}
	return nil
}

// durationGrammar is what the CRDs admit. An object may have been stored before they did.
var durationGrammar = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// duration reads text, or otherwise where text is empty; less than least is refused.
func duration(field string, text v1alpha1.Duration, otherwise, least time.Duration) (time.Duration, error) {
	if text == "" {
		return otherwise, nil
	}
	if len(text) > 32 || !durationGrammar.MatchString(string(text)) {
		return 0, invalid(field, "%.40q is not a duration such as 90s, 10m or 1h30m", string(text))
	}
	d, err := time.ParseDuration(string(text))
	switch {
	case err != nil:
		return 0, invalid(field, "%.40q is not a duration such as 90s, 10m or 1h30m", string(text))
	case d < least:
		return 0, invalid(field, "%s is too short; at least %s", text, least)
	}
	return d, nil
}

// pattern compiles a regular expression (RE2) of at most 256 characters.
func pattern(field, text string) (*regexp.Regexp, error) {
	const longest = 256
	if len(text) > longest {
		return nil, invalid(field, "longer than %d characters", longest)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, invalid(field, "%q is not a regular expression: %w", text, err)
	}
	return re, nil
}
