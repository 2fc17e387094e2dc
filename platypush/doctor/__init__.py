"""``platypush doctor``: what is wrong with an installation, and the line that mends it.

Each family of checks is a module of two halves: ``gather`` looks at the machine and returns facts, ``judge`` is a pure
function from facts to findings.
"""
