"""The nightly round over what nobody's key explained: households first, then the weighing of weaker evidence.

Its findings are events like all others. Run again over the same facts it finds the same, so two runs are as one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sensors.identity.attribution import Particulars, score, scored_edge, shared_keys
from sensors.identity.graph import Graph
from sensors.identity.observation import Observation
from sensors.identity.profiles import View, view
from sensors.identity.records import IdentityEvent
from sensors.identity.weights import STARTING, Model


def members_of(now: View) -> int:
    """How many known customers there are: the N of the prior 1/N."""
    return sum(profile.is_person for profile in now.profiles.values())


def link(
    graph: Graph, observations: Sequence[Observation], about: Particulars, model: Model = STARTING
) -> tuple[IdentityEvent, ...]:
    """What follows from the observations (whose own edges are in the graph) beyond their keys. Adds it to the graph."""
    shared = shared_keys(view(graph), observations, about)
    for event in shared:
        graph.apply(event)
    now = view(graph)
    members = members_of(now)
    scored = []
    for seen in observations:
        if seen.card or now.person_of(seen.record) is not None:
            continue
        edge = scored_edge(seen, score(now, seen, about, model, members), model)
        if edge is not None:
            scored.append(edge)
            graph.apply(edge)
    return (*shared, *scored)
