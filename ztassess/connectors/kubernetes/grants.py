"""Owns the read-only role to copy, and the commands that export a private cluster."""

from __future__ import annotations

from typing import Final

from ztassess.connectors.kubernetes.kinds import KINDS

ROLE_NAME: Final = "zt-assessor-read"
ROLE: Final = """\
apiVersion: v1
kind: Namespace
metadata: {name: zt-assessor}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: zt-assessor, namespace: zt-assessor}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: zt-assessor-read}
rules:
- {apiGroups: [""], resources: [namespaces, serviceaccounts, services, pods], verbs: [get, list]}
- {apiGroups: [apps], resources: [deployments, statefulsets, daemonsets], verbs: [get, list]}
- {apiGroups: [batch], resources: [cronjobs], verbs: [get, list]}
- {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get, list]}
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings, clusterroles, clusterrolebindings]
  verbs: [get, list]
- apiGroups: [security.istio.io]
  resources: [peerauthentications, authorizationpolicies, requestauthentications]
  verbs: [get, list]
- {apiGroups: [networking.istio.io], resources: [destinationrules, serviceentries, sidecars], verbs: [get, list]}
- apiGroups: [policy.linkerd.io]
  resources: [servers, authorizationpolicies, serverauthorizations, meshtlsauthentications, networkauthentications,
    httproutes]
  verbs: [get, list]
# optional: Linkerd's default policy and issuer; Istio's mesh settings
- {apiGroups: [""], resources: [configmaps], resourceNames: [linkerd-config, istio], verbs: [get]}
# optional: sync state of policy objects
- {apiGroups: [argoproj.io], resources: [applications], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: zt-assessor-read}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: zt-assessor-read}
subjects:
- {kind: ServiceAccount, name: zt-assessor, namespace: zt-assessor}
"""
HOW_TO_CONNECT: Final = """\
kubectl create token zt-assessor -n zt-assessor --duration=1h
kubectl get configmap kube-root-ca.crt -n zt-assessor -o jsonpath='{.data.ca\\.crt}'
"""


def export_commands() -> str:
    """One kubectl call per kind: a kind that is not installed fails alone and says so in its own file."""
    names = [kind.resource for kind in KINDS]
    lines = [" ".join(names[start : start + 4]) for start in range(0, len(names), 4)]
    listed = " \\\n  ".join(lines)
    return (
        f"for k in {listed}; do\n"
        '  kubectl get "$k" -A -o json > "zt-$k.json" 2> "zt-$k.err" || true\n'
        "done\n"
        "kubectl version -o json > zt-version.json\n"
    )
