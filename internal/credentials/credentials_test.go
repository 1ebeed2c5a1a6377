// SPDX-License-Identifier: Apache-2.0

package credentials_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/credentials"
)

func TestText_neverPrintsItsContent(t *testing.T) {
	t.Parallel()
	const canary = "canary-7f3a"
	secret := struct {
		Name     string
		Password credentials.Text
	}{"ann", credentials.NewText(canary)}
	encoded, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "password", secret.Password)
	for _, text := range []string{fmt.Sprint(secret), fmt.Sprintf("%+v %#v %s %q %x %d", secret, secret, secret, secret.Password, secret.Password, secret.Password),
		fmt.Sprintf("%v", &secret), string(encoded), log.String(), fmt.Errorf("login: %v", secret.Password).Error()} {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("the content shows in %q", text)
		}
	}
	if secret.Password.Reveal() != canary {
		t.Error("Reveal lost the content")
	}
}
