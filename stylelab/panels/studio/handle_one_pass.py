"""What events of painting in one pass change: the method, the network, the mixture, and Refine."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stylelab.panels.studio import events, reports
from stylelab.panels.studio.events import Target
from stylelab.panels.studio.handle_pictures import part_of, prepare_samples
from stylelab.panels.studio.requests import follow_inputs, paint_now, start_run, stop_run
from stylelab.panels.studio.studio_state import Notice, StudioState
from stylelab.panels.studio.tasks import LoadNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NETWORK = "network"
"""The part of the panel whose line has notices of networks, and of painting with them."""


def _choose_method(state: StudioState, event: events.ChooseMethod) -> StudioState:
    if state.is_closed or event.one_pass == state.one_pass.is_chosen:
        return state
    if event.one_pass:
        return _follow_network(_with_one_pass(state))
    one_pass = replace(state.one_pass, is_chosen=False)
    return follow_inputs(replace(state, one_pass=one_pass, alert=Notice()))


def _with_one_pass(state: StudioState) -> StudioState:
    """State that paints in one pass; a run that goes on is stopped, and its picture kept."""
    if not state.one_pass.is_chosen:
        state = stop_run(replace(state, queue=(), drawing=None, frame=None, alert=Notice()))
    return replace(state, one_pass=replace(state.one_pass, is_chosen=True))


def _choose_network(state: StudioState, event: events.ChooseNetwork) -> StudioState:
    one_pass = state.one_pass
    if event.key == one_pass.chosen or event.key not in [each.key for each in one_pass.networks]:
        return state
    state = replace(state, one_pass=replace(one_pass, chosen=event.key, shares={}))
    return _follow_network(state.with_notice(NETWORK))


def _follow_network(state: StudioState) -> StudioState:
    """Load the chosen network, or paint with it if it is there."""
    one_pass = state.one_pass
    if one_pass.network is None:
        return state
    if one_pass.network.network is None:
        task = LoadNetwork(Target(NETWORK), one_pass.network)
        state = state.with_loading(NETWORK, one_pass.network.name)
        return replace(state, tasks=(*state.tasks, task))
    if not one_pass.shares:
        state = replace(state, one_pass=one_pass.with_style(state.paintings.chosen))
    return paint_now(state)


def _network_loaded(state: StudioState, event: reports.NetworkLoaded) -> StudioState:
    """A reader's own network is chosen at once; one that came along was chosen before."""
    state = state.without_loading(part_of(event.target)).with_notice(part_of(event.target))
    one_pass = state.one_pass.with_network(event.choice)
    if event.choice.file is not None and not state.is_closed:
        one_pass = replace(one_pass, chosen=event.choice.key, shares={})
        state = _with_one_pass(replace(state, one_pass=one_pass))
    else:
        state = replace(state, one_pass=one_pass)
    return _follow_network(state) if event.choice.key == one_pass.chosen else state


def _change_mixture(state: StudioState, event: events.ChangeMixture) -> StudioState:
    one_pass = state.one_pass
    if not event.shares.keys() <= set(one_pass.styles):  # of another network, chosen before
        return state
    shares = {style: max(0.0, event.shares.get(style, 0.0)) for style in one_pass.styles}
    strength = min(max(event.strength, 0.0), 1.0)
    one_pass = replace(one_pass, shares=MappingProxyType(shares), strength=strength)
    state = replace(state, one_pass=one_pass).with_notice(NETWORK)
    if not any(shares.values()):
        text = "Expected a share above 0 for one style or several. Received: 0 for all. Raise one."
        state = state.with_notice(NETWORK, text, is_error=True)
    return paint_now(state)


def _photo_painted(state: StudioState, event: reports.PhotoPainted) -> StudioState:
    """Show the picture, and paint what is wanted by now, if that is another one."""
    one_pass = replace(state.one_pass, working=None, answered=event.request)
    if event.painted is not None:
        one_pass = replace(one_pass, painted=event.painted)
    state = replace(state, one_pass=one_pass)
    if event.error:
        state = state.with_notice(NETWORK, event.error, is_error=True)
    elif state.notice(NETWORK).is_error and any(one_pass.shares.values()):
        state = state.with_notice(NETWORK)
    return paint_now(state)


def _refine(state: StudioState, _event: events.Refine) -> StudioState:
    """Go on with the optimizer, from the picture, in the style of the paintings that it is made of."""
    painted = state.shown_painting
    if painted is None or state.is_closed:
        return state
    known = {choice.key: choice for choice in reversed(state.paintings.all)}
    known = {choice.name: choice for choice in known.values()} | known
    shares = painted.request.shares
    if missing := [style for style in shares if style not in known]:
        text = (
            f"Expected a painting of the name of each style. Received: none that is called "
            f"{missing[0]}. Choose Optimize, add its file to the paintings, and try again."
        )
        return state.with_notice(NETWORK, text, is_error=True)
    keys = {known[style].key: share for style, share in shares.items()}
    state = replace(
        state,
        photos=state.photos.choose(painted.request.photo.key),
        paintings=state.paintings.choose(next(iter(keys))),
        styles=state.styles.with_paintings(keys),
    )
    return prepare_samples(start_run(state.with_notice(NETWORK), start=painted.picture.image))


HANDLERS: Mapping[type[events.Event], Callable[[StudioState, Any], StudioState]] = {
    events.ChooseMethod: _choose_method,
    events.ChooseNetwork: _choose_network,
    events.ChangeMixture: _change_mixture,
    events.Refine: _refine,
    reports.NetworkLoaded: _network_loaded,
    reports.PhotoPainted: _photo_painted,
}
"""Handlers of the events of painting in one pass."""
