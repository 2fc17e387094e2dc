# Sourced by install and uninstall: user, configuration, units and first user of the service.
# Needs progress.sh and release.sh.
# shellcheck shell=bash

ETC=/etc/platypush
CONFIG=$ETC/config.yaml
INSTALL_ENV=$ETC/install.env
UNITS=/etc/systemd/system
UNIT_NAMES=(
    platypush.service platypush.socket platypush-websocket.socket platypush-backup.service platypush-backup.timer
)
COMMAND=/usr/local/bin/platypush

# originals RELEASE: the folder with the units and the rest as they come with a release.
originals() { printf '%s/share/platypush\n' "$1"; }

# install_user RELEASE: the service's user, and the folders of the installation with their owners.
install_user() {
    local from
    from=$(originals "$1")/systemd
    install -D -m 644 "$from/sysusers.d/platypush.conf" /etc/sysusers.d/platypush.conf
    watched systemd-sysusers /etc/sysusers.d/platypush.conf || fail "The user platypush could not be made."
    install -D -m 644 "$from/tmpfiles.d/platypush.conf" /etc/tmpfiles.d/platypush.conf
    watched systemd-tmpfiles --create /etc/tmpfiles.d/platypush.conf || fail "The folders could not be made."
    install -d -m 700 -o platypush -g platypush /var/lib/platypush
    # For people: the same command for root as for the service, wherever the release is.
    install -D -m 755 /dev/stdin "$COMMAND" <<'SH'
#!/bin/sh
# The platypush command for the service of this machine. Made by deploy/install.
: "${PLATYPUSH_CONFIG:=/etc/platypush/config.yaml}" "${RUNTIME_DIRECTORY:=/run/platypush}"
export PLATYPUSH_CONFIG RUNTIME_DIRECTORY
exec /opt/platypush/current/bin/platypush "$@"
SH
}

# The configuration to start with; one that is there stays as it is.
write_configuration() {
    [ -e "$CONFIG" ] || default_configuration | install -m 640 -g platypush /dev/stdin "$CONFIG"
    "$COMMAND" check --help >/dev/null || fail "The release does not run: the lines above say why."
}

default_configuration() {
    cat <<'YAML'
# Configuration of the Platypush service of this machine. Change it as you like, then:
#
#     platypush check              says what is wrong with it, if anything
#     systemctl reload platypush   loads it into the running hub; nginx learns of new resource_dirs by
#                                  platypush render nginx -o / && nginx -t && systemctl reload nginx
#
# Secrets need not stand here: '!env NAME' takes a value from the environment, '!file PATH' from a file.

# How this hub calls itself towards others; the name of the machine unless it is set.
# device_id: kitchen

# Database, keys and state.
workdir: /var/lib/platypush

# The global token: whoever has it may do everything. Better, make tokens of their own with 'platypush token'.
# token: !file token

# The web service. systemd holds its sockets (platypush.socket, platypush-websocket.socket): ports and addresses are
# there, and in nginx's site.
backend.http:
    # uWSGI, started and watched by the hub. A uwsgi.ini beside this file replaces the one that comes with Platypush.
    run_externally: true
    uwsgi_args: ['--ini', 'uwsgi.ini']
    # nginx reaches the websocket over a unix socket: what it says about clients is believed.
    trusted_proxies: [unix]
    # Folders that are shown under /resources/<name>, to those who may see them. nginx serves them, so www-data has to
    # be able to read them.
    # resource_dirs:
    #     photos: /mnt/hd/photos

# Plugins load when they have a section. Some need none: config, inspect, utils, variable, user, tts, qrcode. What can
# run commands or touch files or the network has to be named:
# shell:
# file:
# http.request:

# Webhooks and hooks in Python go to scripts/, beside this file; dashboards to dashboards/. More of all this:
# docs/configure.md of Platypush.
YAML
}

# What this script was told, for the next time, for upgrades and for `platypush render` and `doctor`. Nothing secret.
write_install_env() {
    local name
    {
        printf '# Written by deploy/install; shell assignments.\n'
        for name in DOMAIN TLS HSTS NGINX LISTEN DEFAULT_SERVER DEBIAN_SITE; do
            printf "%s='%s'\n" "$name" "${!name}"
        done
    } | install -m 644 /dev/stdin "$INSTALL_ENV"
}

# install_units: the units that the release which runs renders for this machine, in the place of those that are there.
install_units() {
    local unit
    for unit in platypush.socket platypush-websocket.socket; do
        # Is rendered anew where it is wanted.
        rm -f "$UNITS/$unit.d/listen.conf"
        if [ -d "$UNITS/$unit.d" ]; then
            rmdir --ignore-fail-on-non-empty "$UNITS/$unit.d"
        fi
    done
    watched "$COMMAND" render systemd --output / || fail "The units could not be rendered: the lines above say why."
    systemctl daemon-reload
    watched systemctl enable "${UNIT_NAMES[@]/platypush-backup.service/platypush-backup.timer}" ||
        fail "The units could not be enabled: the lines above say why."
}

has_user() { [ -n "$("$COMMAND" user list 2>/dev/null)" ]; }

new_password() { "$SYSTEM_PYTHON" -c 'import secrets; print(secrets.token_urlsafe(15))'; }

# add_first_user NAME PASSWORD: never as an argument, which everybody on the machine could read.
add_first_user() {
    printf '%s\n' "$2" | "$COMMAND" user add "$1" --password-stdin 2>>"$LOG" || {
        tail -n 5 "$LOG" >&2
        fail "The first user could not be made."
    }
}

# sockets_at: where the hub's sockets are by what the installer was told.
sockets_at() {
    if [ "$NGINX" = yes ]; then
        printf 'nginx\n'
    else
        printf '%s\n' "$LISTEN"
    fi
}

# close_sockets: before their addresses change. systemd would drop them at its next reload, and open no others.
close_sockets() {
    if systemctl is-active --quiet platypush.socket; then
        say "The sockets move: stopping the hub for a moment"
        watched systemctl stop platypush.socket platypush-websocket.socket platypush.service || true
    fi
}

# Start what does not run, and let what does take up the change. Returns when the hub answers.
start_service() {
    say "Starting the hub"
    watched systemctl start platypush.socket platypush-websocket.socket platypush-backup.timer &&
        watched systemctl restart platypush.service && return
    journalctl --no-pager --output=cat -n 30 -u platypush.service >&2 || true
    fail "The hub does not start: the lines above say why. More: journalctl -u platypush"
}

# hub_address: what to type into a browser.
hub_address() {
    local host
    if [ "$NGINX" = no ]; then
        host=${LISTEN%:*}
        if [[ $LISTEN != *:* ]] || [ "$host" = 0.0.0.0 ] || [ "$host" = '[::]' ]; then
            host=$(hostname)
        fi
        printf 'http://%s:%s/\n' "$host" "${LISTEN##*:}"
        return
    fi
    host=${DOMAIN%% *}
    if [ "$TLS" = none ]; then
        printf 'http://%s/\n' "${host:-$(hostname)}"
    else
        printf 'https://%s/\n' "${host:-$(hostname)}"
    fi
}
