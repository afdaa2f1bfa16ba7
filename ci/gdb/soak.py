"""Random commands, typed into stock GDB, against four running harts, while the guest churns its tables with triggers of its own.

Arguments: seconds, commands, seed. It ends when the first of the two is used up. What is watched for: a stop that GDB cannot
explain (a ghost), a hart that runs past a breakpoint in every round (a missed stop), the end of a process, memory that grows.
"""

import random
import re
import sys
import time

from driver import Gdb, Hartbreak, Failure, expect, main

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 60
COMMANDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**9)
GHOST = re.compile(r'^Thread \d "hart \d" received signal .*', re.M)
GROWTH = 8192


class Soak:
    def __init__(self, machine, gdb):
        self.machine, self.gdb, self.done = machine, gdb, 0
        self.deadline = time.monotonic() + SECONDS
        self.stops = 0

    def run(self, line):
        self.done += 1
        return self.gdb.run(line)

    def look(self):
        said = self.gdb.hear()
        ghost = GHOST.search(said)
        expect(not ghost, f"no stop without a reason; GDB said {ghost and ghost.group()!r}")
        self.stops += len(re.findall(r'^Thread \d "hart \d" hit ', said, re.M))

    def churn(self):
        """Every hart sets its own trigger on tock, or clears it."""
        for hart in range(4):
            self.run(f"set var use_trigger[{hart}] = {random.choice((1, 2))}")

    def all_run(self):
        """Nothing is set, and every hart runs."""
        self.run("delete")
        for _ in range(200):
            if all(runs for runs, _ in self.gdb.harts().values()):
                break
            self.run("continue -a&")
        else:
            raise Failure(f"all harts run; they are {self.gdb.harts()}")
        self.look()

    def breakpoint_stops_all(self):
        """No stop is missed: each hart comes to tick in every round."""
        self.run(random.choice(("break", "hbreak")) + " tick")
        seen = set()
        while len(seen) < 4:
            seen.add(self.gdb.wait(r'^Thread (\d) "hart \d" hit Breakpoint \d+, tick ').group(1))
            self.stops += 1
        for _ in range(random.randrange(4)):
            hart = random.randrange(4)
            before = self.number(f"counters[{hart}].value")
            self.run(f"thread {hart + 1}")
            self.run("continue&")
            self.gdb.wait(rf'^Thread {hart + 1} "hart {hart}" hit Breakpoint \d+, tick ')
            self.stops += 1
            now = self.number(f"counters[{hart}].value")
            expect(now == before + 1, f"hart {hart} stops in round {before + 1}, not {now}")
            if random.random() < 0.5:
                self.run("stepi")
                self.run("backtrace")
                break

    def watchpoint(self):
        hart = random.randrange(4)
        self.run(f"thread {hart + 1}")
        self.run("interrupt")
        self.gdb.wait(rf'^Thread {hart + 1} "hart {hart}" stopped\.')
        kind, said = random.choice((("watch", "Hardware watchpoint"), ("awatch", "Hardware access")))
        self.run(f"{kind} counters[{hart}].value")
        self.run("continue&")
        self.gdb.wait(rf'^Thread {hart + 1} "hart {hart}" hit {said}')
        self.stops += 1

    def churn_tables(self):
        """Where no hart comes."""
        for _ in range(random.randrange(1, 8)):
            self.run(f"{random.choice(('break', 'tbreak', 'hbreak'))} *{0x80020000 + 4 * random.randrange(64):#x}")

    def look_around(self):
        self.run("info threads")
        self.run("print amo_counter")
        self.run("set var poke_rare = 0")
        self.run("monitor list")

    def come_back(self):
        self.run("detach")
        self.gdb.attach(self.machine.port)

    def number(self, expression):
        return int(re.search(r"= (\d+)", self.run(f"print/u {expression}")).group(1))


def soak():
    random.seed(SEED)
    with Hartbreak() as machine, Gdb() as gdb:
        gdb.attach(machine.port)
        soak, size = Soak(machine, gdb), None
        deeds = [soak.breakpoint_stops_all, soak.watchpoint, soak.churn_tables, soak.look_around, soak.come_back]
        try:
            while soak.done < COMMANDS and time.monotonic() < soak.deadline:
                soak.churn()
                random.choice(deeds)()
                soak.all_run()
                # Once everything has been done, nothing more is needed.
                if size is None and soak.done > COMMANDS // 5:
                    size = machine.resident()
            expect(machine.alive(), "hartbreak lives")
            grown = machine.resident() - (size or machine.resident())
            expect(grown <= GROWTH, f"memory that stays flat; it has grown by {grown} KiB")
        except Failure as failure:
            raise Failure(f"{failure} (seed {SEED}, command {soak.done})") from failure
        return f"{soak.done} commands, {soak.stops} stops, none missed and no ghost; seed {SEED}; memory +{max(grown, 0)} KiB"


main([soak])
