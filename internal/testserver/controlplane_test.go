// SPDX-License-Identifier: Apache-2.0

package testserver_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

const widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object}}
`

func TestControlPlane(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	crds := t.TempDir()
	if err := os.WriteFile(filepath.Join(crds, "widgets.yaml"), []byte(widgets), 0o600); err != nil {
		t.Fatal(err)
	}
	plane := testserver.ControlPlaneFor(t, testserver.ControlPlaneConfig{CRDs: []string{crds}})
	admin, err := kubernetes.NewForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	letReadNamespaces(t, admin, "robot")
	kubeconfig := filepath.Join(t.TempDir(), "robot.kubeconfig")
	if err := plane.WriteServiceAccountKubeconfig(ctx, "default", "robot", kubeconfig); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	robot, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("lets a ServiceAccount do what RBAC grants", func(t *testing.T) {
		list, err := robot.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil || len(list.Items) == 0 {
			t.Errorf("got %v, %v, want namespaces", list, err)
		}
	})
	t.Run("forbids it what RBAC does not grant", func(t *testing.T) {
		_, err := robot.CoreV1().Secrets("default").List(ctx, metav1.ListOptions{})
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:serviceaccount:default:robot") {
			t.Errorf("got %v, want forbidden", err)
		}
	})
	t.Run("serves the CRDs and its version to kubectl", func(t *testing.T) {
		if out := kubectl(t, plane, "get", "widgets", "-A", "-o", "name"); out != "" {
			t.Errorf("got %q, want no widgets and no error", out)
		}
		if out := kubectl(t, plane, "version"); !strings.Contains(out, "Server Version: v1.") || strings.Contains(out, "v0.0.0") {
			t.Errorf("the versions are\n%s", out)
		}
	})
	t.Run("comes back with its objects and credentials", func(t *testing.T) {
		host := strings.TrimSuffix(strings.TrimPrefix(plane.Config().Host, "https://"), "/")
		if err := plane.Stop(); err != nil {
			t.Fatal(err)
		}
		refuses(t, host)
		if err := plane.Restart(); err != nil {
			t.Fatal(err)
		}
		if _, err := robot.CoreV1().Namespaces().Get(ctx, "default", metav1.GetOptions{}); err != nil {
			t.Errorf("the token is not valid any more: %v", err)
		}
		if _, err := admin.CoreV1().ServiceAccounts("default").Get(ctx, "robot", metav1.GetOptions{}); err != nil {
			t.Errorf("the object or the administrator is gone: %v", err)
		}
	})
}

// letReadNamespaces makes a ServiceAccount in namespace default that may list namespaces and nothing else.
func letReadNamespaces(t *testing.T, admin *kubernetes.Clientset, name string) {
	t.Helper()
	ctx, meta := t.Context(), metav1.ObjectMeta{Name: name}
	if _, err := admin.CoreV1().ServiceAccounts("default").Create(ctx, &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.ClusterRole{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"namespaces"}, Verbs: []string{"get", "list"}},
	}}
	if _, err := admin.RbacV1().ClusterRoles().Create(ctx, role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: meta,
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "default", Name: name}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
	}
	if _, err := admin.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// kubectl runs it as the administrator and returns what it printed for programs.
func kubectl(t *testing.T, plane *testserver.ControlPlane, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), plane.Kubectl(), append(args, "--kubeconfig", plane.Kubeconfig())...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}
