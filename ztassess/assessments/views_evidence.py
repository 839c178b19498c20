"""Owns the pages of artifacts: file one, look at it with its versions, review, download, withdraw."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from ztassess.assessments.errors import AssessmentError
from ztassess.assessments.evidence_vault import content_open
from ztassess.assessments.forms_evidence import ArtifactForm, ReviewForm, VersionForm
from ztassess.assessments.models import Answer
from ztassess.assessments.models_evidence import Artifact, ArtifactKind, ArtifactVersion
from ztassess.assessments.selectors_evidence import shown_artifact
from ztassess.assessments.services_evidence import (
    OWN_ARTIFACT,
    artifact_add_version,
    artifact_file,
    artifact_review,
    artifact_withdraw,
)
from ztassess.assessments.views import control_or_404
from ztassess.catalog import load_catalog
from ztassess.common.envelope import EnvelopeError
from ztassess.common.uploads import upload_refusal
from ztassess.organizations.access import OrgRequest, get_for_member, person_of
from ztassess.organizations.links import org_url

GONE = "The stored file does not open, so nothing was sent: it was altered, or a key is missing. Ask an owner."


def artifact_new(request: OrgRequest, control_id: str) -> HttpResponse:
    """File an artifact of a control."""
    control_or_404(control_id)
    posted = request.method == "POST"
    form = ArtifactForm(
        request.POST if posted else None, request.FILES if posted else None, refusal=upload_refusal(request)
    )
    if posted and form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            artifact = artifact_file(
                organization=request.organization,
                control_id=control_id,
                kind=kind,
                title=form.cleaned_data["title"],
                filed=form.filed(kind),
                actor=person_of(request),
            )
        except AssessmentError as problem:
            form.add_error("upload" if kind == ArtifactKind.FILE else None, str(problem))
        else:
            messages.success(request, "Filed. It counts when another member has reviewed it.")
            return redirect(org_url(request, "artifact", artifact_id=artifact.id))
    context = {"form": form, **_place(control_id)}
    return render(request, "assessments/artifact_form.html", context, status=_status(request))


def artifact_page(request: OrgRequest, artifact_id: UUID) -> HttpResponse:
    """One artifact: its versions with their reviews, and what this person may do with it."""
    return _page(request, get_for_member(Artifact, request, id=artifact_id))


def artifact_version(request: OrgRequest, artifact_id: UUID) -> HttpResponse:
    """File a new version; it waits for a review of its own."""
    artifact = get_for_member(Artifact, request, id=artifact_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = VersionForm(request.POST, request.FILES, kind=artifact.kind, refusal=upload_refusal(request))
    after = request.POST.get("after", "")
    if form.is_valid() and after.isdecimal() and len(after) < 9:  # noqa: PLR2004  a version number, not a bomb
        try:
            artifact_add_version(
                artifact=artifact, after=int(after), filed=form.filed(artifact.kind), actor=person_of(request)
            )
        except AssessmentError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "The new version is filed. It needs a review of its own.")
            return redirect(org_url(request, "artifact", artifact_id=artifact.id))
    return _page(request, artifact, version_form=form)


def artifact_judge(request: OrgRequest, artifact_id: UUID) -> HttpResponse:
    """Accept or reject the newest version, as a second person."""
    artifact = get_for_member(Artifact, request, id=artifact_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            version = artifact_review(artifact=artifact, actor=person_of(request), **form.cleaned_data)
        except AssessmentError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"Version {version.number} is {version.get_decision_display().lower()}.")
            return redirect(org_url(request, "control", control_id=artifact.control_id))
    return _page(request, artifact, review_form=form)


def artifact_end(request: OrgRequest, artifact_id: UUID) -> HttpResponse:
    """Withdraw an artifact."""
    artifact = get_for_member(Artifact, request, id=artifact_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    artifact_withdraw(artifact=artifact, actor=person_of(request))
    messages.success(request, f"“{artifact.title}” is withdrawn. It attests nothing any more.")
    return redirect(org_url(request, "control", control_id=artifact.control_id))


def artifact_download(request: OrgRequest, artifact_id: UUID, number: int) -> HttpResponse:
    """The file of one version, as a download: it is never shown as a page of ours."""
    artifact = get_for_member(Artifact, request, id=artifact_id, kind=ArtifactKind.FILE)
    version = get_for_member(ArtifactVersion, request, artifact=artifact, number=number)
    try:
        content = content_open(version)
    except EnvelopeError:
        return HttpResponse(GONE, status=HTTPStatus.GONE, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type="application/octet-stream")
    # The type is left out on purpose: a browser has nothing to decide, it saves.
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=version.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _page(request: OrgRequest, artifact: Artifact, **forms: Any) -> HttpResponse:
    rows = ArtifactVersion.objects.filter(artifact=artifact).select_related("artifact", "filed_by", "reviewed_by")
    versions = list(rows.order_by("-number"))
    if not versions:
        raise Http404
    place, newest = _place(artifact.control_id), versions[0]
    answer = Answer.objects.filter(organization=request.organization, control_id=artifact.control_id).first()
    claimed = answer.level if answer is not None else None
    seen = {"number": newest.number, "level": claimed}
    own = any(row.filed_by_id == request.user.pk and row.sha256 == newest.sha256 for row in versions)
    context = {
        "artifact": artifact,
        "shown": shown_artifact(newest, claimed=claimed, freshness_days=place["control"].freshness_days),
        "versions": versions,
        "claimed": claimed,
        "own": own,
        "own_sentence": OWN_ARTIFACT,
        "waits": artifact.withdrawn_at is None and not newest.decision,
        "version_form": VersionForm(kind=artifact.kind),
        "review_form": ReviewForm(initial=seen),
        **place,
        **forms,
    }
    return render(request, "assessments/artifact.html", context, status=_status(request))


def _place(control_id: str) -> dict[str, Any]:
    catalog = load_catalog()
    control = catalog.control(control_id)
    return {"control": control, "stage": catalog.stage(control.stage)}


def _status(request: OrgRequest) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
