// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/helm"
	"github.com/fairlead-dev/fairlead/internal/site/images"
	"github.com/fairlead-dev/fairlead/internal/site/kustomize"
	"github.com/fairlead-dev/fairlead/internal/site/markers"
	"github.com/fairlead-dev/fairlead/internal/site/references"
)

// Strategies returns the ways to find sites, by their names in the API. A new one is a package below site and a
// line here.
func Strategies() []site.Strategy {
	return []site.Strategy{
		markers.Strategy(),
		images.Strategy(),
		kustomize.Strategy(),
		helm.Strategy(),
		references.Strategy(),
	}
}

// StrategyNamed returns the strategy of that name, and whether there is one.
func StrategyNamed(name string) (site.Strategy, bool) {
	all := Strategies()
	i := slices.IndexFunc(all, func(s site.Strategy) bool { return s.Name == name })
	if i < 0 {
		return site.Strategy{}, false
	}
	return all[i], true
}
