"""The scenarios by name, with their settings, and the plan of each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput
from shuangli.sims.adversaries.attacks import with_attacks
from shuangli.sims.common import Common
from shuangli.sims.ecny.border import BorderConfig, border
from shuangli.sims.ecny.parking import ParkingConfig, parking
from shuangli.sims.ecny.prepaid import PrepaidConfig, prepaid
from shuangli.sims.ecny.rent import RentConfig, rent
from shuangli.sims.ecny.split import SplitConfig, split
from shuangli.sims.ecny.subsidy import SubsidyConfig, subsidy
from shuangli.sims.ecny.tax import TaxConfig, tax
from shuangli.sims.payroll.scenario import payroll
from shuangli.sims.payroll.settings import PayrollConfig
from shuangli.sims.policies import with_policies
from shuangli.sims.scenario import Scenario
from shuangli.sims.settings import configured
from shuangli.sims.transit.config import TransitConfig
from shuangli.sims.transit.scenario import transit

PLANNERS: Final[dict[str, tuple[type[Common], Callable[..., Scenario]]]] = {
    "payroll": (PayrollConfig, payroll),
    "subsidy": (SubsidyConfig, subsidy),
    "rent": (RentConfig, rent),
    "prepaid": (PrepaidConfig, prepaid),
    "parking": (ParkingConfig, parking),
    "split": (SplitConfig, split),
    "tax": (TaxConfig, tax),
    "border": (BorderConfig, border),
}
"""The scenarios that read no files: their settings, and what plans them."""
CONFIGS: Final[dict[str, type[Common]]] = {
    "transit": TransitConfig,
    **{name: config for name, (config, _) in PLANNERS.items()},
}
FILES: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(CONFIGS, ()),
    "transit": ("demand", "network"),
}
"""The files that a scenario can read."""


def make_scenario(
    name: str, settings: Mapping[str, object], *, seed: int, demand: Path | None, network: Path | None
) -> Scenario:
    """Plan the scenario of this name; settings are values, or text that says them.

    Raises:
        BadInput: a setting or a file is wrong.
    """
    config = configured(CONFIGS[name], settings)
    scenario = _planned(name, config, seed=seed, demand=demand, network=network)
    return with_attacks(with_policies(scenario, config), config)


def _planned(name: str, config: Common, *, seed: int, demand: Path | None, network: Path | None) -> Scenario:
    """The scenario without the policies and attacks that all have in common."""
    if isinstance(config, TransitConfig):
        scenario = transit(config, seed=seed, demand_file=demand, network_file=network)
        return replace(scenario, files=digests({"demand": demand, "network": network}))
    if demand is not None or network is not None:
        raise BadInput("bad-option", f"--demand and --network are for transit, not for {name}")
    _, plan = PLANNERS[name]
    return plan(config, seed=seed)


def digests(files: Mapping[str, Path | None]) -> dict[str, str]:
    """The SHA-256 of each file that there is, in hex.

    Raises:
        BadInput: one cannot be read.
    """
    found: dict[str, str] = {}
    for name, path in files.items():
        if path is not None:
            try:
                found[name] = sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                raise BadInput("bad-file", f"{path}: {error.strerror or error}") from error
    return found
