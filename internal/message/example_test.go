// SPDX-License-Identifier: Apache-2.0

package message_test

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/message"
)

func ExampleSign() {
	text, err := message.Commit(input(move("web", "1.4.1", "1.4.2", "deploy.yaml")))
	fmt.Println(message.Sign(text, "5f3a", "prod/shop/fleet"), err)
	// Output:
	// Update ghcr.io/acme/web to 1.4.2
	//
	// - ghcr.io/acme/web: 1.4.1 -> 1.4.2 (deploy.yaml)
	//
	// Fairlead-Update: 5f3a
	// Fairlead-Automation: prod/shop/fleet
	//  <nil>
}
