# Sourced by upgrade, rollback, backup and restore: the installed service, and whether it works. Needs release.sh.
# shellcheck shell=bash

CONFIG=$MACHINE/etc/platypush/config.yaml
STATE_FOLDER=$MACHINE/var/lib/platypush
RUN_FOLDER=$MACHINE/run/platypush
UWSGI_SOCKET=$MACHINE/run/platypush-web/uwsgi.sock
BACKUPS=$MACHINE/var/backups/platypush
HUB_USER=platypush
SERVICE=platypush.service
# shellcheck disable=SC2034 # for restore
SOCKETS=(platypush.socket platypush-websocket.socket)
# shellcheck disable=SC2034 # for upgrade and rollback
KEEP_BACKUPS=14
HEALTH_SECONDS=${PLATYPUSH_HEALTH_SECONDS:-30}

# require_installation: what these scripts work on has to be there.
require_installation() {
    [ -n "$MACHINE" ] || [ "$(id -u)" = 0 ] || fail "Run this as root: it is about the service of the whole machine."
    if [ -z "$(current_release)" ] || ! [ -f "$CONFIG" ]; then
        fail "Platypush is not installed on this machine ($CURRENT, $CONFIG). Run deploy/install first."
    fi
    mkdir -p "$(dirname "$LOG")"
}

# take_turn: nobody else may change the installation until this script ends.
take_turn() {
    exec 9<"$OPT"
    flock -n 9 || fail "Another upgrade, rollback or restore is under way. Wait for it."
}

# as_hub COMMAND…: run it as the service does, with the same user and folders.
as_hub() {
    runuser -u "$HUB_USER" -- env -i PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 HOME="$STATE_FOLDER" \
        RUNTIME_DIRECTORY="$RUN_FOLDER" sh -c 'cd "$HOME" && exec "$@"' - "$@"
}

# All of the daemon, and all that a worker loads before it serves.
IMPORTS='import platypush.daemon.main, platypush.backend.http.preload'

# preflight NEW OLD: whether a release can run here: it is imported, by processes that are thrown away, and checks the
# configuration. Says why it cannot. Problems that the release OLD has as well do not count.
preflight() {
    local new=$1 old=$2 said
    say "Trying out release $(basename "$new")"
    if ! said=$(as_hub "$new/bin/python" -P -c "$IMPORTS" 2>&1 </dev/null); then
        complain "Release $(basename "$new") cannot be imported:
$(tail -n 8 <<<"$said" | sed 's/^/    /')"
        return
    fi
    if [ -e "$old/bin/uwsgi" ] && ! said=$(as_hub "$new/bin/uwsgi" --version 2>&1 </dev/null); then
        complain "The uWSGI of release $(basename "$new") does not run: $said"
        return
    fi
    if ! said=$(as_hub "$new/bin/platypush" -c "$CONFIG" check 2>&1 </dev/null); then
        if as_hub "$old/bin/platypush" -c "$CONFIG" check >/dev/null 2>&1 </dev/null; then
            complain "Release $(basename "$new") does not take this configuration:
    ${said//$'\n'/$'\n    '}"
            return
        fi
        say "The configuration has problems, with the release that runs as well: platypush check"
    fi
}

MIGRATE='
import sys
from pathlib import Path
from platypush.user.service import UserSettings, open_users
folder = Path(sys.argv[1])
open_users(UserSettings(url=f"sqlite:///{folder}/main.db", workdir=folder), migrate=True).close()
'

# try_migration RELEASE ARCHIVE: whether the release can use the database of a backup, and bring a copy of it up to date.
try_migration() {
    local release=$1 archive=$2 folder said status=0
    tar -tzf "$archive" database/main.db >/dev/null 2>&1 || return 0 # it is on a server
    say "Opening a copy of the database with release $(basename "$release")"
    # A name that no backup takes for state.
    folder=$(as_hub mktemp -d -p "$STATE_FOLDER" .platypush-backup-trial.XXXXXX </dev/null) || return
    # shellcheck disable=SC2016 # expanded by the other shell
    if tar -xzOf "$archive" database/main.db | as_hub sh -c 'umask 077; cat >"$1"' - "$folder/main.db"; then
        said=$(as_hub "$release/bin/python" -P -c "$MIGRATE" "$folder" 2>&1 </dev/null) || status=$?
    else
        said="there is no room for a copy in $STATE_FOLDER" status=1
    fi
    rm -rf "$folder"
    [ $status = 0 ] || complain "Release $(basename "$release") cannot use this database:
$(tail -n 4 <<<"$said" | sed 's/^/    /')"
}

# backup_with RELEASE OPTIONS…: an archive of the installation as it is, in BACKUPS unless told otherwise; prints its path.
backup_with() {
    (umask 077 && mkdir -p "$BACKUPS") || return
    "$1/bin/platypush" -c "$CONFIG" backup --output "$BACKUPS" "${@:2}"
}

# restart_service: start the current release in the place of the one that runs. systemd holds the sockets meanwhile, so
# clients wait. Returns when a worker has answered, or with a status when the release does not come up.
restart_service() {
    systemctl restart "$SERVICE" && is_healthy
}

# runs_release RELEASE: whether it is the one that the service's main process came from.
runs_release() {
    local pid program
    pid=$(systemctl show --property MainPID --value "$SERVICE")
    IFS= read -r -d '' program 2>/dev/null <"/proc/${pid:-0}/cmdline" && [[ $program == "$1"/* ]]
}

# is_healthy: whether the service answers a real request over its socket, the daemon behind it included.
is_healthy() {
    local deadline=$((SECONDS + HEALTH_SECONDS))
    until systemctl --quiet is-active "$SERVICE" && probe "$(listening_address)"; do
        if [ $SECONDS -ge $deadline ]; then
            complain "The service does not answer at $(listening_address)."
            return
        fi
        sleep 0.5
    done
}

# listening_address: where systemd listens for the hub: nginx's socket, or without nginx an address for HTTP.
listening_address() {
    (
        NGINX='' LISTEN=''
        # shellcheck source=/dev/null
        [ ! -f "$MACHINE/etc/platypush/install.env" ] || . "$MACHINE/etc/platypush/install.env"
        case ${NGINX:-yes} in
            0 | no | false | off | none) printf '%s\n' "${LISTEN:-8008}" ;;
            *) printf '%s\n' "$UWSGI_SOCKET" ;;
        esac
    )
}

# probe ADDRESS: whether GET /ready is answered with 200: by the uwsgi protocol at a socket's path, else by HTTP.
probe() {
    "$SYSTEM_PYTHON" - "$1" <<'PY'
import socket, struct, sys

address = sys.argv[1]
try:
    if "/" in address:
        pairs = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/ready", "PATH_INFO": "/ready", "QUERY_STRING": "",
                 "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.0",
                 "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
        body = b"".join(struct.pack("<H", len(t)) + t.encode() for pair in pairs.items() for t in pair)
        request = struct.pack("<BHB", 0, len(body), 0) + body
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        connection.connect(address)
    else:
        host, _, port = address.rpartition(":")
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))
        request = b"GET /ready HTTP/1.0\r\nHost: localhost\r\n\r\n"
        connection = socket.create_connection((host, int(port)), 10)
    with connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n" not in answer and (data := connection.recv(4096)):
            answer += data
except OSError:
    sys.exit(1)
sys.exit(answer.split(b"\r\n")[0].split(b" ")[1:2] != [b"200"])
PY
}

# tell_why: the service's last words.
tell_why() {
    journalctl --unit "$SERVICE" --lines 15 --no-pager --output cat 2>/dev/null | sed 's/^/    /' >&2 || true
}
