"""The same seed gives the same trips in another process, with another hash seed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import hashlib, sys
from dataclasses import fields
from pathlib import Path
import numpy as np
from shuangli.sims.transit.demand import demand_and_network
from shuangli.sims.transit.config import TransitConfig
from shuangli.sims.transit.scenario import transit
from shuangli.sims.payroll.wages import sector_of, wages_fen

digest = hashlib.sha256()
for demand_path in (None, Path(sys.argv[1])):
    rng = np.random.default_rng(7)
    demand, network = demand_and_network(demand_path, None, trips=5_000, rng=rng)
    trips = {} if demand_path else {"trips": 2_000}
    config = TransitConfig(**trips, bus_share=0.2, reconcile="exponential", month_discount="beijing")
    trips = transit(config, seed=7, demand_file=demand_path, network_file=None).trips
    for field in fields(trips)[3:]:
        digest.update(getattr(trips, field.name).tobytes())
    wages = wages_fen(sector_of(rng.random(100)), rng.standard_normal(100))
    digest.update(wages.tobytes())
    digest.update(repr((demand.stations, demand.source, network.source)).encode())
print(digest.hexdigest())
"""


def test_a_seed_means_the_same_everywhere(tmp_path: Path) -> None:
    names = [f"Station {letter}" for letter in "QWERTZUIOP"]
    digests = set()
    for hash_seed in ("0", "1", "4711"):
        folder = tmp_path / hash_seed
        folder.mkdir()
        table = folder / "boardings.csv"
        table.write_text("slot_start_s,station,boardings\n" + "".join(f"28800,{name},90\n" for name in names))
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", PROGRAM, str(table)]
        result = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=True
        )
        digests.add(result.stdout)
    assert len(digests) == 1
