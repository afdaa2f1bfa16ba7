"""hartbreak and GDB as two processes: what is typed into GDB, what it is waited for to say, and for how long at most."""

import os
import re
import select
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUEST = "hartbreak/guest/guest.elf"
# Seconds. Waits are for milliseconds of work; this is for a machine that is a thousand times too slow.
LONGEST_WAIT = float(os.environ.get("GDB_LONGEST_WAIT", 40))


class Failure(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failure(what)


def until(condition, what):
    """Looks again and again, for a bounded time."""
    deadline = time.monotonic() + LONGEST_WAIT
    while not condition():
        expect(time.monotonic() < deadline, f"{what}, within {LONGEST_WAIT:.0f} s")


def program():
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.environ.get("HARTBREAK", os.path.join(target, "release/hartbreak"))


class Hartbreak:
    """The emulator, serving at a free port."""

    def __init__(self, mode="--gdb", harts=4, sabotage=None):
        command = [program(), mode, "0", "--harts", str(harts)]
        if sabotage:
            command += ["--sabotage", sabotage]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"target remote (\S+):(\d+)$", line)
        expect(found, f"hartbreak says where it serves; it said {line!r}")
        self.port = int(found.group(2))

    def resident(self):
        """KiB of memory that the process has now."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def alive(self):
        return self.process.poll() is None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Gdb:
    """Stock GDB, typed into as by a person. What it says to a command and what it says by itself come as they come, so each is
    looked for on its own: a command's answer from where the command was typed, stops from behind the last that was waited for.
    """

    PROMPT = "(gdb) "

    def __init__(self):
        self.process = subprocess.Popen(
            ["gdb-multiarch", "-nx", "-q", GUEST],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0,
        )
        # All that GDB said.
        self.text = ""
        # How much of that was looked at for stops.
        self.heard = 0
        self.find(re.escape(self.PROMPT), 0, LONGEST_WAIT)
        for setting in ["pagination off", "confirm off", "width 0", "remotetimeout 30", "print thread-events off"]:
            self.run(f"set {setting}")

    def read_some(self, seconds):
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, seconds))
        if ready:
            more = os.read(self.process.stdout.fileno(), 65536).decode(errors="replace")
            expect(more, f"GDB goes on; its last words were {self.text[-500:]!r}")
            self.text += more
        return bool(ready)

    def find(self, pattern, start, seconds):
        """Waits until GDB has said it, behind `start`."""
        deadline = time.monotonic() + seconds
        pattern = re.compile(pattern, re.M)
        while not (found := pattern.search(self.text, start)):
            if not self.read_some(deadline - time.monotonic()):
                said = self.text[start:][-2000:]
                raise Failure(f"GDB says {pattern.pattern!r} in {seconds:.0f} s; it said {said!r}")
        return found

    def run(self, line, seconds=LONGEST_WAIT):
        """Types a command, and returns what GDB says until it prompts for the next."""
        start = len(self.text)
        self.process.stdin.write((line + "\n").encode())
        prompt = self.find(re.escape(self.PROMPT), start, seconds)
        return self.text[start : prompt.start()]

    def wait(self, pattern, seconds=LONGEST_WAIT):
        """Waits for something that GDB says by itself."""
        found = self.find(pattern, self.heard, seconds)
        self.heard = found.end()
        return found

    def hear(self, seconds=0):
        """What GDB has said by itself or not, and was not waited for; it is given that time to say more."""
        deadline = time.monotonic() + seconds
        while self.read_some(deadline - time.monotonic()) or time.monotonic() < deadline:
            pass
        text, self.heard = self.text[self.heard :], len(self.text)
        return text

    def attach(self, port):
        self.run("set non-stop on")
        said = self.run(f"target remote :{port}")
        # While it attaches, GDB stops one hart for a moment. It takes the first stop that comes for that one.
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            harts = self.harts().values()
            if harts and all(runs for runs, _ in harts) and any(stops for _, stops in harts):
                return
            expect(time.monotonic() < deadline, f"GDB attaches; it said {said!r}; harts: {harts}")
            self.hear(0.02)

    def harts(self):
        """By hart, as the monitor has it: whether it runs, and of how many stops GDB was told."""
        said = self.run("monitor stats")
        rows = re.findall(r"^hart (\d+): (\w+), .*?(\d+) stops told", said, re.M)
        return {int(hart): (doing == "running", int(stops)) for hart, doing, stops in rows}

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.stdin.close()
        self.process.stdout.close()


def main(steps):
    """Runs steps, and ends with the first that fails."""
    # The processes of a step end with it, in whatever way it ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    for step in steps:
        started = time.monotonic()
        try:
            told = step()
        except Failure as failure:
            sys.exit(f"FAIL: {step.__name__}: expected: {failure}")
        print(f"{step.__name__}: {told or 'passed'} ({time.monotonic() - started:.1f} s)", flush=True)
