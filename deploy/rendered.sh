# Sourced by upgrade and rollback: files of the machine that come with a release (units, nginx's site), when another
# release has different ones. Needs running.sh.
# shellcheck shell=bash

# refresh_files units|site OLD NEW: replace the files that are different in release NEW than in OLD. What somebody changed
# by hand is left as it is, with the new file beside it (.new). nginx is asked before it is told to reload: when it
# refuses, its files are as they were.
refresh_files() {
    local kind=$1 old=$2 new=$3 work status=0
    work=$(mktemp -d) || return
    if "files_of_$kind" "$old" "$work/old" && "files_of_$kind" "$new" "$work/new"; then
        "replace_$kind" "$work" || status=$?
    else
        status=1
    fi
    rm -rf "$work"
    [ $status = 0 ] || say "Not all files of nginx and systemd could be renewed; $LOG says more"
    return 0
}

# files_of_units RELEASE FOLDER, files_of_site RELEASE FOLDER: what a release has for this machine, as a tree.
files_of_units() {
    local units=$2/etc/systemd/system from=$1/share/platypush/systemd unit
    mkdir -p "$units"
    for unit in "$from"/*.service "$from"/*.socket "$from"/*.timer; do
        # Only what the installer has put there.
        if [ -e "$unit" ] && [ -e "$MACHINE/etc/systemd/system/${unit##*/}" ]; then
            cp "$unit" "$units/"
        fi
    done
}

files_of_site() {
    mkdir -p "$2"
    [ ! -e "$MACHINE/etc/nginx/sites-available/platypush.conf" ] ||
        "$1/bin/platypush" -c "$CONFIG" render nginx --output "$2" >>"$LOG" 2>&1
}

replace_units() {
    replace_changed "$1" || return
    [ ! -d "$1/kept" ] || systemctl daemon-reload
}

replace_site() {
    replace_changed "$1" || return
    [ -d "$1/kept" ] || return 0
    # Part of it is for nginx's own unit.
    systemctl daemon-reload
    if watched nginx -t; then
        systemctl reload nginx.service
    else
        put_back "$1"
        systemctl daemon-reload
        say "nginx refuses its new files, so it goes on with those that were there"
    fi
}

# replace_changed WORK: put the files in place that WORK/new has differently than WORK/old, each in one step. WORK/kept is
# there when one was replaced, and has what was there before.
replace_changed() {
    local work=$1 name
    while IFS= read -r -d '' name; do
        if cmp -s "$work/old/$name" "$work/new/$name" || cmp -s "$MACHINE/$name" "$work/new/$name"; then
            continue
        elif [ -e "$MACHINE/$name" ] && ! cmp -s "$MACHINE/$name" "$work/old/$name"; then
            install -m 644 "$work/new/$name" "$MACHINE/$name.new"
            say "/$name was changed by hand, so it is as it was; the new one is beside it: /$name.new"
            continue
        fi
        mkdir -p "$MACHINE/$(dirname "$name")" "$work/kept/$(dirname "$name")" || return
        if [ -e "$MACHINE/$name" ]; then
            cp -p "$MACHINE/$name" "$work/kept/$name" || return
        fi
        install -m 644 "$work/new/$name" "$MACHINE/$name.rendered" &&
            mv "$MACHINE/$name.rendered" "$MACHINE/$name" || return
        printf '%s\0' "$name" >>"$work/replaced"
    done < <(cd "$work/new" && find . -type f -printf '%P\0' | sort -z)
}

put_back() {
    local work=$1 name
    while IFS= read -r -d '' name; do
        if [ -e "$work/kept/$name" ]; then
            cp -p "$work/kept/$name" "$MACHINE/$name"
        else
            rm -f "$MACHINE/$name"
        fi
    done <"$work/replaced"
}
