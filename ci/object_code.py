"""Reads `objdump -d -C` of rcu-core/examples/object_code.rs on x86-64, and checks the paths without a call of its two functions.

Along each path it follows which registers hold constants, addresses in the thread's storage, and the payload's address. That
gives the path's accesses, in order:

  S  a store to the reader's word    Z  a store of 0 to it    M  a load of the mark, 8 bytes behind
  P  the load of the pointer         U  a load of the payload

Other accesses do not matter here. The word is what is loaded first from the thread's storage.
"""

import re
import sys

from listing import function

# What each path without a call may look like, and the one that has to be there: entering, and leaving for good. An empty
# cell has no payload. The other ends of a path are for a section that was nested from the start, or that is left open.
FUNCTIONS = {
    "section": (r"S P U? (Z M|S)", "S P U Z M"),
    "nested_section": (r"S S P U? (Z M|S) (Z M|S)", "S S P U S Z M"),
}
FENCE = re.compile(r"lock\b|[mls]fence|xchg.*\(|cpuid|serialize")
REGISTER = re.compile(r"%(?:r|e)?([abcd]|[sd]i|[sb]p|r?[0-9]+)(?:x|l|h)?[dwb]?$")
MEMORY = re.compile(r"(%fs:)?(-?0x[0-9a-f]+)?(?:\((%\w+)?(?:,(%\w+)?(?:,\d)?)?\))?$")


def paths(code):
    """The paths from the first instruction to a return that have no call, as lists of indices."""
    at = {address: index for index, (address, _) in enumerate(code)}
    found, open_paths = [], [[0]]
    while open_paths:
        path = open_paths.pop()
        text = code[path[-1]][1]
        if text.startswith("ret"):
            found.append(path)
            continue
        target = re.match(r"(?:bnd )?j(\w+)\s+([0-9a-f]+)", text)
        following = [at.get(int(target[2], 16))] if target else []
        if not re.match(r"(bnd )?(jmp|call)|ud2|int3", text):
            following.append(path[-1] + 1)
        # Each instruction once: there are no loops in these functions.
        open_paths += [path + [step] for step in following if step is not None and step not in path]
    return found


def operands(text):
    """(operation, operands, symbol that objdump names)"""
    text, _, comment = text.partition("#")
    operation, _, rest = text.strip().partition(" ")
    symbol = re.search(r"<(.*)>", comment)
    return operation, re.findall(r"(?:[^,(]|\([^)]*\))+", rest.strip()), symbol and symbol[1]


class Walk:
    """One path: what the registers hold, and the accesses so far, as (letter, index)."""

    def __init__(self):
        self.registers, self.word, self.accesses = {}, None, []

    def value(self, register):
        """("tls", n) for an address in the thread's storage, ("number", n), ("payload", _), ("cell", _), or None."""
        match = REGISTER.match(register or "")
        return self.registers.get(match[1]) if match else None

    def address(self, operand, symbol):
        """What an operand in memory is, in the same terms; None for a register, and for what is not known."""
        match = MEMORY.match(operand)
        if not match or not (match[1] or "(" in operand):
            return None
        if match[3] == "%rip":
            return ("cell", 0) if symbol == "object_code::VALUE" else None
        kind, sum_ = ("tls" if match[1] else "number"), int(match[2] or "0", 16)
        for register in filter(None, (match[3], match[4])):
            value = self.value(register)
            if value is None:
                return None
            kind = value[0] if kind == "number" else kind
            sum_ += value[1]
        sum_ &= 2**64 - 1
        return (kind, sum_)

    def step(self, index, text):
        operation, ops, symbol = operands(text)
        if not ops or operation.startswith(("j", "push", "nop")):
            return
        target = self.address(ops[-1], symbol)
        compares = operation.startswith(("cmp", "test"))
        result = None
        for operand in ops if compares else ops[:-1] or ops:
            if operation.startswith("lea"):
                result = self.address(operand, symbol)
            elif source := self.address(operand, symbol):
                result = self.load(index, source)
            elif re.match(r"\$-?0x", operand):
                result = ("number", int(operand[1:], 16))
            else:
                result = self.value(operand)
        if target and len(ops) == 2 and not compares:
            self.store(index, target, result if operation.startswith("mov") else None)
        elif target and len(ops) == 1:
            self.store(index, target, None)
        elif (register := REGISTER.match(ops[-1])) and not compares:
            if operation.startswith("xor") and ops[0] == ops[-1]:
                result = ("number", 0)
            elif operation.startswith("add") and result and (old := self.registers.get(register[1])):
                kind = old[0] if result[0] == "number" else result[0]
                result = (kind, (old[1] + result[1]) & 2**64 - 1)
            elif not operation.startswith(("mov", "lea")):
                result = None
            self.registers[register[1]] = result

    def load(self, index, source):
        kind, at = source
        if kind == "tls":
            if at == 0:
                return ("tls", 0)  # the thread's storage begins with its own address
            self.word = self.word or at
            if at == self.word + 8:
                self.accesses.append(("M", index))
        elif kind == "cell":
            self.accesses.append(("P", index))
            return ("payload", 0)
        elif kind == "payload":
            self.accesses.append(("U", index))
        return None

    def store(self, index, target, value):
        if self.word and target == ("tls", self.word):
            self.accesses.append(("Z" if value == ("number", 0) else "S", index))


def check(listing, name):
    """(what is wrong, the path that has to be there as (index, letter) of its accesses, its length)"""
    code = function(listing, f"object_code::{name}")
    allowed, needed = FUNCTIONS[name]
    wrong, common = [], None
    for path in paths(code):
        walk = Walk()
        for index in path:
            walk.step(index, code[index][1])
            if FENCE.match(code[index][1]):
                wrong.append(f"a fence on a path without a call: {code[index][1]}")
        order = " ".join(letter for letter, _ in walk.accesses)
        if order == needed:
            common = (walk.accesses, len(path))
        if not re.fullmatch(allowed.replace(" U?", "( U)?"), order):
            wrong.append(f"the accesses of a path without a call are {order or 'none'}: expected {allowed}")
    if not common:
        wrong.append(f"no path without a call has the accesses {needed}")
    return sorted(set(wrong)), common


def doctored(listing, name, first, second):
    """The listing with two instructions exchanged."""
    (one, one_text), (two, two_text) = (function(listing, f"object_code::{name}")[index] for index in (first, second))
    for address, old, new in ((one, one_text, two_text), (two, two_text, one_text)):
        listing = re.sub(
            rf"^(\s*{address:x}:\s+){re.escape(old)}", lambda match, new=new: match[1] + new, listing, flags=re.M
        )
    return listing


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        listing = file.read()
    failed = False
    for name in FUNCTIONS:
        wrong, common = check(listing, name)
        if wrong:
            failed = True
            print("\n".join(f"{address:8x}  {text}" for address, text in function(listing, f"object_code::{name}")))
            print("\n".join(f"{name}: {line}" for line in wrong))
            continue
        accesses, length = common
        print(f"{name}: {length} instructions, no fence, no call; {' '.join(letter for letter, _ in accesses)}")
        # The check can fail: each access exchanged with the one before. That P comes before U is not the compiler's choice.
        for (letter, first), (next_letter, second) in zip(accesses, accesses[1:]):
            if letter != next_letter and letter + next_letter != "PU":
                if not check(doctored(listing, name, first, second), name)[0]:
                    raise SystemExit(f"{name}: {next_letter} before {letter} goes unnoticed")
                print(f"{name}: {next_letter} before {letter} is noticed")
    sys.exit(failed)


main()
