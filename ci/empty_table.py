"""Reads `objdump -d -C` of debug-tables/examples/empty_table.rs on x86-64, and checks what its looks at an empty table execute.

That is the way to a return on which the table's pointer, loaded first, is null. On it stand one load, one compare of what was
loaded with 0, one branch, and what belongs to the function around the look: its arguments moved from register to register,
its result set to 0, the return.
"""

import re
import sys

from listing import function

LOOKS = ("test", "check", "matches")
# This one looks at the empty snapshot, and has to fail.
MORE = "snapshot"

AROUND = re.compile(r"xor\s+(%\w+),\1$|mov\s+%\w+,%\w+$|ret\b|endbr64$")
LOAD = re.compile(r"mov\s+0x[0-9a-f]+\(%rip\),(%\w+)\s+#.*empty_table::(BREAK|WATCH)POINTS")
COMPARE = re.compile(r"test\s+(%\w+),\1$")
# Both at once.
LOAD_AND_COMPARE = re.compile(r"cmpq\s+\$0x0,0x[0-9a-f]+\(%rip\)\s+#.*empty_table::(BREAK|WATCH)POINTS")
BRANCH = re.compile(r"j(e|ne)\s+([0-9a-f]+)\b")


def path(code):
    """The instructions that are executed if the first branch finds null."""
    addresses = list(code)
    at, taken, branched = addresses[0], [], False
    while True:
        text = code.get(at)
        if text is None or len(taken) == len(code):
            return taken + ["leaves the function"]
        taken.append(text)
        if text.startswith("ret"):
            return taken
        following = addresses.index(at) + 1
        at = addresses[following] if following < len(addresses) else None
        if not branched and (branch := BRANCH.match(text)):
            branched = True
            if branch[1] == "e":
                at = int(branch[2], 16)


def check(taken):
    """What is wrong with a path."""
    taken = [text for text in taken if not AROUND.match(text)]
    compared = bool(taken) and LOAD_AND_COMPARE.match(taken[0])
    if compared:
        ways = taken[1:]
    else:
        load = bool(taken) and LOAD.match(taken[0])
        test = len(taken) > 1 and COMPARE.match(taken[1])
        if not (load and test and load[1] == test[1]):
            return f"no load and compare of the table's pointer at first: {taken[:2]}"
        ways = taken[2:]
    if len(ways) != 1 or not BRANCH.match(ways[0]):
        return f"not one branch and no more: {ways}"
    return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        listing = file.read()
    for name in LOOKS:
        taken = path(dict(function(listing, f"empty_table::{name}")))
        if wrong := check(taken):
            print("\n".join(taken))
            raise SystemExit(f"{name}: {wrong}")
        print(f"{name} of an empty table: {'; '.join(' '.join(text.split('#')[0].split()) for text in taken)}")
        # The check can fail: with any one instruction twice, or a call, but for what is around the look.
        for at, text in enumerate(taken):
            if not AROUND.match(text) and not check(taken[:at] + [text] + taken[at:]):
                raise SystemExit(f"{name}: {text}, twice, goes unnoticed")
            if not check(taken[:at] + ["call 1000"] + taken[at:]):
                raise SystemExit(f"{name}: a call goes unnoticed")
    if not (wrong := check(path(dict(function(listing, f"empty_table::{MORE}"))))):
        raise SystemExit(f"{MORE}: a look at the empty snapshot goes unnoticed")
    print(f"{MORE}: more is noticed: {wrong}")


main()
