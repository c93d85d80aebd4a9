"""The scenarios by name, and their settings."""

from collections.abc import Mapping
from dataclasses import fields
from inspect import getdoc
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput
from shuangli.sims.payroll import PayrollConfig, payroll
from shuangli.sims.scenario import Scenario, configured
from shuangli.sims.transit import TransitConfig, transit

CONFIGS: Final[dict[str, type[TransitConfig] | type[PayrollConfig]]] = {
    "transit": TransitConfig,
    "payroll": PayrollConfig,
}


def make_scenario(
    name: str, settings: Mapping[str, str], *, seed: int, demand: Path | None, network: Path | None
) -> Scenario:
    """Plan the scenario of this name.

    Raises:
        BadInput: a setting or a file is wrong.
    """
    if name == "transit":
        config = configured(TransitConfig(), settings)
        return transit(config, seed=seed, demand_file=demand, network_file=network)
    if demand is not None or network is not None:
        raise BadInput("bad-option", f"--demand and --network are for transit, not for {name}")
    return payroll(configured(PayrollConfig(), settings), seed=seed)


def describe(name: str) -> str:
    """The settings of a scenario, one a line with its default, after what they mean."""
    config = CONFIGS[name]
    lines = [f"{item.name} = {item.default}" for item in fields(config)]
    return "\n".join([getdoc(config) or "", "", *lines])
