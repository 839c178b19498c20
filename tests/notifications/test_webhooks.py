"""Webhooks against a real receiver: what is sent, what each answer does, and that the page's recipe verifies it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.fakes.vendor import Answer
from tests.services.processes import eventually
from ztassess.audit.models import AuditEvent
from ztassess.connectors.netguard import Guard
from ztassess.connectors.netguard import webhook as guarded
from ztassess.domain.event_kinds import EventKind
from ztassess.notifications import posting
from ztassess.notifications.errors import NotDead, TooMany
from ztassess.notifications.models import Delivery, WebhookEndpoint, WebhookSecret
from ztassess.notifications.posting import BUCKET, UNREACHABLE
from ztassess.notifications.recipes import NODE, PYTHON
from ztassess.notifications.selectors import webhook_targets
from ztassess.notifications.services import endpoints as service
from ztassess.organizations.models import Grant, Membership
from ztassess.organizations.services_grants import consultant_join, grant_end

SIGNATURE, EVENT = "x-ztassess-signature", "x-ztassess-event-id"


def recipe():
    made: dict = {}
    exec(PYTHON, made)  # noqa: S102  what the page shows is what is tested
    return made["is_genuine"]


def test_delivery_is_verified_by_the_recipe_of_the_page_and_nothing_else_is(attempt, hook, receiver):
    row = attempt()
    (request,) = receiver.asked("/hook")
    signature, body, genuine = request.headers[SIGNATURE], request.body, recipe()
    assert (row.state, row.status, row.answer, row.attempt) == ("delivered", 200, "thank you", 1)
    assert genuine(hook.plain, signature, body)
    said = json.loads(body)
    assert said["id"] == request.headers[EVENT] == str(row.event_id)
    assert set(said) == {"id", "kind", "at", "organization", "count", "items", "link"}
    moment = signature.partition(",")[0]
    assert not genuine(hook.plain, signature, body[:-1] + b" ")
    assert not genuine(hook.plain, signature.replace("v1=", "v1=0"), body)
    assert not genuine("ztwh_of-somebody-else", signature, body)
    assert not any(
        genuine(hook.plain, text, body) for text in ("", moment, f"{moment},v1=", "v1=" + "0" * 64, "t=²,v1=ü")
    )
    old = posting.signature_header([hook.plain], int(time.time()) - 301, body)
    ahead = posting.signature_header([hook.plain], int(time.time()) + 400, body)
    assert not genuine(hook.plain, old, body)
    assert not genuine(hook.plain, ahead, body)
    assert request.query["token"] == "in-url"


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node on this machine")
def test_node_recipe_agrees_with_a_real_delivery(attempt, hook, receiver, tmp_path):
    attempt()
    (request,) = receiver.asked("/hook")
    (tmp_path / "verify.mjs").write_text(NODE)
    asking = (
        "import { isGenuine } from './verify.mjs';"
        "const [secret, signature, body] = JSON.parse(process.argv[1]);"
        "const altered = Buffer.from(body.replace('test', 'tost')), old = signature.replace(/t=[0-9]+/, 't=1');"
        "const all = [[signature, Buffer.from(body)], [signature, altered], [old, Buffer.from(body)]];"
        "console.log(JSON.stringify(all.map(([said, raw]) => isGenuine(secret, said, raw))));"
    )
    given = json.dumps([hook.plain, request.headers[SIGNATURE], request.body.decode()])
    argv = ["node", "--input-type=module", "-e", asking, given]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [True, False, False]


def test_both_secrets_sign_until_the_old_one_is_retired(attempt, hook, receiver, owner):
    second, genuine = service.secret_rotate(endpoint=hook, actor=owner), recipe()
    with pytest.raises(TooMany):
        service.secret_rotate(endpoint=hook, actor=owner)
    attempt()
    service.secret_retire(endpoint=hook, actor=owner)
    attempt()
    both, one = ((each.headers[SIGNATURE], each.body) for each in receiver.asked("/hook"))
    assert (both[0].count("v1="), one[0].count("v1=")) == (2, 1)
    assert genuine(hook.plain, *both)
    assert genuine(second, *both)
    assert genuine(second, *one)
    assert not genuine(hook.plain, *one)


def test_secret_is_sealed_and_opens_for_its_own_endpoint_only(hook, receiver, in_scope, owner):
    other, _ = service.endpoint_create(organization=in_scope, url=f"{receiver.base}/hook2", kinds=["test"], actor=owner)
    row = WebhookSecret.objects.get(endpoint=hook)
    assert hook.plain.encode() not in bytes(row.ciphertext)
    fields = ("kek_id", "wrapped_key", "ciphertext")
    WebhookSecret.objects.filter(endpoint=other).update(**{name: getattr(row, name) for name in fields})
    moved = service.endpoint_test(endpoint=other, actor=owner)
    assert posting.post(moved, other).sentence == posting.SEALED
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer({"error": "no"}, 500), "The receiver answered with status 500."),
        (Answer(None, 404), "The receiver answered with status 404."),
        (Answer(None, 302, {"location": "/hook-elsewhere"}), "The receiver redirects"),
    ],
)
def test_other_answers_are_tried_again_later_and_no_redirect_is_followed(attempt, receiver, answer, sentence):
    receiver.fault("/hook", answer)
    row = attempt()
    assert (row.state, row.attempt, row.status) == ("waiting", 1, answer.status)
    assert row.sentence.startswith(sentence)
    assert timezone.now() < row.not_before < timezone.now() + timedelta(seconds=31)
    assert len(receiver.requests) == 1
    receiver.faults.clear()
    assert (attempt(row).state, row.attempt) == ("delivered", 2)
    assert len({each.headers[EVENT] for each in receiver.requests}) == 1
    assert len({each.body for each in receiver.requests}) == 1


def test_too_many_requests_waits_as_long_as_it_is_asked(attempt, receiver):
    receiver.fault("/hook", Answer(None, 429, {"retry-after": "1800"}), times=1)
    row = attempt()
    assert (row.state, row.sentence) == ("waiting", "The receiver asks us to wait for 1800 seconds.")
    assert row.not_before > timezone.now() + timedelta(seconds=1790)
    date = timezone.now() + timedelta(hours=30)
    receiver.fault("/hook", Answer(None, 503, {"retry-after": date.strftime("%a, %d %b %Y %H:%M:%S GMT")}))
    assert attempt(row).state == "dead"  # longer than we go on trying


def test_gone_pauses_the_webhook_and_says_so(attempt, hook, receiver, owner, rung):
    receiver.fault("/hook", Answer(None, 410), times=1)
    first, waiting = (service.endpoint_test(endpoint=hook, actor=owner) for _ in range(2))
    row = attempt(first)
    hook.refresh_from_db()
    assert (row.state, row.sentence) == ("dead", "The receiver says that this endpoint is gone, so it was paused.")
    assert (hook.paused_at is not None, hook.paused_reason) == (True, "The receiver answered 410 Gone.")
    assert AuditEvent.objects.filter(action="webhook.pause", object=f"webhook:{hook.id}").exists()
    assert attempt(waiting).state == "pending"
    service.endpoint_resume(endpoint=hook, actor=owner)
    assert attempt(waiting).state == "delivered"


def test_log_tells_no_silent_from_no_refused_and_no_forbidden_address(
    attempt, hook, receiver, settings, monkeypatch, caplog
):
    rested: list[float] = []
    monkeypatch.setattr(posting, "rest", rested.append)

    def at(url: str) -> Delivery:
        WebhookEndpoint.objects.filter(id=hook.id).update(url=url)
        return attempt()

    def told() -> list[str]:
        found = [
            record.getMessage().rpartition(": ")[2] for record in caplog.records if record.name == posting.__name__
        ]
        caplog.clear()
        return found

    port = receiver.base.rpartition(":")[2]
    settings.EXTRA_CA_FILE, trusted = "", settings.EXTRA_CA_FILE
    assert "certificate" in at(f"https://localhost:{port}/hook").sentence
    assert told() == rested == [], "it was reached, and says how"
    settings.EXTRA_CA_FILE = trusted
    receiver.latency = 1.5
    monkeypatch.setattr(guarded, "SECONDS", 0.7)
    rows = [at(f"{receiver.base}/hook")]
    monkeypatch.setattr(guarded, "SECONDS", 15.0)
    rows.append(at("https://localhost:9/hook"))
    with monkeypatch.context() as names:
        names.setattr(posting, "guard", lambda: Guard(resolver=lambda name, seconds: ()))
        rows.append(at("https://nobody.example.com/hook"))
    settings.ALLOW_PRIVATE_TARGETS = ""
    assert eventually(lambda: len(receiver.requests) == 1)  # nobody waited for the slow one to be read
    private = ("https://localhost/hook", "https://127.0.0.1/hook", "https://[::1]/x", "https://169.254.169.254/")
    rows += [at(url) for url in private]
    assert len(receiver.requests) == 1
    assert {(row.state, row.sentence, row.status, row.answer) for row in rows} == {("waiting", UNREACHABLE, None, "")}
    assert len(rested) == len(rows)
    assert 0 < rested[0] <= BUCKET - 0.7, "the silent one took its share of the time already"
    assert all(0 < seconds <= BUCKET for seconds in rested), "all take as long as a silence"
    reasons = told()
    assert len(reasons) == len(rows)
    assert len(set(reasons)) > 4, reasons
    assert "169.254.169.254" in reasons[-1]


def test_long_answer_is_cut_and_what_repeats_a_secret_is_redacted(attempt, hook, receiver):
    said = f"got {hook.plain} from hook?token=in-url AKIA{'A' * 16}\x00\n".encode() + b"x" * 200_000
    receiver.fault("/hook", Answer(None, 500, raw=said, kind="text/plain"))
    row = attempt()
    assert row.answer.startswith("got *** from *** ***")
    assert len(row.answer) == 200
    assert row.answer.isprintable()


def test_after_a_day_it_is_given_up_and_a_person_sends_it_again(attempt, hook, receiver, owner):
    receiver.fault("/hook", Answer(None, 500), times=2)
    row = service.endpoint_test(endpoint=hook, actor=owner)
    Delivery.objects.filter(id=row.id).update(give_up_at=timezone.now() + timedelta(seconds=2))
    assert attempt(row).state == "dead"
    assert "No further attempt is made" in row.sentence
    assert AuditEvent.objects.filter(action="delivery.give_up", object=f"delivery:{row.id}").exists()
    first = row.event_id
    service.delivery_send_again(delivery=row, actor=owner)
    with pytest.raises(NotDead):
        service.delivery_send_again(delivery=row, actor=owner)
    assert attempt(row).state == "waiting"
    assert (attempt(row).state, row.event_id, row.attempt) == ("delivered", first, 2)


def test_removed_webhook_gets_nothing_more_and_its_secrets_go(attempt, hook, receiver, owner):
    row = service.endpoint_test(endpoint=hook, actor=owner)
    service.endpoint_remove(endpoint=hook, actor=owner)
    assert attempt(row).state == "dropped"
    assert not WebhookSecret.objects.filter(endpoint=hook).exists()
    assert receiver.requests == []


def test_tests_are_limited_to_sixty_an_hour(hook, owner):
    rows = [service.endpoint_test(endpoint=hook, actor=owner) for _ in range(service.TESTS_PER_HOUR)]
    with pytest.raises(TooMany):
        service.endpoint_test(endpoint=hook, actor=owner)
    Delivery.objects.filter(id=rows[0].id).update(created_at=timezone.now() - timedelta(hours=2))
    assert service.endpoint_test(endpoint=hook, actor=owner)


@pytest.mark.parametrize("over", ["ended", "expired"])
def test_webhook_of_a_consultant_is_paused_with_their_access(attempt, receiver, in_scope, owner, stranger, over):
    """Else what happens at the client would go on being told to an address that an outsider chose."""
    until = timezone.now() + timedelta(days=30)
    grant = Grant.objects.create(
        organization=in_scope, email=stranger.email, user=stranger, role="editor", token_hash="x", expires_at=until,
        offer_until=until, accepted_at=timezone.now(),
    )  # fmt: skip
    consultant_join(grant, stranger)
    theirs, _ = service.endpoint_create(
        organization=in_scope, url=f"{receiver.base}/hook", kinds=["regression"], actor=stranger
    )
    waiting = service.endpoint_test(endpoint=theirs, actor=stranger)
    if over == "ended":
        grant_end(grant=grant, actor=owner)
        theirs.refresh_from_db()
        assert theirs.paused_reason == service.CONSULTANT_GONE
    else:
        Membership.objects.filter(grant=grant).update(expires_at=timezone.now())
    assert attempt(waiting).state != "delivered"
    assert webhook_targets(in_scope, EventKind.REGRESSION) == [WebhookEndpoint.objects.get(created_by=owner)]
    assert receiver.asked("/hook") == []
    service.endpoint_resume(endpoint=theirs, actor=owner)
    assert attempt(waiting).state == "delivered", "the owner answers for the address now"


@pytest.mark.parametrize("beyond", ["/hook/in-url", "?token=in-url", "#in-url", "/#in-url"])
def test_what_stands_behind_the_host_is_shown_to_nobody(beyond):
    endpoint = WebhookEndpoint(url=f"https://hooks.example.com:8443{beyond}")
    assert endpoint.host == "hooks.example.com:8443"
    assert endpoint.beyond_host == beyond[1:]
