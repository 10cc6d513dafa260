"""A world conditioned on an event that does not happen: Doob's transform of an environment."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from exact_cbil.environment import MooreEnvironment
from exact_cbil.errors import CbilError, shorten
from exact_cbil.event import Event
from exact_cbil.history import Action, Observation, Rule, Step
from exact_cbil.semimeasure import Semimeasure

__all__ = ["condition"]


class Place(NamedTuple):
    """Where the environment and the event are, and how many steps are left."""

    environment: str
    event: Hashable
    left: int

    def __str__(self) -> str:
        return f"{self.environment!r} {self.event!r} {self.left}"


class Escape(NamedTuple):
    """The chance that the event does not happen, as a function of the actions to come.

    It is `scale` times the function numbered `shape`, which is 1 for the first action for ever.
    """

    scale: Fraction
    shape: int


# The chance of escape from here on may depend on what is done from here on, and an environment
# cannot foresee that. But the law of the next observation, given that the event will not happen,
# does not depend on it exactly when all observations that may come next leave the same function of
# the later actions, up to a factor. So functions are kept as a factor and a shape, and shapes get
# numbers: two functions are proportional when their numbers are equal.


@dataclass
class _Transform:
    world: MooreEnvironment
    event: Event

    def __post_init__(self) -> None:
        self.known: dict[Place, Escape | None] = {}
        self.shapes: dict[Hashable, int] = {}
        self.laws: dict[Place, dict[Action, Semimeasure[Observation]]] = {}

    def after(self, place: Place, action: Action, observation: Observation) -> Place:
        step = Step(True, action, observation)
        event = self.event.advance(place.event, step) if place.left else place.event
        world = self.world.advance(place.environment, step)
        return Place(world, event, max(place.left - 1, 0))

    def following(self, place: Place) -> list[Place]:
        emitted = self.world.emissions[place.environment]
        return [self.after(place, a, o) for a, shown in emitted.items() for o in shown]

    def escape(self, start: Place) -> Escape | None:
        """The chance of escape from a place on; None where it is 0, whatever is done."""
        pending = [start]
        while pending:
            place = pending[-1]
            missing = [p for p in self.following(place) if place.left and p not in self.known]
            if missing:
                pending += missing
                continue
            if place not in self.known:
                self.known[place] = self._escape(place)
            pending.pop()
        return self.known[start]

    def _escape(self, place: Place) -> Escape | None:
        if place.left == 0:
            escaped = not self.event.accepts(place.event)
            return Escape(Fraction(1), self.number("end")) if escaped else None
        found = {
            action: self._action(place, action, shown)
            for action, shown in self.world.emissions[place.environment].items()
        }
        possible = {action: escape for action, escape in found.items() if escape is not None}
        if not possible:
            return None
        for action in found:
            if action not in possible:
                raise CbilError(
                    f"condition: after the action {shorten(action)} in the state "
                    f"{shorten(place.environment)} the event cannot be escaped, after others it can"
                )
        first = next(iter(possible.values())).scale
        shape = tuple((a, e.scale / first, e.shape) for a, e in possible.items())
        return Escape(first, self.number(shape))

    def _action(
        self, place: Place, action: Action, shown: Semimeasure[Observation]
    ) -> Escape | None:
        total, shape = Fraction(0), None
        masses: dict[Observation, Fraction] = {}
        for observation, chance in shown.items():
            escape = self.known[self.after(place, action, observation)]
            if escape is None:
                continue
            if shape not in (None, escape.shape):
                raise CbilError(
                    f"condition: what is seen after the action {shorten(action)} in the state "
                    f"{shorten(place.environment)} decides how later actions bear on the event"
                )
            shape = escape.shape
            masses[observation] = chance * escape.scale
            total += masses[observation]
        if shape is None:
            return None
        law = Semimeasure({o: mass / total for o, mass in masses.items()})
        self.laws.setdefault(place, {})[action] = law
        return Escape(total, shape)

    def number(self, shape: Hashable) -> int:
        return self.shapes.setdefault(shape, len(self.shapes))


def condition(environment: MooreEnvironment, event: Event, horizon: int) -> MooreEnvironment:
    """The environment's law given that the event does not happen by the horizon.

    `mu'(o|h, a) = mu(o|h, a) g(h, a, o) / sum_o mu(o|h, a) g(h, a, o)`, where g is the chance that
    the event does not happen if the first action is taken for ever. After the horizon the
    environment goes on as it was.
    environment: a finite machine. event: read with q hidden (R2), decided at the horizon.
    Raises CbilError where the event is certain, where it is certain after one action and not after
    another, and where what is seen decides how later actions bear on it: then no environment has
    this law, as it would have to foresee what will be done.
    Source: SPEC R2.

    >>> from exact_cbil.models import walls
    >>> model = walls("1/100")
    >>> held = condition(model.environment, model.events["breach"], 3)
    >>> held((), "work")
    Semimeasure({'calm': 1/2, 'stir': 1/2})
    """
    if not isinstance(environment, MooreEnvironment):
        kind = type(environment).__name__
        raise CbilError(f"condition: expected a finite machine as the environment, got {kind}")
    transform = _Transform(environment, event)
    start = Place(environment.start, event.start, horizon)
    if transform.escape(start) is None:
        raise CbilError("condition: the event is certain; there is no world without it")
    states: dict[str, tuple[dict[Action, Semimeasure[Observation]], list[Rule]]] = {}
    pending = [start]
    while pending:
        place = pending.pop()
        if str(place) in states:
            continue
        emitted = environment.emissions[place.environment]
        law = transform.laws[place] if place.left else dict(emitted)
        moves = [(a, o, transform.after(place, a, o)) for a, shown in law.items() for o in shown]
        states[str(place)] = (law, [Rule(str(to), a, o) for a, o, to in moves])
        pending += [to for _, _, to in moves]
    return MooreEnvironment.of(str(start), states)
