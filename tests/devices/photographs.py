"""Pictures of what stands on a terminal, as a camera would take them."""

import io

from PIL import Image


def photograph(lines: list[str]) -> bytes:
    """A picture of a terminal: each character a cell of 4 by 8 points, white where its half is filled."""
    image = Image.new("L", (4 * len(lines[0]), 8 * len(lines)))
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            for half, filled in ((0, "█▀"), (1, "█▄")):
                if character in filled:
                    image.paste(255, (4 * column, 8 * row + 4 * half, 4 * column + 4, 8 * row + 4 * half + 4))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()
