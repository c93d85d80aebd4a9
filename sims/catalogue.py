"""The scenarios by name, with their settings, and the plan of each."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput
from shuangli.sims.payroll import PayrollConfig, payroll
from shuangli.sims.scenario import Scenario
from shuangli.sims.settings import configured
from shuangli.sims.transit import TransitConfig, transit

CONFIGS: Final[dict[str, type[TransitConfig] | type[PayrollConfig]]] = {
    "transit": TransitConfig,
    "payroll": PayrollConfig,
}
FILES: Final = {"transit": ("demand", "network"), "payroll": ()}
"""The files that a scenario can read."""


def make_scenario(
    name: str, settings: Mapping[str, object], *, seed: int, demand: Path | None, network: Path | None
) -> Scenario:
    """Plan the scenario of this name; settings are values, or text that says them.

    Raises:
        BadInput: a setting or a file is wrong.
    """
    if name == "transit":
        config = configured(TransitConfig, settings)
        scenario = transit(config, seed=seed, demand_file=demand, network_file=network)
        return replace(scenario, files=digests({"demand": demand, "network": network}))
    if demand is not None or network is not None:
        raise BadInput("bad-option", f"--demand and --network are for transit, not for {name}")
    return payroll(configured(PayrollConfig, settings), seed=seed)


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
