# Sourced by the other scripts: finds or installs what the hub needs and keeps the virtual environment.
# shellcheck shell=bash

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=${PLATYPUSH_VENV:-$PROJECT/.venv}
# What compiling uWSGI and running the bundled plugins takes on Debian and Ubuntu.
PACKAGES=(python3 python3-venv python3-dev gcc libc6-dev libssl-dev libpcre2-dev libmagic1)

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf '\033[1;31merror:\033[0m %s\n' "$*" >&2; exit 1; }

# python_fits PROGRAM: whether it is Python 3.11 or newer that can make virtual environments and compile extensions.
python_fits() {
    command -v "$1" >/dev/null 2>&1 && "$1" - <<'PY' >/dev/null 2>&1
import ensurepip, os, sys, sysconfig, venv
sys.exit(sys.version_info < (3, 11) or not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))
PY
}

find_python() {
    local candidate
    for candidate in ${PLATYPUSH_PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if python_fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# install_packages NAME…: Debian packages, as root; otherwise the one command to run.
install_packages() {
    command -v apt-get >/dev/null 2>&1 ||
        fail "Needed: Python 3.11 or newer with its headers, and a C compiler. Install them with your system's package manager."
    if [ "$(id -u)" != 0 ]; then
        fail "Some system packages are missing. Run this once, then start again:
    sudo apt-get install -y $*"
    fi
    say "Installing system packages: $*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# prepare EXTRAS: the virtual environment with the project and its extras, made anew only when they changed.
prepare() {
    local python stamp wanted
    stamp=$VENV/.platypush-$1
    # Not the version of a program on PATH: asking each time costs more than reading the stamp.
    wanted=$(cat "$PROJECT/setup.cfg" "$PROJECT/pyproject.toml" | sha256sum)
    if [ -x "$VENV/bin/python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    python=$(find_python) && command -v cc >/dev/null 2>&1 || {
        install_packages "${PACKAGES[@]}"
        python=$(find_python) || fail "No Python 3.11 or newer was found. Set PLATYPUSH_PYTHON to one that has venv and headers."
    }
    if ! [ -x "$VENV/bin/python" ]; then
        say "Making a virtual environment with $("$python" --version)"
        "$python" -m venv "$VENV"
    fi
    say "Installing Platypush and what it needs (the first time uWSGI is compiled, which takes a minute)"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$PROJECT[$1]" ||
        fail "The installation failed; the lines above say why. Missing system packages? Try: apt-get install ${PACKAGES[*]}"
    printf '%s' "$wanted" >"$stamp"
}
