// SPDX-License-Identifier: Apache-2.0

package app

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// kinds are the kinds that are reconciled, with an empty list of each.
func kinds() map[string]client.ObjectList {
	return map[string]client.ObjectList{
		"ImageRepository":  &v1alpha1.ImageRepositoryList{},
		"ImagePolicy":      &v1alpha1.ImagePolicyList{},
		"UpdateAutomation": &v1alpha1.UpdateAutomationList{},
	}
}
