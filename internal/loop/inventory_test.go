// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fixture/metrics"
)

func TestInventory(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	fresh := &v1alpha1.ImagePolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}
	web := &automation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}
	web.Spec.Suspend = true
	web.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: metav1.ConditionFalse, Reason: "Suspended"}}
	objects := fake.NewClientBuilder().WithScheme(scheme).WithObjects(web, fresh).WithStatusSubresource(web).Build()
	broken := false
	cache := interceptor.NewClient(objects, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
		if _, policies := list.(*v1alpha1.ImagePolicyList); broken && policies {
			return errors.New("the cache is not started")
		}
		return c.List(ctx, list, opts...)
	}})
	registry := prometheus.NewRegistry()
	registry.MustRegister(NewInventory(t.Context(), cache, map[string]client.ObjectList{
		"UpdateAutomation": &v1alpha1.UpdateAutomationList{}, "ImagePolicy": &v1alpha1.ImagePolicyList{}}))

	want := map[string]float64{
		`fairlead_resource_info{kind="ImagePolicy",name="web",namespace="shop",ready="Unknown",reason="",suspended="false"}`:            1,
		`fairlead_resource_info{kind="UpdateAutomation",name="web",namespace="shop",ready="False",reason="Suspended",suspended="true"}`: 1,
	}
	for range 2 { // nothing is left of the first look
		if diff := cmp.Diff(want, metrics.Values(t, registry)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if err := objects.Delete(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	if got := metrics.Values(t, registry); len(got) != 1 {
		t.Errorf("an object that is gone is shown: %v", got)
	}
	broken = true
	if got := metrics.Values(t, registry); len(got) != 0 {
		t.Errorf("shown is %v, want nothing of a kind that cannot be listed", got)
	}
}
