"""Settings: what can be said of a scenario, each with its kind, unit, default, range and meaning.

A scenario's settings are the fields of a dataclass, made with `setting`. Settings that belong together are a
class of their own, of which a config has one as a `group`: the setting `share` of the group `clone` is
`clone.share`. From them come the checks, `shuangli sim describe` and docs/reference/scenarios.md, so that
these cannot differ. Every message names the place where a wrong value stands, and for an unknown key the
nearest one that exists.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from numbers import Integral, Real
from operator import attrgetter
from typing import Any, Final, TypeVar

from shuangli.errors import BadInput

Value = int | float | str
V = TypeVar("V", int, float, str)
C = TypeVar("C")
METADATA: Final = "setting"
GROUP: Final = "group"
LONGEST_SHOWN: Final = 40


class Concern(StrEnum):
    """What a setting is about. With the same seed, a policy or an attack changes nothing of the world.

    A method changes nothing of what happens either: it says how it is computed.
    """

    WORLD = "world"
    POLICY = "policy"
    ATTACK = "attack"
    METHOD = "method"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting; `low` and `high` bound numbers, and text is one of `choices` or, without them, a date."""

    name: str
    about: str
    default: Value
    concern: Concern
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What a value is, in words."""
        if isinstance(self.default, str):
            return "choice" if self.choices else "date"
        return "whole number" if isinstance(self.default, int) else "number"

    @property
    def span(self) -> str:
        """What a value may be, in words."""
        if self.choices:
            return " or ".join(self.choices)
        if self.low is None or self.high is None:
            return "2000-01-01 to 2200-12-31"
        return f"{in_words(self.low)} to {in_words(self.high)}"

    def read(self, value: object, place: str = "") -> Value:
        """A value of the right kind and range. Text is read as the setting's kind.

        Raises:
            BadInput: it is not; `place` says where it stands.
        """
        where = place or self.name
        if self.choices:
            if value not in self.choices:
                raise BadInput("bad-option", f"{where}={shown(value)}: not {self.span}")
            return str(value)
        if isinstance(self.default, str):
            day_start_s(str(value), place=where)
            return str(value)
        number = self._number(value)
        if number is None:
            raise BadInput("bad-option", f"{where}={shown(value)}: not a {self.kind}")
        low, high = self.low or 0, self.high or 0
        if not low <= number <= high:
            raise BadInput(
                "bad-option", f"{where}={shown(number)} is not between {in_words(low)} and {in_words(high)}"
            )
        return number

    def _number(self, value: object) -> int | float | None:
        """A value or text as a number of this setting's kind; None if it is not one."""
        whole = isinstance(self.default, int)
        if isinstance(value, bool):
            return None
        # Numbers of numpy are numbers, too: whoever sets them from Python has often drawn them with it.
        try:
            if whole:
                return int(value) if isinstance(value, str | Integral) else None
            return float(value) if isinstance(value, str | Real) else None
        except (ValueError, OverflowError):
            return None


def setting(
    default: V,
    about: str,
    *,
    concern: Concern,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> V:
    """A field of a class of settings."""
    known = {"about": about, "concern": concern, "unit": unit, "low": low, "high": high, "choices": choices}
    value: V = dataclasses.field(default=default, metadata={METADATA: known})
    return value


def group(config: type[C]) -> C:
    """A field whose settings are those of another class, by its name, a point and theirs."""
    value: C = dataclasses.field(default_factory=config, metadata={GROUP: config})
    return value


def settings_of(config: type[object]) -> dict[str, Setting]:
    """The settings of a class, by name, in their order."""
    fields = dataclasses.fields(config)  # type: ignore[arg-type]
    known: dict[str, Setting] = {}
    for item in fields:
        if GROUP in item.metadata:
            for part in settings_of(item.metadata[GROUP]).values():
                name = f"{item.name}.{part.name}"
                known[name] = dataclasses.replace(part, name=name)
        else:
            default: Any = item.default
            known[item.name] = Setting(name=item.name, default=default, **item.metadata[METADATA])
    return known


def values_of(config: object) -> dict[str, Value]:
    """Every setting of a config with its value, by name."""
    return {name: attrgetter(name)(config) for name in settings_of(type(config))}


def check_settings(config: object) -> None:
    """Make sure that all settings of a config are in their ranges.

    Raises:
        BadInput: one is not.
    """
    known = settings_of(type(config))
    for name, value in values_of(config).items():
        known[name].read(value)


def flattened(config: type[object], table: Mapping[str, object]) -> dict[str, object]:
    """A table as TOML has it, where `clone.share` may stand as a table `clone` with `share` in it.

    A table under a name that is no setting is taken for a group, too: its parts are what is unknown. One with
    `from` in it is a range.
    """
    known = settings_of(config)
    flat: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and name not in known and "from" not in value:
            flat |= {f"{name}.{part}": part_value for part, part_value in value.items()}
        else:
            flat[name] = value
    return flat


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """Settings by name as tables within tables: `clone.share` is `share` in `clone`."""
    plain = {name: value for name, value in values.items() if "." not in name}
    groups: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        of, point, part = name.partition(".")
        if point:
            groups.setdefault(of, {})[part] = value
    return {**plain, **groups}


def flat(tables: Mapping[str, object]) -> dict[str, object]:
    """The same by name again."""
    values: dict[str, object] = {}
    for name, value in tables.items():
        if isinstance(value, Mapping):
            values |= {f"{name}.{part}": inner for part, inner in value.items()}
        else:
            values[name] = value
    return values


def configured(config: type[C], values: Mapping[str, object], *, place: str = "") -> C:
    """A config with some settings given, as values or as text; `place` is where they stand (`a.toml: `).

    Raises:
        BadInput: an unknown name, or a value that is not of the setting's kind or range.
    """
    known = settings_of(config)
    read: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if name not in known:
            raise unknown_key(f"{place}{shown_key(name)}", name, known, what="setting")
        of, point, part = name.partition(".")
        given = known[name].read(value, f"{place}{name}")
        if point:
            parts.setdefault(of, {})[part] = given
        else:
            read[name] = given
    fields = dataclasses.fields(config)  # type: ignore[arg-type]
    classes = {item.name: item.metadata[GROUP] for item in fields if GROUP in item.metadata}
    return config(**read, **{of: classes[of](**given) for of, given in parts.items()})


def unknown_key(place: str, name: str, known: Iterable[str], *, what: str = "key") -> BadInput:
    """The error for a name that does not exist: where it stands, and the nearest one that does."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0)[0]
    return BadInput("bad-option", f"{place}: there is no such {what}; the nearest is {near}")


def day_start_s(date: str, *, place: str = "") -> int:
    """Midnight UTC of an ISO date in seconds since 1970.

    Raises:
        BadInput: not a date between 2000 and 2200.
    """
    start = f"{place}=" if place else ""
    try:
        day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput("bad-option", f"{start}{shown(date)}: not a date such as 2026-01-05") from error
    if not 2000 <= day.year <= 2200:
        raise BadInput("bad-option", f"{start}{date} is not between 2000 and 2200")
    return int(day.timestamp())


def in_words(number: float) -> str:
    """A bound of a range as a person writes it: 10^12, 0.5, 2678400."""
    if isinstance(number, int) and number >= 10**7:
        power = len(str(number)) - 1
        if number == 10**power:
            return f"10^{power}"
    return f"{number:g}" if isinstance(number, float) else str(number)


def shown(value: object) -> str:
    """A value as messages show it: on one line, at most 40 characters."""
    try:
        text = str(value)
    except ValueError:  # a whole number with more digits than Python prints
        return "a number that is far too large"
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def shown_key(name: str) -> str:
    """A key as messages show it; one that a file must write in quotation marks has them."""
    plain = name.replace("_", "").replace("-", "").replace(".", "")
    return shown(name) if plain.isascii() and plain.isalnum() else f"'{shown(name)}'"
