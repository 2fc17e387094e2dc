# Sourced by the other scripts: gets everything ready for a start, above all the virtual environment.
# shellcheck shell=bash

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$(readlink -m "${PLATYPUSH_VENV:-$PROJECT/.venv}")
# What these scripts know about the environment: "made" (by them, so they may remove it, and where), "installing" (an
# installation is under way, or was interrupted), a stamp for each extra that is installed, and the log of the last set-up.
STATE=$VENV/.platypush
LOG=$STATE/setup.log
# Programs that have to be there, each named like its Debian package, else PROGRAM=PACKAGE.
PROGRAMS=()

# shellcheck source=deploy/progress.sh
. "$PROJECT/deploy/progress.sh"
# shellcheck source=deploy/system.sh
. "$PROJECT/deploy/system.sh"

# prepare EXTRA…: everything for a start with these extras of the package. Takes milliseconds when all is there.
prepare() {
    is_current "$@" && return
    (
        trap 'printf "\n" >&2; say "Interrupted. The next start takes it up again."; exit 130' INT
        flock -n 9 || {
            say "Waiting for another set-up of $PROJECT"
            flock 9
        }
        # The other one may have done it.
        is_current "$@" || set_up "$@"
    ) 9<"$PROJECT"
}

is_current() {
    local program extra wanted
    for program in "${PROGRAMS[@]}"; do
        has_program "${program%%=*}" || return
    done
    [ -x "$VENV/bin/platypush" ] && [ ! -e "$STATE/installing" ] && is_chosen_python || return
    wanted=$(fingerprint)
    for extra; do
        [ -f "$STATE/$extra" ] && [ "$(<"$STATE/$extra")" = "$wanted" ] || return
    done
}

# What an installation depends on: the folders, because scripts have them in their first line; the interpreter; and
# those parts of the project's files that pip reads.
fingerprint() {
    printf '%s\n' "$PROJECT" "$VENV" "$(readlink -f "$VENV/bin/python")"
    awk '/^\[/ { wanted = /^\[(metadata|options|build-system)/ } wanted' "$PROJECT/setup.cfg" "$PROJECT/pyproject.toml" |
        sha256sum
}

# Whether the environment has the Python that PLATYPUSH_PYTHON asks for; that may be a script that chooses one.
is_chosen_python() {
    [ -z "${PLATYPUSH_PYTHON:-}" ] ||
        [ "$("$PLATYPUSH_PYTHON" -c 'import os, sys; print(os.path.realpath(sys.executable))' 2>/dev/null)" = "$(readlink -f "$VENV/bin/python")" ]
}

set_up() {
    local begin=$SECONDS python extra
    if ! mkdir -p "$STATE" 2>/dev/null || ! [ -w "$STATE" ] || ! [ -w "$PROJECT" ]; then
        fail "$(id -un) cannot write to both $PROJECT and $VENV.
    Use a checkout of your own, or start this once as the user whose checkout it is."
    fi
    : >"$LOG"
    install_packages "${PROGRAMS[@]}"
    python=$(find_python complete) ||
        fail "There is no Python 3.11 or newer that has the module venv and its headers. Install one, or name it:
    PLATYPUSH_PYTHON=/path/to/python3 $0"
    make_environment "$python"
    touch "$STATE/installing"
    [ -x "$VENV/bin/uwsgi" ] || say "Compiling uWSGI"
    # A compiled uWSGI in pip's cache may belong to another Python, or lack what was installed since.
    pip_install --no-cache-dir "$(uwsgi_requirement)"
    say "Installing Platypush and the libraries it uses"
    pip_install --editable "${PROJECT}[$(IFS=, && printf '%s' "$*")]"
    for extra; do fingerprint >"$STATE/$extra"; done
    rm "$STATE/installing"
    say "Set up in $((SECONDS - begin)) s; the next start goes without it. All commands: $VENV/bin/platypush --help"
}

pip_install() {
    watched "$VENV/bin/python" -m pip install --no-input --disable-pip-version-check --progress-bar off "$@" && return
    rm "$STATE/installing" # pip takes back what it cannot finish
    fail "The installation failed: the lines above say why, $LOG has all of it."
}

uwsgi_requirement() {
    "$VENV/bin/python" - "$PROJECT/setup.cfg" <<'PY'
import configparser, sys
setup = configparser.ConfigParser()
setup.read(sys.argv[1], encoding="utf-8")
print(setup["options.extras_require"]["uwsgi"].strip())
PY
}

# make_environment PYTHON: an environment that works. One that does not, and is ours, is made anew.
make_environment() {
    local reason=''
    if [ -e "$STATE/made" ] && [ -e "$STATE/installing" ]; then
        reason="The last set-up was interrupted"
    elif [ -e "$STATE/made" ] && [ "$(<"$STATE/made")" != "$VENV" ]; then
        reason="The virtual environment was made in $(<"$STATE/made")"
    elif [ -L "$VENV/bin/python" ] && ! [ -x "$VENV/bin/python" ]; then
        reason="The virtual environment's Python, $(readlink "$VENV/bin/python"), is gone"
    elif [ -x "$VENV/bin/python" ] && ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        reason="The virtual environment has no pip for its Python"
    elif [ -x "$VENV/bin/python" ] && ! is_chosen_python; then
        reason="PLATYPUSH_PYTHON names another Python"
    elif [ -x "$VENV/bin/python" ]; then
        return
    fi
    if [ -n "$reason" ]; then
        [ -e "$STATE/made" ] || fail "$reason.
    $VENV was not made by this script, so it is left alone. Remove it, or set PLATYPUSH_VENV to another folder."
        say "$reason: making it anew"
        rm -rf "$VENV"
        mkdir -p "$STATE"
    fi
    say "Making a virtual environment with $("$1" --version)"
    printf '%s' "$VENV" >"$STATE/made"
    touch "$STATE/installing"
    watched "$1" -m venv "$VENV" || fail "The virtual environment could not be made: the lines above say why."
}
