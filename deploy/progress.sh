# Sourced by environment.sh: what is told while things go on. Needs LOG, the file that has everything.
# shellcheck shell=bash

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\033[1m' RED=$'\033[1;31m' PLAIN=$'\033[0m'
else
    BOLD='' RED='' PLAIN=''
fi

# A terminal that went away is no reason to stop half-way.
say() { printf '%s\n' "$BOLD==>$PLAIN $*" >&2 || true; }

fail() {
    printf '%s\n' "${RED}error:$PLAIN $*" >&2
    exit 1
}

# watched COMMAND…: run it, show that it goes on, and give its status. Its output goes to the log, the end of it to the
# terminal when it fails.
watched() {
    "$@" 2>&1 </dev/null | show_progress && return
    tail -n 25 "$LOG" >&2
    return 1
}

# show_progress: the newest line of the input with the seconds so far: on a terminal written over the one before, else
# one every ten seconds.
show_progress() {
    local begin=$SECONDS width=100 shown=0 newest='' start='' line took text
    if [ -t 2 ]; then
        width=$(tput cols 2>/dev/null) || width=100
    fi
    while :; do
        if IFS= read -r -t 1 line; then
            line=$start$line start=''
            line=${line%$'\r'}
            printf '%s\n' "$line" >>"$LOG"
            newest=${line##*$'\r'} # what programs write over, ends like this
        elif [ $? -gt 128 ]; then
            start+=$line # the time is up in the middle of a line
        else
            break
        fi
        took=$((SECONDS - begin))
        printf -v text '%6d s  %s' "$took" "$newest"
        if [ -t 2 ]; then
            printf '\r\033[K%s' "${text:0:width-1}" >&2
        elif [ $((took - shown)) -ge 10 ]; then
            shown=$took
            printf '%s\n' "${text:0:width}" >&2
        fi
    done
    if [ -t 2 ]; then
        printf '\r\033[K' >&2
    fi
}
