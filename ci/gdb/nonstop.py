"""The non-stop server, by what stock GDB says: harts run while others are stopped, and tables change meanwhile.

With a sabotage's name as the argument the server is broken in that way, and one of the steps has to fail.
"""

import re
import sys

from driver import Gdb, Hartbreak, expect, main, until

STOP = re.compile(r'^Thread \d "hart \d" (hit|received|stopped)', re.M)
SABOTAGE = sys.argv[1] if len(sys.argv) > 1 else None


def address(gdb, name):
    return re.search(r"0x[0-9a-f]+", gdb.run(f"print &{name}")).group()


def number(gdb, expression):
    return int(re.search(r"= (\d+)", gdb.run(f"print/u {expression}")).group(1))


def threads(gdb):
    """By thread: whether it runs, and the instructions that it has retired."""
    rows = re.findall(r"^[* ] +(\d+) .*?\((\d+) instructions\) +(\(running\))?", gdb.run("info threads"), re.M)
    return {int(thread): (bool(running), int(count)) for thread, count, running in rows}


def go_on(gdb):
    """Whether all harts run; those that do not are let go."""
    if all(runs for runs, _ in threads(gdb).values()):
        return True
    gdb.run("continue -a&")
    return False


def all_count(gdb, first, which):
    """Waits until the instruction counts of these threads have grown; gives the threads as they are then."""
    seen = {}

    def grown():
        seen.update(threads(gdb))
        return all(seen[thread][1] > first[thread][1] for thread in which)

    until(grown, "instruction counts grow")
    return seen


def stats(gdb):
    said = gdb.run("monitor stats")
    changes = re.search(r"changes of tables: (\d+); while a hart ran: (\d+); while one was seen to retire instructions: (\d+)", said)
    expect(changes, f"statistics; GDB said {said!r}")
    hits = [int(count) for count in re.findall(r"^hart \d+: .*?(\d+) hits", said, re.M)]
    return [int(count) for count in changes.groups()], hits


def session():
    """A machine, and a GDB that is attached to it."""
    machine = Hartbreak(sabotage=SABOTAGE)
    gdb = Gdb()
    gdb.attach(machine.port)
    return machine, gdb


def stop(gdb, hart=1):
    """Stops a hart at tick by a breakpoint of its own, and selects it."""
    gdb.run(f"monitor bp {address(gdb, 'tick')} {hart}")
    gdb.wait(rf'^Thread {hart + 1} "hart {hart}" received signal SIGTRAP')
    gdb.run("monitor clear")
    gdb.run(f"thread {hart + 1}")


def others_run():
    machine, gdb = session()
    with machine, gdb:
        before = threads(gdb)
        expect(set(before) == {1, 2, 3, 4}, f"four threads, not {before}")
        expect(all(runs for runs, _ in before.values()), f"all run after attaching: {before}")
        stop(gdb)
        first = threads(gdb)
        second = all_count(gdb, first, (1, 3, 4))
        expect(all(first[thread][0] and second[thread][0] for thread in (1, 3, 4)), f"(running): {first}, {second}")
        expect(not second[2][0] and first[2][1] == second[2][1], f"thread 2 is stopped: {first}, {second}")
        said = gdb.run("backtrace")
        expect(re.search(r"#0 .*tick.*\n#1 .*hart_main.*\n#2 .*_start", said), f"a backtrace, not {said!r}")
        said = gdb.run("continue&")
        expect("Continuing" in said, f"it continues: {said!r}")
        return "one hart stopped, the other three (running), their instruction counts growing"


def breakpoints():
    """No stop is missed: the rounds of a hart that stops at each tick differ by one."""
    machine, gdb = session()
    with machine, gdb:
        tick = address(gdb, "tick")
        gdb.run("break tick")
        seen = set()
        while len(seen) < 4:
            seen.add(gdb.wait(r'^Thread (\d) "hart \d" hit Breakpoint 1, tick ').group(1))
        rounds = [number(gdb, f"counters[{hart}].value") for hart in range(4)]
        for turn in range(1, 7):
            for hart in range(4):
                gdb.run(f"thread {hart + 1}")
                gdb.run("continue&")
                gdb.wait(rf'^Thread {hart + 1} "hart {hart}" hit Breakpoint 1, tick ')
                now = number(gdb, f"counters[{hart}].value")
                expect(now == rounds[hart] + turn, f"hart {hart} stops in round {rounds[hart] + turn}, not {now}")
        gdb.run("delete")
        said = gdb.run("stepi")
        expect("hart_main" in said or "0x" in said, f"a step: {said!r}")
        gdb.run("hbreak tock")
        gdb.run("continue&")
        gdb.wait(r'^Thread 4 "hart 3" hit Breakpoint 2, tock ')
        gdb.run("delete")
        gdb.run("tbreak tick")
        gdb.run("continue&")
        gdb.wait(r'^Thread 4 "hart 3" hit Temporary breakpoint 3, tick ')
        want = number(gdb, "counters[3].value") + 3
        gdb.run(f"break tick if counters[3].value == {want}")
        gdb.run("continue&")
        gdb.wait(r'^Thread 4 "hart 3" hit Breakpoint 4, tick ')
        now = number(gdb, "counters[3].value")
        expect(now == want, f"the condition holds: {now}, not {want}")
        gdb.run("delete")
        gdb.run("continue -a&")
        return f"break, hbreak, tbreak, a condition, a step over a breakpoint; 24 stops, none missed, at {tick}"


def watchpoints():
    machine, gdb = session()
    with machine, gdb:
        stop(gdb)
        gdb.run("watch counters[1].value")
        old = number(gdb, "counters[1].value")
        gdb.run("continue&")
        hit = gdb.wait(
            r'^Thread 2 "hart 1" hit Hardware watchpoint 1: counters\[1\]\.value\n\nOld value = (\d+)\nNew value = (\d+)$'
        )
        values = tuple(int(value) for value in hit.groups())
        expect(values == (old, old + 1), f"old and new value {(old, old + 1)}, not {values}")
        gdb.run("delete")
        gdb.run("rwatch *(unsigned *)&read_only_word")
        gdb.run("continue&")
        hit = gdb.wait(r'^Thread 2 "hart 1" hit Hardware read watchpoint 2: .*\n\nValue = (\d+)$')
        expect(int(hit.group(1)) == 0x600DF00D, "the value read")
        gdb.run("delete")
        gdb.run("awatch counters[1].value")
        gdb.run("continue&")
        gdb.wait(r'^Thread 2 "hart 1" hit Hardware access \(read/write\) watchpoint 3: ')
        gdb.wait(r"^(?:New value|Value) = (\d+)$")
        gdb.run("delete")
        # Nobody writes it: a watchpoint for writes is silent, while the hart goes round and round.
        gdb.run("watch *(unsigned *)&read_only_word")
        gdb.run("continue -a&")
        gdb.hear()
        rounds = number(gdb, "counters[1].value")
        until(lambda: number(gdb, "counters[1].value") >= rounds + 50, "hart 1 does fifty rounds")
        expect(not STOP.search(gdb.hear()), "no stop of a watchpoint for writes at what is only read")
        return "watch with old and new value, rwatch, awatch; none of the wrong kind"


def changes_while_running():
    machine, gdb = session()
    with machine, gdb:
        # No hart comes to rare: nothing is stopped meanwhile, and each change is made while all run.
        for turn in range(25):
            gdb.run(("break", "tbreak", "hbreak")[turn % 3] + " rare")
            gdb.run("delete")
        (changes, running, seen), _ = stats(gdb)
        expect(changes >= 40, f"at least 40 changes of tables, not {changes}")
        expect(running * 2 > changes, f"most changes while a hart ran, not {running} of {changes}")
        return f"{changes} changes of tables, {running} of them while a hart ran, {seen} while one was seen to retire instructions"


def no_ghosts():
    """What was removed while the harts ran is not met any more."""
    machine, gdb = session()
    with machine, gdb:
        for turn in range(1, 11):
            gdb.run("break tick")
            gdb.wait(r'^Thread \d "hart \d" hit Breakpoint \d+, tick ')
            gdb.run("delete")
            gdb.run("continue -a&")
            # GDB has no other reason for a signal here than a stop that it cannot explain.
            expect("received signal" not in gdb.text, f"no stop after a removal; GDB said {gdb.text[-300:]!r}")
        # Those that were stopped when it was removed go on, too.
        until(lambda: go_on(gdb), "all harts run once the breakpoint is removed")
        gdb.hear()
        _, before = stats(gdb)
        rounds = [number(gdb, f"counters[{hart}].value") for hart in range(4)]
        until(
            lambda: all(number(gdb, f"counters[{hart}].value") >= rounds[hart] + 20 for hart in range(4)),
            "every hart does twenty rounds after the removal",
        )
        said = gdb.hear()
        _, after = stats(gdb)
        expect(not STOP.search(said), f"no stop after the removal: {said!r}")
        expect(before == after, f"no hit after the removal: {before}, {after}")
        said = gdb.run("monitor list")
        expect("no breakpoints, no watchpoints" in said, f"empty tables: {said!r}")
        return "ten times removed while harts ran, never met again"


def interrupts():
    machine, gdb = session()
    with machine, gdb:
        gdb.run("thread 3")
        gdb.run("interrupt")
        gdb.wait(r'^Thread 3 "hart 2" stopped\.')
        expect([thread for thread, (runs, _) in threads(gdb).items() if not runs] == [3], "one is stopped")
        gdb.run("set var $gp = 0x1234")
        said = gdb.run("print/x $gp")
        expect("0x1234" in said, f"a register is set: {said!r}")
        gdb.run("continue&")
        gdb.run("interrupt -a")
        seen = set()
        while len(seen) < 4:
            seen.add(gdb.wait(r'^Thread (\d) "hart \d" stopped\.').group(1))
        gdb.run("set var poke_rare = 7")
        expect(number(gdb, "poke_rare") == 7, "memory is set")
        gdb.run("break rare")
        gdb.run("continue -a&")
        gdb.wait(r'^Thread \d "hart \d" hit Breakpoint 1, rare ')
        said = gdb.run("detach")
        expect("detached" in said, f"it detaches: {said!r}")
        # GDB would insert what it remembers again.
        gdb.run("delete")
        gdb.attach(machine.port)
        state = threads(gdb)
        expect(len(state) == 4 and all(runs for runs, _ in state.values()), f"all run after a reconnect: {state}")
        expect("no breakpoints" in gdb.run("monitor list"), "nothing is left after a detach")
        gdb.run("set var poke_rare = 0")
        said = gdb.run("kill")
        expect("killed" in said, f"it kills: {said!r}")
        expect(machine.process.wait(timeout=20) == 0, "hartbreak ends")
        return "one, all, registers, memory, detach, reconnect, kill"


def death():
    """GDB is killed in the middle: the guest runs on, and nothing of GDB's is left."""
    machine, gdb = session()
    with machine, gdb:
        gdb.run("break tick")
        gdb.wait(r'^Thread \d "hart \d" hit Breakpoint 1, tick ')
        gdb.kill()
        with Gdb() as other:
            other.attach(machine.port)
            first = threads(other)
            expect(len(first) == 4 and all(runs for runs, _ in first.values()), f"all run: {first}")
            all_count(other, first, first)
            expect("no breakpoints" in other.run("monitor list"), "nothing is left of a GDB that was killed")
            return "the guest runs on, and the tables are empty"


main([others_run, breakpoints, watchpoints, changes_while_running, no_ghosts, interrupts, death])
