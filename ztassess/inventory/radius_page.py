"""Owns what the page of the blast radius shows: the number with its band, figures, the graph, the mesh question."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ztassess.charts import radius
from ztassess.charts.figure import Figure
from ztassess.charts.radius import CutPoint
from ztassess.domain.blast_radius import BlastRadius, EntryReach, Measure, blast_radius, measures_in_place, path_table
from ztassess.domain.findings import Unavailable
from ztassess.domain.inventory_tables import KIND_TITLES, SHAPES, Contents, Table, landscape_of
from ztassess.domain.landscape import Landscape, completeness
from ztassess.domain.mesh import VERDICT_WORDS, MeshInput, mesh_advice
from ztassess.inventory.graph_page import graph_figure
from ztassess.inventory.selectors import inventory_contents
from ztassess.inventory.standing import assessed
from ztassess.organizations.access import OrgRequest
from ztassess.organizations.links import org_url
from ztassess.organizations.selectors import organization_facts

SHORT = {
    Measure.IDENTITY: "Identity",
    Measure.MFA: "MFA",
    Measure.PROXY: "Proxy",
    Measure.LEAST_PRIVILEGE: "Least privilege",
    Measure.CREDENTIALS: "Short-lived keys",
    Measure.MESH: "Mesh",
}
EXPLAINED = {
    Measure.IDENTITY: "Accounts of people who left are gone",
    Measure.MFA: "A stolen password alone opens nothing",
    Measure.PROXY: "A laptop sees only what its person may use",
    Measure.LEAST_PRIVILEGE: "A service may do only what its job needs",
    Measure.CREDENTIALS: "There are no static keys to leak",
    Measure.MESH: "A service is answered only where it must call",
}


def measures_asked(request: OrgRequest, in_place: Collection[Measure]) -> frozenset[Measure]:
    """The measures of the what-if in the address; without one, what is proven to be in place."""
    if "if" not in request.GET:
        return frozenset(in_place)
    asked = set(request.GET.getlist("done"))
    return frozenset(measure for measure in Measure if measure.value in asked)


def proven_measures(request: OrgRequest) -> frozenset[Measure]:
    """What is proven to be in place today."""
    judged = assessed(request.organization)
    return measures_in_place(judged) if judged is not None else frozenset()


def radius_figures(
    landscape: Landscape, shown: BlastRadius, in_place: frozenset[Measure]
) -> dict[str, Figure] | Unavailable:
    """The figures by id: cuts and entries."""
    table = path_table(landscape)
    if isinstance(table, Unavailable):
        return table
    names = ["Nothing done", *SHORT.values(), "Mesh, shared rights"]
    points = [
        CutPoint(
            short=short,
            title=step.title[:1].upper() + step.title[1:],
            low=100 * step.radius.low,
            share=100 * step.radius.share,
            high=100 * step.radius.high,
            worst=100 * step.radius.worst.share,
            reached=step.radius.measures == in_place,
            aside=short == names[-1],
        )
        for short, step in zip(names, table, strict=True)
    ]
    entries = [_entry(each) for each in shown.entries]
    return {"cuts": radius.cuts(points), "entries": radius.entries(entries)}


def _entry(each: EntryReach) -> radius.EntryPoint:
    path = each.worst.words if each.worst else ""
    return radius.EntryPoint(each.title, KIND_TITLES[each.kind], 100 * each.share, each.closed, path)


def radius_context(request: OrgRequest) -> dict[str, Any]:
    """Everything the page shows."""
    contents = inventory_contents()
    landscape = landscape_of(contents)
    facts = organization_facts(request.organization)
    in_place = proven_measures(request)
    asked = measures_asked(request, in_place)
    shown = blast_radius(landscape, asked)
    mesh = mesh_advice(facts)
    context: dict[str, Any] = {
        "tables": table_cards(request, contents),
        "completeness": completeness(landscape, facts),
        "mesh": mesh,
        "mesh_need": [_mesh_row(each) for each in mesh.need_inputs],
        "mesh_capacity": [_mesh_row(each) for each in mesh.capacity_inputs],
        "mesh_words": VERDICT_WORDS[mesh.verdict],
        "mesh_possible": [VERDICT_WORDS[each] for each in mesh.possible if each is not mesh.verdict],
        "measures": [
            {"value": each.value, "title": SHORT[each], "text": EXPLAINED[each], "on": each in asked}
            | {"proven": each in in_place}
            for each in Measure
        ],
        "what_if": asked != in_place,
    }
    if isinstance(shown, Unavailable):
        return context | {"missing": shown.detail}
    figures = radius_figures(landscape, shown, in_place)
    if isinstance(figures, Unavailable):
        return context | {"missing": figures.detail}
    query = request.GET.urlencode()
    graph = graph_figure(landscape, shown, asked)
    return context | {
        "shown": numbers(shown),
        "figures": {name: _with_csv(request, figure, query) for name, figure in figures.items()},
        "graph": graph,
        "graph_csv": _csv_url(request, "graph", query),
    }


def _mesh_row(each: MeshInput) -> dict[str, Any]:
    """An input of the rule with its value in words."""
    if each.value is None:
        shown = "unknown"
    else:
        shown = {True: "yes", False: "no"}[each.value] if isinstance(each.value, bool) else str(each.value)
    return {"label": each.label, "shown": shown, "points": each.points, "most": each.most}


def _csv_url(request: OrgRequest, figure_id: str, query: str) -> str:
    address = org_url(request, "radius_csv", figure_id=figure_id)
    return f"{address}?{query}" if query else address


def _with_csv(request: OrgRequest, figure: Figure, query: str) -> Figure:
    return replace(figure, csv_url=_csv_url(request, figure.id, query))


def numbers(shown: BlastRadius) -> dict[str, Any]:
    """The number of the page: share and band in percent, the worst way in and its path in words."""
    worst = shown.worst
    return {
        "share": 100 * shown.share,
        "low": 100 * shown.low,
        "high": 100 * shown.high,
        "band": 100 * (shown.high - shown.low),
        "mark": min(100 * shown.share, 99.4),
        "worst": worst.title,
        "worst_share": 100 * worst.share,
        "path": worst.worst.words if worst.worst else "",
        "entries": len(shown.entries),
        "closed": sum(each.closed for each in shown.entries),
    }


def table_cards(request: OrgRequest, contents: Contents) -> list[dict[str, Any]]:
    """The five tables with their counts and addresses."""
    return [
        {
            "title": SHAPES[table].title,
            "help": SHAPES[table].help,
            "count": len(contents.of(table)),
            "url": org_url(request, "inventory_table", table=table.value),
            "paste_url": org_url(request, "inventory_paste", table=table.value),
        }
        for table in Table
    ]
