"""Draw the pictures of the documentation that come out of tables, vectors and rules: docs/images/*.svg.

python scripts/draw_pictures.py            write them
python scripts/draw_pictures.py --check    exit with 1 if one is not in step
"""

import sys
from pathlib import Path
from typing import Final

from scripts import draw_bytes, draw_layers, draw_protocol, draw_states
from scripts.generated import write_or_check

IMAGES: Final = Path(__file__).resolve().parents[1] / "docs" / "images"


def main() -> int:
    """Write the pictures, or say which are not in step."""
    pictures = {
        IMAGES / name: drawn
        for module in (draw_states, draw_protocol, draw_bytes, draw_layers)
        for name, drawn in module.pictures().items()
    }
    return write_or_check(pictures, check="--check" in sys.argv[1:], script="draw_pictures.py")


if __name__ == "__main__":
    sys.exit(main())
