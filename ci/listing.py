"""What `objdump -d -C` prints."""

import re


def function(listing, name):
    """The instructions of a function: (address, text), in order."""
    body = re.search(rf"^[0-9a-f]+ <{name}>:\n((?:.+\n)+)", listing, re.M)
    if not body:
        raise SystemExit(f"no function {name} in the listing")
    lines = (re.match(r"\s*([0-9a-f]+):\s+(.*\S)", line) for line in body[1].splitlines())
    return [(int(line[1], 16), line[2]) for line in lines if line]
