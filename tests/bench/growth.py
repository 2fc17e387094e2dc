"""``POST /execute`` with an empty installation and with one that holds much."""

from __future__ import annotations

import contextlib
import secrets
import time
from pathlib import Path

from sqlalchemy import create_engine, insert, select

from platypush.user.schema import api_tokens, jwts, sessions, users
from tests.bench.execute import credentials, fire, in_rounds
from tests.bench.report import table
from tests.bench.servers import hub

__all__ = ["run_growth"]


def run_growth(folder: Path, rounds: int, seconds: int, count: int = 10_000, hooks: int = 1_000) -> str:
    """The same call by an API token, with nothing else there and with ``count`` of everything and ``hooks`` hooks."""
    many = "\n".join(f"@hook(CustomEvent, subtype='s{n}')\ndef hook_{n}(event):\n    pass\n" for n in range(hooks))
    imports = "from platypush.event.hook import hook\nfrom platypush.message.event.custom import CustomEvent\n\n"
    with contextlib.ExitStack() as stack:
        small = stack.enter_context(hub(folder / "small", mode="gevent"))
        full = stack.enter_context(hub(folder / "full", mode="gevent", scripts={"many.py": imports + many}))
        _fill(full.workdir / "main.db", count)
        shots = {
            "empty": fire(small, credentials(small)["API token"], seconds),
            "full": fire(full, credentials(full)["API token"], seconds),
        }
        results = in_rounds(shots, rounds)
    base = results["empty"]
    rows = [
        (name, f"{r.rate:,.0f}", f"{r.rate / base.rate:.2f}", f"{r.cpu:.3f}", f"{r.cpu / base.cpu:.2f}", str(r.failed))
        for name, r in results.items()
    ]
    text = table(("installation", "req/s", "ratio", "CPU ms a call", "ratio", "failed"), rows)
    return f"{text}\n\nfull: {count:,} users, sessions, JWTs and API tokens each, and {hooks:,} hooks."


def _fill(database: Path, count: int) -> None:
    """Add ``count`` users to the first one's database, with a session, a JWT and an API token each."""
    engine = create_engine(f"sqlite:///{database}", connect_args={"timeout": 30})
    now = time.time()
    with engine.begin() as connection:
        owner = connection.execute(select(users)).mappings().one()
        some = [{**owner, "id": owner["id"] + n, "name": f"user{n}", "founder": None} for n in range(1, count + 1)]
        connection.execute(insert(users), some)
        for kind, more in (
            (sessions, {"remember": False, "address": "", "user_agent": ""}),
            (jwts, {}),
            (api_tokens, {"name": "bench"}),
        ):
            rows = [{"user_id": one["id"], "created_at": now, **more} for one in some]
            for row in rows:
                row["id" if kind is jwts else "token_hash"] = secrets.token_hex(16)
            connection.execute(insert(kind), rows)
    engine.dispose()
