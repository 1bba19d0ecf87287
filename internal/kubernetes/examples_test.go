package kubernetes_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// objects are the objects of one example, which has at most one Deployment.
type objects struct {
	deployment *appsv1.Deployment
	services   []*corev1.Service
	ingresses  []*networkingv1.Ingress
	policies   []*networkingv1.NetworkPolicy
	// named are the kinds and names of all other objects.
	named []string
}

// decode decodes every document of an example. An unknown or repeated key is an error.
func decode(t *testing.T, content []byte) objects {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, networkingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	var read objects
	for i, document := range bytes.Split(content, []byte("\n---\n")) {
		object, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			t.Errorf("document %d: %v", i+1, err)
			continue
		}
		switch object := object.(type) {
		case *appsv1.Deployment:
			read.deployment = object
		case *corev1.Service:
			read.services = append(read.services, object)
		case *networkingv1.Ingress:
			read.ingresses = append(read.ingresses, object)
		case *networkingv1.NetworkPolicy:
			read.policies = append(read.policies, object)
		case *corev1.Secret:
			read.named = append(read.named, "Secret "+object.Name)
		case *corev1.ConfigMap:
			read.named = append(read.named, "ConfigMap "+object.Name)
		case *corev1.PersistentVolumeClaim:
			read.named = append(read.named, "PersistentVolumeClaim "+object.Name)
		default:
			t.Errorf("document %d is a %T, which no check covers", i+1, object)
		}
	}
	if read.deployment == nil || len(read.services) == 0 || len(read.ingresses) == 0 || len(read.policies) == 0 {
		t.Fatalf("an object is missing: %+v", read)
	}
	return read
}

// containers returns all containers of the pod, including init containers, since a sidecar is one.
func (o objects) containers() []corev1.Container {
	pod := o.deployment.Spec.Template.Spec
	return slices.Concat(pod.InitContainers, pod.Containers)
}

// opens reports whether a container opens a port. The port must be a number: before Kubernetes 1.33
// the names of a sidecar's ports are not resolved.
func (o objects) opens(port intstr.IntOrString) error {
	if port.Type != intstr.Int {
		return fmt.Errorf("the port %s is a name", port.String())
	}
	for _, container := range o.containers() {
		for _, opened := range container.Ports {
			if opened.ContainerPort == port.IntVal {
				return nil
			}
		}
	}
	return fmt.Errorf("no container opens the port %s", port.String())
}

func (o objects) hasPod(t *testing.T, who string, selector map[string]string) {
	t.Helper()
	if len(selector) == 0 || !labels.SelectorFromSet(selector).Matches(labels.Set(o.deployment.Spec.Template.Labels)) {
		t.Errorf("%s selects %v, but the pod has %v", who, selector, o.deployment.Spec.Template.Labels)
	}
}

func (o objects) checkServices(t *testing.T) {
	t.Helper()
	for _, service := range o.services {
		o.hasPod(t, "the Service "+service.Name, service.Spec.Selector)
		for _, port := range service.Spec.Ports {
			if err := o.opens(port.TargetPort); err != nil {
				t.Errorf("the Service %s: %v", service.Name, err)
			}
		}
		// The app in the other container may crash.
		if len(o.containers()) > 1 && !service.Spec.PublishNotReadyAddresses {
			t.Errorf("the Service %s drops the listener while another container is not ready", service.Name)
		}
	}
	for _, ingress := range o.ingresses {
		for _, rule := range ingress.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				backend := path.Backend.Service
				if !slices.ContainsFunc(o.services, func(service *corev1.Service) bool {
					return service.Name == backend.Name && slices.ContainsFunc(service.Spec.Ports, func(port corev1.ServicePort) bool {
						return port.Name == backend.Port.Name || port.Port == backend.Port.Number
					})
				}) {
					t.Errorf("the Ingress %s: no Service matches %+v", ingress.Name, backend)
				}
			}
		}
	}
}

func (o objects) checkPolicies(t *testing.T) {
	t.Helper()
	for _, policy := range o.policies {
		o.hasPod(t, "the NetworkPolicy "+policy.Name, policy.Spec.PodSelector.MatchLabels)
		allowed := map[int32]bool{}
		for _, ingress := range policy.Spec.Ingress {
			for _, port := range ingress.Ports {
				if err := o.opens(*port.Port); err != nil {
					t.Errorf("the NetworkPolicy %s: %v", policy.Name, err)
				}
				allowed[port.Port.IntVal] = true
			}
		}
		for _, container := range o.containers() {
			for _, port := range container.Ports {
				if !allowed[port.ContainerPort] {
					t.Errorf("the NetworkPolicy %s does not allow access to the port %d; it has %v", policy.Name, port.ContainerPort, slices.Collect(maps.Keys(allowed)))
				}
			}
		}
	}
}

// checkProbes checks that the listener's probes use its admin address, which responds even when the
// public one is overloaded.
func (o objects) checkProbes(t *testing.T, listener corev1.Container) {
	t.Helper()
	for name, probe := range map[string]*corev1.Probe{"startup": listener.StartupProbe, "liveness": listener.LivenessProbe, "readiness": listener.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil {
			t.Errorf("the listener has no %s probe", name)
			continue
		}
		if err := o.opens(probe.HTTPGet.Port); err != nil {
			t.Errorf("the %s probe: %v", name, err)
		}
		if !slices.Contains(listener.Args, "-admin-listen=:"+probe.HTTPGet.Port.String()) {
			t.Errorf("the %s probe uses the port %s, but the listener has %q", name, probe.HTTPGet.Port.String(), listener.Args)
		}
	}
}

func (o objects) checkVolumes(t *testing.T, listener corev1.Container) {
	t.Helper()
	volumes := map[string]string{}
	for _, volume := range o.deployment.Spec.Template.Spec.Volumes {
		source := "nothing"
		switch {
		case volume.Secret != nil:
			source = "Secret " + volume.Secret.SecretName
		case volume.ConfigMap != nil:
			source = "ConfigMap " + volume.ConfigMap.Name
		case volume.PersistentVolumeClaim != nil:
			source = "PersistentVolumeClaim " + volume.PersistentVolumeClaim.ClaimName
		}
		if !slices.Contains(o.named, source) {
			t.Errorf("the volume %s refers to %s; the example has %q", volume.Name, source, o.named)
		}
		volumes[volume.Name] = source
	}
	for _, mount := range listener.VolumeMounts {
		if volumes[mount.Name] == "" {
			t.Errorf("the volume %s is missing", mount.Name)
		}
	}
}

// check validates the references between the objects.
func (o objects) check(t *testing.T) {
	t.Helper()
	if spec := o.deployment.Spec; !labels.SelectorFromSet(spec.Selector.MatchLabels).Matches(labels.Set(spec.Template.Labels)) {
		t.Errorf("the Deployment selects %v, but its pod has %v", spec.Selector.MatchLabels, spec.Template.Labels)
	}
	o.checkServices(t)
	o.checkPolicies(t)
	at := slices.IndexFunc(o.containers(), func(container corev1.Container) bool { return container.Name == "listener" })
	if at < 0 {
		t.Fatal("no container is the listener")
	}
	listener := o.containers()[at]
	o.checkProbes(t, listener)
	o.checkVolumes(t, listener)
	if at < len(o.deployment.Spec.Template.Spec.InitContainers) && (listener.RestartPolicy == nil || *listener.RestartPolicy != corev1.ContainerRestartPolicyAlways) {
		t.Error("the sidecar has no restart policy, so the app waits for it to exit")
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../examples/listener/kubernetes*.yaml")
	if err != nil || len(paths) < 2 {
		t.Fatalf("there are %q (%v)", paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			decode(t, content).check(t)
		})
	}
}

// TestKustomizations renders the base and the overlay as kubectl apply -k does.
func TestKustomizations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		dir, namespace, host string
	}{
		"base":    {"../../examples/listener", "", "listener.example.com"},
		"overlay": {"../../examples/kubernetes", "port-listener", "alerts.example.org"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), test.dir)
			if err != nil {
				t.Fatal(err)
			}
			content, err := rendered.AsYaml()
			if err != nil {
				t.Fatal(err)
			}
			read := decode(t, content)
			read.check(t)
			if image := read.containers()[0].Image; !strings.HasPrefix(image, "ghcr.io/port-changelog/port-listener:") {
				t.Errorf("the image is %s", image)
			}
			if read.deployment.Namespace != test.namespace || read.ingresses[0].Spec.Rules[0].Host != test.host {
				t.Errorf("in %q at %q", read.deployment.Namespace, read.ingresses[0].Spec.Rules[0].Host)
			}
		})
	}
}
