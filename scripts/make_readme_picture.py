"""Make the picture of the README: the upper part of the report of a metro day.

    python scripts/make_readme_picture.py [--out DIR | --run DIR] [--picture docs/images/metro-day.png]

Runs the default profile with 60,000 trips and a hundredth of the wallets copied (about two minutes), unless
`--run` names a run that is there, and photographs its report with Chromium, which must be installed.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETTINGS = ("trips=60000", "clone.share=0.01")
WIDTH, HEIGHT = 1280, 1166
"""Down to the end of the first chart."""
MOST_BYTES = 300_000


def simulate(directory: Path) -> None:
    """Run the day that the picture shows."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    command = [sys.executable, "-m", "shuangli", "sim", "run", "transit", "--out", str(directory), *settings]
    subprocess.run(command, check=True)


def photograph(browser: str, page: Path, picture: Path) -> None:
    """Let the browser draw the upper part of `page`, in light colours, at its size."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
            f"--user-data-dir={profile}",
            "--blink-settings=preferredColorScheme=1",
            f"--window-size={WIDTH},{HEIGHT}",
            f"--screenshot={picture.resolve()}",
            page.resolve().as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True)


def main() -> int:
    """Make the picture; 1 if it came out too large, 2 if there is no browser."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build/readme", help="where to write the run")
    parser.add_argument("--run", type=Path, help="a run that is there already, instead of a new one")
    parser.add_argument("--picture", type=Path, default=ROOT / "docs/images/metro-day.png")
    arguments = parser.parse_args()
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        print(f"no browser: install one of {', '.join(BROWSERS)}", file=sys.stderr)
        return 2
    directory = arguments.run or arguments.out
    if arguments.run is None:
        simulate(directory)
    arguments.picture.parent.mkdir(parents=True, exist_ok=True)
    photograph(browser, directory / "report.html", arguments.picture)
    size = arguments.picture.stat().st_size
    print(f"{arguments.picture}: {size:,} bytes")
    return int(size > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
