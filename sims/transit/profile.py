"""The demand profiles that ship with the package: a few dozen numbers each, fitted to real ridership.

`profile.toml` (a Wednesday, for working days) and `profile-weekend.toml` (a Sunday) beside this file are
written by `scripts/fit_profile.py` and hold parameters only, no row of the data. The model
they belong to is in `gravity.py`.
"""

import math
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).with_name("profile.toml")
SHIPPED_WEEKEND: Final = Path(__file__).with_name("profile-weekend.toml")
HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Parameters of a day's demand.

    hour_share: share of the day's trips that enter in each hour, 24 numbers that add up to 1.
    outbound_share: share of each hour's trips that go from home to work (the rest go back), 24 numbers.
    home_sigma, work_sigma: standard deviation of the logarithm of the stations' weights.
    home_work_correlation: correlation of the two logarithms over stations.
    home_centrality, work_centrality: correlation of each logarithm with how central a station lies.
    same_station_share: share of trips that leave where they entered.
    distance_power, distance_scale_m: willingness to travel d metres is d^power * exp(-d / scale).
    stations, stations_per_line: how many stations in all, and on a line.
    step_m, step_sigma: median of the distance between neighbours, standard deviation of its logarithm.
    source, licence: of the data behind the numbers.
    """

    hour_share: tuple[float, ...]
    outbound_share: tuple[float, ...]
    home_sigma: float
    work_sigma: float
    home_work_correlation: float
    home_centrality: float
    work_centrality: float
    same_station_share: float
    distance_power: float
    distance_scale_m: float
    stations: int
    stations_per_line: float
    step_m: float
    step_sigma: float
    source: str
    licence: str

    def __post_init__(self) -> None:
        if len(self.hour_share) != HOURS or len(self.outbound_share) != HOURS:
            raise ValueError("a profile needs 24 hours")
        if min(self.hour_share) < 0 or not math.isclose(sum(self.hour_share), 1, abs_tol=1e-4):
            raise ValueError("the shares of the hours must add up to 1")
        shares = (*self.outbound_share, self.same_station_share)
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("a share lies between 0 and 1")
        correlations = (self.home_work_correlation, self.home_centrality, self.work_centrality)
        if not all(-1 < correlation < 1 for correlation in correlations):
            raise ValueError("a correlation lies between -1 and 1")
        home, work, both = self.home_centrality, self.work_centrality, self.home_work_correlation
        if 1 - home**2 - work**2 - both**2 + 2 * home * work * both <= 0:
            raise ValueError("three correlations that cannot hold together")
        spreads = (self.home_sigma, self.work_sigma, self.step_sigma, self.distance_power)
        sizes = (self.distance_scale_m, self.step_m, self.stations_per_line, self.stations)
        if min(spreads) < 0 or min(sizes) <= 0:
            raise ValueError("spreads cannot be negative, and sizes are positive")


@cache
def shipped_profile(path: Path = SHIPPED) -> Profile:
    """The profile of `profile.toml`, or of the other file that ships."""
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    unknown = set(values) ^ {field.name for field in fields(Profile)}
    if unknown:
        raise ValueError(f"{path.name} and Profile differ in {sorted(unknown)}")
    return Profile(**values)
