# Sourced by upgrade and rollback: files of the machine that come with a release (nginx's site, units), when another
# release has different ones. Needs running.sh.
# shellcheck shell=bash

# refresh_rendered OLD NEW: replace the files that are different in release NEW than in OLD. What somebody changed
# by hand is left as it is, with the new file beside it (.new). nginx is asked before it is told to reload: when it
# refuses, all its files are as they were.
refresh_rendered() {
    local old=$1 new=$2 work status=0
    work=$(mktemp -d) || return
    if render_all "$old" "$work/old" && render_all "$new" "$work/new"; then
        replace_changed "$work" || status=$?
    else
        say "The files for nginx and systemd could not be rendered; they are as they were"
    fi
    rm -rf "$work"
    return $status
}

# render_all RELEASE FOLDER: everything that a release has for this machine, as a tree.
render_all() {
    local units=$2/etc/systemd/system from=$1/share/platypush/systemd unit
    mkdir -p "$units"
    if [ -e "$MACHINE/etc/nginx/sites-available/platypush.conf" ]; then
        "$1/bin/platypush" -c "$CONFIG" render nginx --output "$2" >>"$LOG" 2>&1 || return
    fi
    for unit in "$from"/*.service "$from"/*.socket "$from"/*.timer; do
        # Only what the installer has put there.
        if [ -e "$MACHINE/etc/systemd/system/${unit##*/}" ]; then
            cp "$unit" "$units/"
        fi
    done
}

replace_changed() {
    local work=$1 name units=() sites=()
    while IFS= read -r -d '' name; do
        cmp -s "$work/old/$name" "$work/new/$name" && continue
        if [ -e "$MACHINE/$name" ] && ! cmp -s "$MACHINE/$name" "$work/old/$name"; then
            cmp -s "$MACHINE/$name" "$work/new/$name" && continue
            install -m 644 "$work/new/$name" "$MACHINE/$name.new"
            say "/$name was changed by hand, so it is as it was; the new one is beside it: /$name.new"
            continue
        fi
        case $name in etc/nginx/*) sites+=("$name") ;; *) units+=("$name") ;; esac
    done < <(cd "$work/new" && find . -type f -printf '%P\0' | sort -z)
    install_files "$work" "${units[@]}" "${sites[@]}" || return
    if [ ${#units[@]} != 0 ]; then
        systemctl daemon-reload || return
    fi
    [ ${#sites[@]} != 0 ] || return 0
    if watched nginx -t; then
        systemctl reload nginx.service
    else
        put_back "$work" "${sites[@]}"
        say "nginx refuses its new files, so it goes on with those that were there"
    fi
}

# install_files WORK NAME…: put the new files in place, each in one step; what was there is kept in WORK/kept.
install_files() {
    local work=$1 name
    shift
    for name; do
        mkdir -p "$MACHINE/$(dirname "$name")" "$work/kept/$(dirname "$name")" || return
        [ ! -e "$MACHINE/$name" ] || cp -p "$MACHINE/$name" "$work/kept/$name" || return
        install -m 644 "$work/new/$name" "$MACHINE/$name.rendered" || return
        mv "$MACHINE/$name.rendered" "$MACHINE/$name" || return
    done
}

put_back() {
    local work=$1 name
    shift
    for name; do
        if [ -e "$work/kept/$name" ]; then
            cp -p "$work/kept/$name" "$MACHINE/$name"
        else
            rm -f "$MACHINE/$name"
        fi
    done
}
