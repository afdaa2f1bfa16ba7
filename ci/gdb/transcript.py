"""The session that the README shows, as GDB has it now. The README is remade if it shows another: numbers aside, which differ
from run to run. Then this fails, so that nobody overlooks it, and passes the next time.
"""

import os
import re

from driver import ROOT, Failure, Gdb, Hartbreak, expect, main

README = os.path.join(ROOT, "README.md")
BEGIN, END = "<!-- transcript: ci/gdb.sh makes what follows -->\n", "<!-- transcript: end -->\n"
PORT = 1234
STOPPED = r"\n(Thread 2 (?:.+\n)+(?:\n(?:.+\n)+)?\d+\t.*\n)"

SESSION = [
    ("info threads", None),
    ("monitor bp 0x80000034 1", STOPPED),
    ("info threads", None),
    ("thread 2", None),
    ("backtrace", None),
    ("monitor clear", None),
    ("watch counters[1].value", None),
    ("continue&", STOPPED),
    ("delete", None),
    ("continue&", None),
    ("break rare", None),
    ("set var poke_rare = 0", None),
    ("delete", None),
    ("monitor stats", None),
    ("detach", None),
]


def session():
    with Hartbreak() as machine, Gdb() as gdb:
        gdb.attach(machine.port)
        lines = ["$ gdb-multiarch -q hartbreak/guest/guest.elf", "(gdb) set non-stop on", f"(gdb) target remote :{PORT}"]
        lines.append(f"Remote debugging using :{PORT}")
        for command, pattern in SESSION:
            gdb.hear()
            lines.append(f"(gdb) {command}")
            said = gdb.run(command)
            stop = gdb.wait(pattern).group(1) if pattern else ""
            # A stop comes before the next prompt, or after it.
            said = said.replace("\n" + stop, "") if stop else said
            lines += (said + stop).rstrip("\n").split("\n") if (said + stop).strip() else []
        return "\n".join(line.rstrip() for line in lines).replace(f":{machine.port}", f":{PORT}").replace(ROOT + "/", "")


def masked(text):
    return re.sub(r" +", " ", re.sub(r"\d+", "N", text))


def transcript():
    new = f"\n```console\n{session()}\n```\n\n"
    with open(README) as file:
        readme = file.read()
    expect(BEGIN in readme and END in readme, "the README has a place for the transcript")
    before, rest = readme.split(BEGIN)
    old, after = rest.split(END)
    if masked(old) == masked(new):
        return "the README shows it"
    with open(README, "w") as file:
        file.write(before + BEGIN + new + END + after)
    raise Failure("the README shows this session; it did not, and was remade: see `git diff README.md`")


main([transcript])
