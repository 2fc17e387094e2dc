"""Commands of the machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from platypush.errors import ActionFailed
from platypush.plugins import Plugin, action
from platypush.plugins.shell._process import Outcome, run, spawn

__plugin__ = "ShellPlugin"
__all__ = ["ShellPlugin"]


class ShellPlugin(Plugin):
    """Run commands as the user that the hub runs as.

    Loaded only when it has a section: whoever may call ``shell.exec`` controls that user's account.
    """

    def __init__(
        self,
        *,
        timeout: float = 55,
        max_output: int = 16 * 1024 * 1024,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param timeout: Seconds that a command may take, unless the call says otherwise; 0 for no limit. The default is
            below the hub's own limit for an action, so that callers still get the command's error.
        :param max_output: Bytes of output after which a command is stopped.
        :param cwd: Folder that commands run in. Default: the hub's own.
        :param env: Environment variables added for all commands.
        """
        super().__init__(**kwargs)
        self.timeout = timeout
        self.max_output = max_output
        self.cwd = cwd
        self.env = dict(env or {})

    @action
    def exec(
        self,
        cmd: str | list[str],
        background: bool = False,
        ignore_errors: bool = False,
        timeout: float | None = None,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        input: str | None = None,
    ) -> str | dict[str, int]:
        """Run a command and return what it prints on standard output and standard error.

        :param cmd: A command line for ``/bin/sh``; or a list, the program and its arguments, run without a shell.
        :param background: Return at once with the process id as ``{"pid": …}``; output is thrown away.
        :param ignore_errors: Return the output even when the command fails.
        :param timeout: Seconds after which the command and what it started are killed; 0 for no limit.
        :param cwd: Folder to run in.
        :param env: Environment variables added for this command.
        :param input: Text for the command's standard input.
        :return: The output, as text.
        """
        if not cmd:
            raise ValueError("shell.exec needs a command: cmd is empty.")
        folder = (cwd or self.cwd or Path()).expanduser()
        if not folder.is_dir():
            raise NotADirectoryError(f"The folder to run in does not exist: {folder}")
        variables = {**self.env, **(env or {})}
        if background:
            return {"pid": spawn(cmd, folder, variables)}
        limit = self.timeout if timeout is None else timeout
        outcome = run(cmd, folder, variables, input=input, timeout=limit, max_output=self.max_output)
        if not ignore_errors:
            self._check(outcome, limit)
        return outcome.output

    @action
    def which(self, name: str) -> str | None:
        """Where a program is.

        :param name: The program's name.
        :return: The path of its file, or null when it is not on the hub's PATH.
        """
        return shutil.which(name)

    def _check(self, outcome: Outcome, limit: float) -> None:
        if outcome.timed_out:
            raise ActionFailed(f"The command was killed after {limit:g} s. It printed: {outcome.tail()}")
        if outcome.too_long:
            raise ActionFailed(f"The command was killed: it printed more than {self.max_output} bytes.")
        if outcome.code < 0:
            raise ActionFailed(f"The command was killed by signal {-outcome.code}. It printed: {outcome.tail()}")
        if outcome.code:
            raise ActionFailed(
                f"The command failed with exit status {outcome.code}: {outcome.tail()}",
                details={"exit_status": outcome.code},
            )
