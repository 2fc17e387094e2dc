"""Supervision of child processes: explicit states, injected clock and system calls, signals that only enqueue.

``Child`` decides, ``Supervisor`` runs the decisions in one thread, ``PosixSystem`` acts.
"""

from __future__ import annotations

from platypush.process.child import Child, Policy, StopStep
from platypush.process.limits import raise_open_files
from platypush.process.signals import SignalQueue
from platypush.process.states import ChildStatus, Exit, State
from platypush.process.supervisor import Supervisor
from platypush.process.system import Command, PosixSystem, System, guarded

__all__ = [
    "Child",
    "ChildStatus",
    "Command",
    "Exit",
    "Policy",
    "PosixSystem",
    "SignalQueue",
    "State",
    "StopStep",
    "Supervisor",
    "System",
    "guarded",
    "raise_open_files",
]
