"""The all-stop server, by what stock GDB says in one batch run."""

import re
import subprocess

from driver import GUEST, LONGEST_WAIT, ROOT, Gdb, Hartbreak, expect, main

HIT = r'\nThread (\d) hit '


def batch(port):
    command = ["gdb-multiarch", "-nx", "-q", "-batch", "-ex", f"target remote :{port}", "-x", "ci/gdb/allstop.gdb", GUEST]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=3 * LONGEST_WAIT,
    )
    parts = done.stdout.split("== ")[1:]
    return {name: text for name, text in (part.split("\n", 1) for part in parts)}, done.stdout


def allstop():
    with Hartbreak("--gdb-allstop") as machine:
        said, all_said = batch(machine.port)

        def check(part, *patterns):
            expect(part in said, f"the script comes to {part}; GDB said {all_said[-1500:]!r}")
            for pattern in patterns:
                expect(re.search(pattern, said[part]), f"{pattern!r} at {part}; GDB said {said[part]!r}")

        threads = re.findall(r"^[* ] +\d .*hart (\d), \d+ instructions", said.get("threads", ""), re.M)
        expect(threads == ["0", "1", "2", "3"], f"four threads, stopped; GDB said {all_said[:1500]!r}")
        stops = re.findall(HIT + r"Breakpoint 1, tick ", said["break"])
        expect(len(stops) == 4, f"four stops at tick, one after another; GDB said {said['break']!r}")
        check("again", HIT + r"Temporary breakpoint 2, tick ", r"\$\d+ = 1\n")
        check("stepi", r"hart_main|0x[0-9a-f]+", r"#0 .*\n#1 .*_start|#0 .*\n#1 .*hart_main")
        check("hbreak", r"\nThread 3 hit Breakpoint 3, tock ")
        check("watch", r'Thread 2 hit Hardware watchpoint 4: counters\[1\]\.value')
        old, new = re.search(r"Old value = (\d+)\nNew value = (\d+)", said["watch"]).groups()
        expect(int(new) == int(old) + 1, f"a counter that goes on by one, not from {old} to {new}")
        check("rwatch", HIT + r"Hardware read watchpoint 5: .*\n\nValue = 1611526157\n")
        check("awatch", r"Thread 3 hit Hardware access \(read/write\) watchpoint 6: ")
        check("set", r"= 0x1234\n", r"= 1\n", HIT + r"Breakpoint 7, rare ")
        check("monitor", r"hart 0: stopped, ", r"no breakpoints, no watchpoints")
        check("detach", r"detached")
        # It has left, so the harts run, and another GDB finds them so.
        with Gdb() as gdb:
            said = gdb.run(f"target remote :{machine.port}")
            expect("Remote debugging" in said, f"GDB attaches anew; it said {said!r}")
            expect("no breakpoints" in gdb.run("monitor list"), "nothing is left after a detach")
        return "break, tbreak, hbreak, conditions, stepi, watch, rwatch, awatch, set, monitor, detach, reconnect"


main([allstop])
