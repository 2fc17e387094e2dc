# Sourced by install, upgrade and rollback: releases of the hub, side by side, and the link that says which one runs.
# Needs progress.sh. PLATYPUSH_ROOT stands before every path of the machine: tests set it.
# shellcheck shell=bash

MACHINE=${PLATYPUSH_ROOT:-}
OPT=$MACHINE/opt/platypush
RELEASES=$OPT/releases
CURRENT=$OPT/current
# The release that ran before: what a rollback goes back to.
PREVIOUS=$OPT/previous
# Service users cannot read a Python below somebody's home.
SYSTEM_PYTHON=${PLATYPUSH_PYTHON:-/usr/bin/python3}
EXTRAS=${PLATYPUSH_EXTRAS:-all}
LOG=${LOG:-$MACHINE/var/log/platypush-deploy.log}

# make_release SOURCE: a release of a checkout's folder, a wheel, or a package's name (with a version, if you like:
# platypush==1.2). Prints its folder, all else goes to standard error. One that is there already, made of the same
# files, is used as it is. Nothing that runs is touched.
make_release() (
    umask 022
    mkdir -p "$RELEASES" "$(dirname "$LOG")" || exit
    # Left behind by one that was killed.
    find "$OPT" -maxdepth 1 -name '.work.*' -mmin +120 -exec rm -rf {} +
    work=$(mktemp -d "$OPT/.work.XXXXXX") || exit
    release=$(build_release "$1" "$work")
    status=$?
    rm -rf "$work"
    [ $status = 0 ] && printf '%s\n' "$release"
    exit $status
)

build_release() {
    local source=$1 work=$2 wheel version contents release
    wheel=$(find_wheel "$source" "$work") || return
    version=$(basename "$wheel") version=${version#*-} version=${version%%-*}
    contents=$(wheel_contents "$wheel") || return
    release=$(release_folder "$version" "$contents")
    if is_complete "$release"; then
        say "Release $(basename "$release") is there already"
        printf '%s\n' "$release"
        return
    fi
    say "Making release $(basename "$release")"
    rm -rf "$release"
    watched "$SYSTEM_PYTHON" -m venv "$release" &&
        pip_of "$release" install "platypush[$EXTRAS] @ file://$wheel" &&
        printf '%s' "$contents" >"$release/.complete" &&
        printf '%s\n' "$release" && return
    rm -rf "$release"
    complain "The release could not be made: the lines above say why, $LOG has all of it."
}

# find_wheel SOURCE FOLDER: the wheel of SOURCE, built or fetched into FOLDER where it is none itself.
find_wheel() {
    local source=$1 work=$2 builder=$OPT/builder
    case $source in
        *.whl)
            [ -f "$source" ] || complain "There is no file $source." || return
            readlink -e "$source"
            return
            ;;
        '' | -*)
            complain "A folder, a wheel or the name of a package is expected, not '$source'."
            return
            ;;
    esac
    # Another Python since (a new Debian) has no pip in an old environment.
    "$builder/bin/python" -m pip --version >/dev/null 2>&1 ||
        watched "$SYSTEM_PYTHON" -m venv --clear "$builder" || return
    # In a checkout there is a folder with the name of the package.
    if [ -f "$source/platypush/__init__.py" ]; then
        say "Building $source"
        mkdir "$work/source"
        # A copy: a build leaves files behind, and the checkout belongs to somebody else.
        tar -C "$source" --exclude=./.git --exclude=./.venv --exclude='*.egg-info' --exclude=./build \
            --exclude=__pycache__ --exclude=node_modules -cf - . | tar -C "$work/source" -xf - || return
        source=$work/source
    elif [[ $source == */* || $source == . || $source == .. ]]; then
        complain "$source is neither a checkout of Platypush nor a wheel."
        return
    else
        say "Fetching $source"
    fi
    pip_of "$builder" wheel --no-deps --wheel-dir "$work" "$source" ||
        complain "The wheel could not be made: the lines above say why, $LOG has all of it." || return
    source=$(find "$work" -maxdepth 1 -name 'platypush-*.whl')
    [ -n "$source" ] || complain "That was no wheel of Platypush." || return
    printf '%s\n' "$source"
}

pip_of() {
    local environment=$1
    shift
    watched "$environment/bin/python" -m pip "$1" --no-input --disable-pip-version-check --progress-bar off "${@:2}"
}

# wheel_contents WHEEL: a text that is the same for the same files, whenever they were packed, under the same Python.
wheel_contents() {
    "$SYSTEM_PYTHON" - "$1" <<'PY' || complain "$1 is no wheel."
import hashlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    (record,) = [name for name in wheel.namelist() if name.endswith(".dist-info/RECORD")]
    digest = hashlib.sha256(b"\n".join(sorted(wheel.read(record).splitlines()))).hexdigest()
    print(digest, "%d.%d" % sys.version_info[:2])
PY
}

# release_folder VERSION CONTENTS: where a release belongs. Another one of the same version keeps its place.
release_folder() {
    local folder=$RELEASES/$1 number=1
    while is_complete "$folder" && [ "$(<"$folder/.complete")" != "$2" ]; do
        number=$((number + 1))
        folder=$RELEASES/$1-$number
    done
    printf '%s\n' "$folder"
}

# Whether a release was made to its end.
is_complete() { [ -e "$1/.complete" ]; }

# current_release, previous_release: the folder, nothing where there is none.
current_release() { readlink -e "$CURRENT" || true; }
previous_release() { readlink -e "$PREVIOUS" || true; }

# switch_to RELEASE: the release that the next start of the service runs. The link is replaced in one step.
switch_to() {
    local before
    before=$(current_release)
    [ "$before" = "$1" ] && return
    if [ -n "$before" ]; then
        set_link "$PREVIOUS" "$before" || return
    fi
    set_link "$CURRENT" "$1"
}

set_link() {
    ln -sfn "$2" "$1.new" && mv -T "$1.new" "$1"
}

# prune_releases NUMBER: remove old releases but the newest NUMBER, and never the one that runs nor the one before.
prune_releases() {
    local release kept=0 releases=()
    mapfile -t releases < <(cd "$RELEASES" && ls -1td -- */ 2>/dev/null)
    for release in "${releases[@]}"; do
        release=$RELEASES/${release%/}
        kept=$((kept + 1))
        if [ "$release" != "$(current_release)" ] && [ "$release" != "$(previous_release)" ] && [ $kept -gt "$1" ]; then
            say "Removing the old release $(basename "$release")"
            rm -rf "$release"
        fi
    done
}

# complain TEXT: what went wrong, as a status to return.
complain() {
    printf '%s\n' "${RED}error:$PLAIN $*" >&2
    return 1
}
