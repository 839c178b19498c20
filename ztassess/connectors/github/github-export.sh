#!/bin/sh
# Writes the answers of GitHub's interface that the assessment reads, as one JSON document on standard output.
# It only reads. It needs the gh command (2.48 or newer), signed in as an owner of the organization:
#   sh github-export.sh acme [repository:policy-folder ...] > github-export.json
# Values of secrets are never told by GitHub; texts of workflow files are in the output, so keep it as you keep code.
set -u
org=${1:?"usage: sh github-export.sh ORGANIZATION [repository:folder ...] > github-export.json"}
shift
failed=0
first=1

# gh prints a refusal of GitHub as JSON too; it is kept, for "not protected" is an answer.
put() { # key, path, then the arguments of gh api
    key=$1
    path=$2
    shift 2
    answer=$(gh api "$@" "$path" 2>/dev/null) || answer=$(gh api "$path" 2>/dev/null)
    if [ -z "$answer" ]; then
        echo "no answer: $key" >&2
        failed=1
        answer='{"message":"No answer","status":"500"}'
    fi
    [ "$first" = 1 ] || printf ',\n'
    first=0
    printf '"%s": %s' "$key" "$answer"
}
one() { put "/$1" "$1"; }
list() {
    case $1 in *\?*) more='&' ;; *) more='?' ;; esac
    put "/$1" "$1${more}per_page=100" --paginate --slurp
}
names() { # path, jq expression: lines; none if refused
    found=$(gh api --paginate --jq "$2" "$1" 2>/dev/null) && printf '%s\n' "$found"
}

printf '{"format": "ztassess-github/1", "organization": "%s", "taken_at": "%s",\n"answers": {\n' \
    "$org" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
one "orgs/$org"
list "orgs/$org/members"
list "orgs/$org/members?role=admin"
list "orgs/$org/members?filter=2fa_disabled"
list "orgs/$org/outside_collaborators"
list "orgs/$org/outside_collaborators?filter=2fa_disabled"
list "orgs/$org/personal-access-tokens"
list "orgs/$org/credential-authorizations"
list "orgs/$org/installations"
list "orgs/$org/repos"
list "orgs/$org/actions/secrets"
one "orgs/$org/actions/permissions/workflow"
one "orgs/$org/actions/oidc/customization/sub"
list "orgs/$org/secret-scanning/alerts?hide_secret=true&state=open"
list "orgs/$org/secret-scanning/alerts?hide_secret=true&resolution=wont_fix&state=resolved"
put "/graphql" graphql --paginate --slurp -f login="$org" -f query='
query($login: String!, $endCursor: String) { organization(login: $login) { samlIdentityProvider { ssoUrl issuer
  externalIdentities(first: 100, after: $endCursor) { pageInfo { hasNextPage endCursor }
    nodes { user { login } samlIdentity { nameId username emails { value } } } } } } }'

repositories=$(names "orgs/$org/repos?per_page=100" '.[] | select(.archived | not) | .name + " " + (.default_branch | @uri)')
while read -r name branch; do
    [ -n "$name" ] || continue
    repo="repos/$org/$name"
    list "$repo/keys"
    one "$repo/branches/$branch/protection"
    list "$repo/rules/branches/$branch"
    list "$repo/rulesets?includes_parents=true"
    for ruleset in $(names "$repo/rules/branches/$branch?per_page=100" '.[] | select(.type == "pull_request") | .ruleset_id' | sort -u); do
        one "$repo/rulesets/$ruleset"
    done
    list "$repo/environments"
    for environment in $(names "$repo/environments?per_page=100" '.environments[].name | @uri'); do
        list "$repo/environments/$environment/secrets"
        list "$repo/environments/$environment/deployment-branch-policies"
    done
    list "$repo/actions/secrets"
    one "$repo/actions/permissions/workflow"
    one "$repo/actions/oidc/customization/sub"
    one "$repo/contents/.github/workflows"
    for file in $(names "$repo/contents/.github/workflows" '.[] | select(.type == "file") | .name | select(endswith(".yml") or endswith(".yaml")) | @uri'); do
        one "$repo/contents/.github/workflows/$file"
    done
done <<LIST
$repositories
LIST

for name in $(printf '%s\n' "$@" | cut -d: -f1 | sort -u); do
    repo="repos/$org/$name"
    for place in .github/CODEOWNERS CODEOWNERS docs/CODEOWNERS; do
        one "$repo/contents/$place"
    done
    one "$repo/contents"
done
[ "$failed" = 0 ] && complete=true || complete=false
printf '\n},\n"complete": %s}\n' "$complete"
[ "$failed" = 0 ]
