"""A hundred thousand packets that insert and remove breakpoints under four busy harts, not throttled: what kills QEMU's user-mode
emulation. The harts lose little of their speed to it: instructions per second that their threads were on a processor, undisturbed
and under the packets, by turns in one run.
"""

import os
import re
import time

from client import Client, frame
from driver import Hartbreak, expect, main

PACKETS = 100_000
TURNS = 5
BATCH = 50
# Of the undisturbed speed.
LEAST = 0.85
# KiB that the process may grow by, once it has seen a fifth of the packets. Where a host gives the callback thread little time,
# some thousand snapshots wait for it; those of the other packets, had they stayed, would be four times this.
GROWTH = 16384


def pace(client):
    """Instructions and CPU seconds of all harts."""
    rows = re.findall(r"(\d+) instructions in (\d+\.\d+) s", client.monitor("stats"))
    return sum(int(count) for count, _ in rows), sum(float(seconds) for _, seconds in rows)


def speed(before, after):
    return (after[0] - before[0]) / (after[1] - before[1])


def packets():
    with Hartbreak() as machine:
        client = Client(machine.port)
        # Where no hart comes: what is measured is the change of tables, not stops.
        places = [0x80040000 + 4 * at for at in range(64)]
        undisturbed, under, wall, spent, sizes = [], [], 0, 0.0, []
        for turn in range(TURNS):
            before = pace(client)
            time.sleep(1)
            undisturbed.append(speed(before, pace(client)))
            before, started = pace(client), time.monotonic()
            for at in range(0, PACKETS // TURNS, BATCH):
                pairs = [places[(at + pair) % len(places)] for pair in range(BATCH // 2)]
                client.send(b"".join(frame(f"{kind}0,{place:x},4") for place in pairs for kind in "Zz"))
                expect(set(client.answers(BATCH)) == {"OK"}, "every packet is answered by OK")
            spent += time.monotonic() - started
            after = pace(client)
            wall += after[0] - before[0]
            under.append(speed(before, after))
            sizes.append(machine.resident())
        changes = re.search(r"changes of tables: (\d+); while a hart ran: (\d+); while one was seen .*: (\d+)", client.monitor("stats"))
        changes, running, seen = (int(count) for count in changes.groups())
        said = client.monitor("list")
        expect(said == "no breakpoints, no watchpoints\n", f"empty tables, not {said!r}")
        client.close()
        ratio = sum(under) / sum(undisturbed)
        print(
            f"instructions per CPU second of the harts: {sum(undisturbed) / TURNS / 1e6:.1f} million undisturbed, "
            f"{sum(under) / TURNS / 1e6:.1f} million under the packets, {ratio:.1%}\n"
            f"{PACKETS} packets, {PACKETS / spent:.0f} a second; {wall / spent / 1e6:.1f} MIPS of all harts by the clock meanwhile; "
            f"resident memory {sizes[0]} KiB, then {sizes[-1]} KiB\n"
            f"{changes} changes of tables, {running} of them while a hart ran, {seen} while one was seen to retire instructions"
        )
        expect(changes >= PACKETS and running == changes, "no hart stops for a change")
        expect(seen > 0 or os.cpu_count() == 1, "harts are seen to retire instructions during changes")
        expect(machine.alive(), "hartbreak lives")
        expect(ratio >= LEAST, f"at least {LEAST:.0%} of the undisturbed speed, not {ratio:.1%}")
        expect(sizes[-1] <= sizes[0] + GROWTH, f"memory that stays flat, not {sizes} KiB")
        return "answered, all of them"


main([packets])
