"""What a workflow file says of clouds: keys in every disguise, identity tokens, files that want to break the reader."""

from __future__ import annotations

import pytest

from tests.connectors.github.answers import FEDERATED, PLAIN, STATIC
from tests.fakes.vendor import CANARY
from ztassess.connectors.github.cloud_keys import cloud_of, is_cloud_key
from ztassess.connectors.github.snapshot_pipelines import Way, Workflow
from ztassess.connectors.github.workflows import MOST_BYTES, WorkflowUnreadable, read_workflow


def read(text: str) -> Workflow:
    return read_workflow("shop", "w.yml", text)


def job(steps: str, more: str = "", top: str = "") -> str:
    return f"on: push\n{top}\njobs:\n  ship:\n    runs-on: x\n{more}\n    steps:\n{steps}\n"


def ways(text: str) -> set[Way]:
    return {each.way for each in read(text).logins}


AWS = "      - uses: aws-actions/configure-aws-credentials@v4\n        with: "
GOOGLE = "      - uses: google-github-actions/auth@v2\n        with: "
AZURE = "      - uses: Azure/login@v2\n        with: "
ROLE = "{role-to-assume: arn, aws-region: eu}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FEDERATED, {Way.FEDERATED}),
        (STATIC, {Way.STATIC}),
        (PLAIN, set()),
        (job(AWS + "{role-to-assume: arn, aws-access-key-id: '${{ secrets.A }}'}"), {Way.STATIC}),
        (job(AWS + "{aws-access-key-id: '${{ steps.a.outputs.id }}', aws-session-token: x}"), {Way.UNCLEAR}),
        (job(AWS + "{aws-region: eu}"), {Way.UNCLEAR}),
        (job(AWS + "{aws-access-key-id: test, aws-secret-access-key: test}"), {Way.UNCLEAR}),  # a stand-in
        (job(GOOGLE + "{workload_identity_provider: p, service_account: s}"), {Way.FEDERATED}),
        (job(GOOGLE + "{credentials_json: '${{ secrets.G }}'}"), {Way.STATIC}),
        (job(GOOGLE + "{workload_identity_provider: p, credentials_json: '${{ secrets.G }}'}"), {Way.STATIC}),
        (job(AZURE + "{client-id: c, tenant-id: t}"), {Way.FEDERATED}),
        (job(AZURE + "{creds: '${{ secrets.AZ }}'}"), {Way.STATIC}),
        (job("      - run: terraform apply\n        env: {ARM_CLIENT_SECRET: '${{ secrets.X }}'}"), {Way.STATIC}),
        (job("      - run: ./deploy", "    env: {AWS_ACCESS_KEY_ID: '${{secrets.ID}}'}"), {Way.STATIC}),
        (job("      - run: ./deploy", top="env: {AWS_SECRET_ACCESS_KEY: '${{ secrets.ID }}'}"), {Way.STATIC}),
        (job("      - run: echo ${{ secrets['GCP_SA_KEY'] }} > key.json"), {Way.STATIC}),
        (job("      - run: make test\n        env: {AWS_ACCESS_KEY_ID: test}"), set()),  # a stand-in of tests
        (job("      - run: |\n          cd x\n          aws s3 sync . s3://y"), {Way.UNCLEAR}),
        (job("      - run: gcloud deploy"), {Way.UNCLEAR}),
        (job("      - run: echo draws az lines"), set()),
        (job("      - run: ./x\n        env: {ALL: '${{ toJSON(secrets) }}'}"), {Way.UNCLEAR}),
        (job("      - run: ./x\n        env: {TOKEN: '${{ secrets.SLACK }}'}"), set()),
    ],
)
def test_way_into_a_cloud(text: str, expected: set[Way]) -> None:
    assert ways(text) == expected


@pytest.mark.parametrize(
    ("top", "own", "token"),
    [
        ("permissions: {id-token: write}", "", True),
        ("permissions: write-all", "", True),
        ("permissions: read-all", "", False),
        ("permissions: {id-token: write}", "    permissions: {contents: read}", False),  # the job's own decide
        ("permissions: {contents: read}", "    permissions: {id-token: write}", True),
        ("", "", None),
    ],
)
def test_identity_token_needs_the_job_s_own_right(top: str, own: str, token: bool | None) -> None:
    (login,) = read(job(AWS + ROLE, own, top)).logins
    assert login.token is token


def test_literal_key_is_found_and_never_kept() -> None:
    text = job(AWS + f"{{aws-access-key-id: AKIA{CANARY}, aws-secret-access-key: {CANARY}{CANARY}}}")
    found = read(text)
    assert found.logins[0].way is Way.STATIC
    assert found.logins[0].secrets == ()
    assert CANARY not in repr(found)


def test_secrets_that_feed_a_sign_in_are_named() -> None:
    (login,) = read(STATIC).logins
    assert login.secrets == ("DEPLOY_ONE", "DEPLOY_TWO")


def test_called_workflows_of_others_that_get_secrets_are_named() -> None:
    text = "on: push\njobs:\n  a: {uses: other/repo/.github/workflows/x.yml@v1, secrets: inherit}\n"
    text += (
        "  b: {uses: ./.github/workflows/y.yml, secrets: inherit}\n  c: {uses: third/repo/.github/workflows/z.yml@v1}\n"
    )
    assert read(text).calls == ("other/repo/.github/workflows/x.yml",)


@pytest.mark.parametrize("trigger", ["on: workflow_call", "on: [push, workflow_call]", "on: {workflow_call: {}}"])
def test_reusable_workflow_is_told_apart(trigger: str) -> None:
    assert read(PLAIN.replace("on: push", trigger)).reusable
    assert not read(PLAIN).reusable


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just text",
        "- a\n- list",
        "on: push\njobs: [a]",
        "on: push\njobs: {a: 1}",
        "jobs: {a: {steps: [",
        "jobs: !!python/object/apply:os.system ['true']",
        "jobs: {a: " + "[" * 5000 + "]" * 5000 + "}",
        "jobs:\n  a: " + "- " * 5000 + "x",
        "jobs: {a: {env: &e {x: *e}, steps: []}}\n",
        BOMB + "jobs: {a: {env: *i}}\n",
        "jobs: {a: {env: &e [*e, *e]}}\n",
        "x: " + "y" * MOST_BYTES,
        "jobs: {a: {env: {d: 2026-99-99}}}\n\x00",
    ],
)
def test_hostile_file_is_unreadable_and_says_nothing_of_its_text(text: str) -> None:
    with pytest.raises(WorkflowUnreadable) as caught:
        read(text)
    assert len(str(caught.value)) < 60


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("AWS_ACCESS_KEY_ID", True),
        ("PROD_AWS_SECRET_ACCESS_KEY", True),
        ("aws_secret", True),
        ("DEPLOY_SERVICE_ACCOUNT_KEY", True),
        ("GOOGLE_CREDENTIALS", True),
        ("GCP_SA_KEY", True),
        ("AZURE_CREDENTIALS", True),
        ("AZURE_STORAGE_KEY", True),
        ("GCP_PROJECT_KEY", True),
        ("AWS_DEPLOY_KEY", True),
        ("SLACK_WEBHOOK", False),
        ("AWS_ROLE_ARN", False),
        ("AWS_KMS_KEY_ID", False),
        ("GOOGLE_MAPS_API_KEY", False),
        ("AZURE_TENANT_ID", False),
        ("FOOTER_KEY", False),
    ],
)
def test_telltale_names(name: str, key: bool) -> None:
    assert is_cloud_key(name) is key


def test_telltale_names_tell_the_cloud() -> None:
    clouds = [cloud_of(name) for name in ("AWS_SECRET", "GCP_SA_KEY", "ARM_CLIENT_SECRET", "GOOGLE_CREDENTIALS")]
    assert clouds == ["AWS", "Google Cloud", "Azure", "Google Cloud"]
