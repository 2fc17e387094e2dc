# Sourced by environment.sh: what the hub needs from the system. Knows Debian and Ubuntu, and asks others for the same.
# shellcheck shell=bash

# find_python complete|any: a Python of version 3.11 or newer. complete: with venv and headers; any: or one that apt has
# them for.
find_python() {
    local candidate candidates=(python3 python3.13 python3.12 python3.11)
    if [ -n "${PLATYPUSH_PYTHON:-}" ]; then
        candidates=("$PLATYPUSH_PYTHON")
    fi
    for candidate in "${candidates[@]}"; do
        case $1:$(python_kind "$candidate") in
            *:complete* | any:packaged*)
                command -v "$candidate"
                return
                ;;
        esac
    done
    return 1
}

# python_kind PROGRAM: "complete", or where venv or headers are missing "packaged 3.12" for one whose packages apt has,
# else "incomplete". Nothing when there is none, or an older one.
python_kind() {
    command -v "$1" >/dev/null || return 0
    "$1" - 2>/dev/null <<'PY' || return 0
import importlib.util, os, sys, sysconfig
version = "%d.%d" % sys.version_info[:2]
headers = os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h"))
if sys.version_info < (3, 11):
    pass
elif headers and importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
    print("complete")
elif os.path.realpath(sys.executable) == "/usr/bin/python" + version:
    print("packaged", version)
else:
    print("incomplete")
PY
}

# compiles LINES: whether these lines of C compile, above all whether the headers that they include are there.
compiles() { cc -x c -fsyntax-only - <<<"$1" >/dev/null 2>&1; }

# has_program NAME: also where only root has it on PATH.
has_program() (
    PATH=$PATH:/usr/sbin:/sbin
    command -v "$1" >/dev/null
)

# install_packages PROGRAM…: what is missing, these programs among it: with apt as root, otherwise by naming the one
# command to run. A program's package has its name, unless it is PROGRAM=PACKAGE.
install_packages() {
    local program python version needed=() useful=()
    for program; do
        has_program "${program%%=*}" || needed+=("${program#*=}")
    done
    if ! python=$(find_python complete); then
        if python=$(find_python any); then
            version=$(python_kind "$python")
            version=${version#packaged }
        elif [ -n "${PLATYPUSH_PYTHON:-}" ]; then
            fail "PLATYPUSH_PYTHON=$PLATYPUSH_PYTHON is no Python 3.11 or newer that has the module venv and its headers (Python.h)."
        else
            version=$(newest_packaged)
        fi
        needed+=("python$version" "python$version-venv" "python$version-dev")
    fi
    compiles '#include <stdlib.h>' || needed+=(gcc libc6-dev)
    compiles '#include <openssl/ssl.h>' || useful+=(libssl-dev)
    compiles $'#define PCRE2_CODE_UNIT_WIDTH 8\n#include <pcre2.h>' || useful+=(libpcre2-dev)
    "${python:-false}" -c 'import ctypes.util, sys; sys.exit(not ctypes.util.find_library("magic"))' 2>/dev/null ||
        useful+=(libmagic1)

    if [ ${#needed[@]} = 0 ] && [ ${#useful[@]} = 0 ]; then
        return
    elif command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt_install "${needed[@]}" "${useful[@]}"
    elif [ ${#needed[@]} != 0 ]; then
        fail "Some system packages are missing. Run this once, then start again:
    $(command_for "${needed[@]}" "${useful[@]}")"
    else
        say "Going on without ${useful[*]}. uWSGI is compiled without HTTPS where libssl-dev is missing, without routing
    where libpcre2-dev is; without libmagic1 the types of files are guessed from their names. To have it all:
    $(command_for "${useful[@]}"), then remove $VENV and start again."
    fi
}

# newest_packaged: the newest version of Python that apt offers; "3" where it does not know.
newest_packaged() {
    local version
    for version in 3.13 3.12 3.11; do
        if apt-cache show "python$version" >/dev/null 2>&1; then
            printf '%s' "$version"
            return
        fi
    done
    printf 3
}

# command_for PACKAGE…: what to run as somebody who may install packages.
command_for() {
    if ! command -v apt-get >/dev/null; then
        printf "install, with this system's package manager, what Debian calls %s" "$*"
    elif command -v sudo >/dev/null; then
        printf 'sudo apt-get update && sudo apt-get install -y %s' "$*"
    else
        printf "su -c 'apt-get update && apt-get install -y %s'" "$*"
    fi
}

apt_install() {
    say "Installing system packages: $*"
    # Left behind by an installation that was interrupted.
    if [ -n "$(dpkg --audit)" ]; then
        watched env DEBIAN_FRONTEND=noninteractive dpkg --configure -a || fail "dpkg cannot finish an interrupted installation."
    fi
    # One source that does not answer need not matter: the installation tells.
    watched apt_get update || say "apt-get update failed; trying with the lists that are there"
    watched apt_get install -y --no-install-recommends "$@" || fail "The packages could not be installed: the lines above say why."
}

# Waits for others: machines that have just started often update themselves at that moment.
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }
