"""Users and their sessions, for callers that know a password or a session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from platypush.errors import NotAuthenticated, Unavailable
from platypush.message.envelope import Principal
from platypush.plugins import action
from platypush.plugins.services import ServicePlugin
from platypush.user.credentials import Credential

if TYPE_CHECKING:
    from platypush.user.service import Users

__plugin__ = "UserPlugin"
__all__ = ["UserPlugin"]

_ADDRESS = "action"
"""Stands for the caller's address, which actions do not know, in the audit log and for slowing down."""


class UserPlugin(ServicePlugin):
    """Manage the users of this hub.

    Whatever changes a user asks for the password or the session of somebody who may do so, besides the credential of
    the request. No action returns a password's hash, or a token that the caller does not know or has not just made.
    The first user registers under ``/register`` or by ``platypush user add``.
    """

    @action
    def create_user(
        self,
        username: str,
        password: str,
        executing_user: str | None = None,
        executing_user_password: str | None = None,
        session_token: str | None = None,
    ) -> dict[str, Any]:
        """Add a user. Give either ``executing_user`` and ``executing_user_password``, or ``session_token``.

        :param username: The new user's name.
        :param password: The new user's password.
        :param executing_user: Who adds the user.
        :param executing_user_password: The password of ``executing_user``.
        :param session_token: A session of whoever adds the user.
        :return: ``{user_id, username, created_at}``.
        """
        principal = self._executing(executing_user, executing_user_password, session_token)
        self._users.accounts.create(username, password, by=principal.user, address=_ADDRESS)
        return next((user for user in self._list() if user["username"] == username.strip()), {"username": username})

    @action
    def delete_user(
        self,
        username: str,
        executing_user: str | None = None,
        executing_user_password: str | None = None,
        session_token: str | None = None,
    ) -> bool:
        """Remove a user with all sessions and tokens. Arguments as for ``create_user``.

        :param username: The user to remove.
        :param executing_user: Who removes the user.
        :param executing_user_password: The password of ``executing_user``.
        :param session_token: A session of whoever removes the user.
        :return: true.
        """
        principal = self._executing(executing_user, executing_user_password, session_token)
        self._users.accounts.delete(username, by=principal.user, address=_ADDRESS)
        return True

    @action
    def update_password(self, username: str, old_password: str, new_password: str) -> bool:
        """Change a password. All sessions and JWTs of the user end.

        :param username: Whose password.
        :param old_password: The present password.
        :param new_password: The new password.
        :return: true.
        """
        principal = self._users.sign_in(username, old_password, _ADDRESS)
        self._users.accounts.set_password(username, new_password, by=principal.user, address=_ADDRESS)
        return True

    @action
    def authenticate_user(self, username: str, password: str) -> bool:
        """Check a name and a password. Wrong ones are an error, and slow down the next try.

        :param username: The user's name.
        :param password: The user's password.
        :return: true.
        """
        self._users.sign_in(username, password, _ADDRESS)
        return True

    @action
    def create_session(self, username: str, password: str, remember: bool = False) -> dict[str, Any]:
        """Sign in.

        :param username: The user's name.
        :param password: The user's password.
        :param remember: Whether the session lasts long, as with "remember me".
        :return: ``{session_token, username, expires_at}``.
        """
        principal = self._users.sign_in(username, password, _ADDRESS)
        session = self._users.sessions.create(principal.user or username, remember, _ADDRESS, "user.create_session")
        return {
            "session_token": session.token,
            "username": principal.user or username,
            "expires_at": _date(session.expires_at),
        }

    @action
    def authenticate_session(self, session_token: str) -> dict[str, Any]:
        """Check a session. A wrong one is an error.

        :param session_token: The session's token.
        :return: ``{username}``: whose session it is.
        """
        return {"username": self._session(session_token).user}

    @action
    def get_user_by_session(self, session_token: str) -> dict[str, Any]:
        """Whose session it is. A wrong one is an error.

        :param session_token: The session's token.
        :return: ``{user_id, username, created_at}``.
        """
        name = self._session(session_token).user
        return next((user for user in self._list() if user["username"] == name), {"username": name})

    @action
    def delete_session(self, session_token: str) -> bool:
        """Sign out: the session ends at once, everywhere.

        :param session_token: The session's token.
        :return: Whether there was such a session.
        """
        return self._users.sessions.revoke(session_token, address=_ADDRESS)

    @action
    def get_users(self) -> list[dict[str, Any]]:
        """All users.

        :return: A list of ``{user_id, username, created_at}``, by name.
        """
        return self._list()

    @property
    def _users(self) -> Users:
        users = self.services.users
        if users is None:
            raise Unavailable("The database of users is not open.")
        return users

    def _list(self) -> list[dict[str, Any]]:
        return [
            {"user_id": user.id, "username": user.name, "created_at": _date(user.created_at)}
            for user in self._users.accounts.list()
        ]

    def _executing(self, name: str | None, password: str | None, session_token: str | None) -> Principal:
        if session_token is not None:
            return self._session(session_token)
        if name is None or password is None:
            raise NotAuthenticated(
                "Say who makes the change: give executing_user and executing_user_password, or session_token."
            )
        return self._users.sign_in(name, password, _ADDRESS)

    def _session(self, token: str) -> Principal:
        return self._users.authenticate(Credential("session", token, "x-session-token"), _ADDRESS)


def _date(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
