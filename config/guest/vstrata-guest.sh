#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
# Publishes what only the guest knows (queues, paging, application values) as the variable
# guestinfo.vstrata of this virtual machine, for vstrata. README.md beside this file tells more.
#     vstrata-guest.sh [--print | --loop] [--apps FOLDER] [--state FOLDER] [--root FOLDER]
# Without an option: one text, then the end; rates cover the time since the last call.
# --print         shows the text instead, over one second; changes nothing
# --loop          a text every 20 seconds
# --apps FOLDER   programs that print application values (default /etc/vstrata-guest.d)
# --state FOLDER  what is kept between two calls (default /run/vstrata-guest)
# --root FOLDER   reads FOLDER/proc and FOLDER/sys
set -u
LC_ALL=C
export LC_ALL
umask 077

EVERY_S=20      # of --loop: vSphere's own interval
OLDEST_S=3600   # a reading older than this makes no rate
TEXT_BYTES=1024 # of the whole text
VALUES=16       # application values
NAME_LETTERS=32 # of an application, and of its value
APP_S=2         # an application's program is killed then
APP_BLOCKS=8    # of 512 bytes: what it may print
TOOLS_S=10      # VMware Tools are given up then

root=''
apps=/etc/vstrata-guest.d
state=${RUNTIME_DIRECTORY:-/run/vstrata-guest}
mode=once

usage()
{
    sed -n 's/^# \{0,1\}//; 3,11p' "$0"
    exit "$1"
}

fail()
{
    echo "vstrata-guest: $1" >&2
    exit 1
}

# complain TEXT: told once, and again only when something else is wrong
complain()
{
    echo "vstrata-guest: $1" >>"$work/complaints"
}

while [ $# -gt 0 ]; do
    case $1 in
    --print) mode=print ;;
    --loop) mode=loop ;;
    --apps | --state | --root)
        [ $# -gt 1 ] || usage 2 >&2
        case $1 in
        --apps) apps=$2 ;;
        --state) state=$2 ;;
        --root) root=$2 ;;
        esac
        shift
        ;;
    -h | --help) usage 0 ;;
    *) usage 2 >&2 ;;
    esac
    shift
done
for program in awk date mktemp timeout; do
    command -v "$program" >/dev/null || fail "needs the program $program"
done
proc=$root/proc
sys=$root/sys

# --- what the kernel counts: lines "KEY NUMBER" -------------------------------------------------

# Whole disks that are devices of this machine: no partition, loop, RAM disk, device mapper, RAID,
# optical or floppy drive, since their work is another disk's, or no disk's.
disks()
{
    for device in "$sys"/block/*/device; do
        [ -e "$device" ] || continue
        name=${device%/device}
        name=${name##*/}
        case $name in
        sr[0-9]* | fd[0-9]* | mmcblk*boot* | mmcblk*rpmb) ;;
        *) echo "$name" ;;
        esac
    done
}

# counted FILE: the number in it, 0 without one
counted()
{
    number=''
    [ ! -r "$1" ] || read -r number <"$1"
    case $number in
    '' | *[!0-9]*) echo 0 ;;
    *) echo "$number" ;;
    esac
}

# vmxnet3 tells a full receive ring to ethtool alone: without ethtool it is not known, and not 0.
ring_drops()
{
    if grep -qx DRIVER=vmxnet3 "$1/device/uevent" 2>/dev/null; then
        timeout "$TOOLS_S" ethtool -S "${1##*/}" 2>/dev/null |
            awk '/^ *pkts rx OOB:/ { sum += $NF; found = 1 } END { if (found) printf "%.0f\n", sum }'
        return
    fi
    echo $(($(counted "$1/statistics/rx_fifo_errors") + \
        $(counted "$1/statistics/rx_missed_errors")))
}

# Network cards of this machine: no bridge, bond, tunnel or loopback.
cards()
{
    for device in "$sys"/class/net/*/device; do
        [ -e "$device" ] || continue
        card=${device%/device}
        ring=$(ring_drops "$card")
        echo "ring.${card##*/} ${ring:--1}"
        echo "drv.${card##*/} $(($(counted "$card/statistics/rx_dropped") + \
            $(counted "$card/statistics/tx_dropped")))"
    done
}

# The files of /proc by one awk, which is the one that runs while it reads the run queue.
kernel()
{
    awk -v proc="$proc" -v disks="$(disks)" '
    function show(key, number) { printf "%s %.3f\n", key, number }
    function show_if(key, known, number) { if (known) show(key, number) }
    # Of /proc/self/smaps: KiB of a page, since no command tells it everywhere.
    function page_kib(    found, words) {
        while (!found && (getline line < "/proc/self/smaps") > 0)
            if (line ~ /^KernelPageSize:/) {
                split(line, words)
                found = words[2]
            }
        close("/proc/self/smaps")
        return found + 0
    }
    function stat(    file) {
        file = proc "/stat"
        while ((getline < file) > 0) {
            if ($1 == "cpu") # user nice system irq softirq: guests are in user, steal is not ours
                show("cpu", ($2 + $3 + $4 + $7 + $8) / 100)
            else if ($1 == "ctxt")
                show("cs", $2)
            else if ($1 == "procs_running")
                show("rq", $2 > 1 ? $2 - 1 : 0)
        }
        close(file)
    }
    function vmstat(    file) {
        file = proc "/vmstat"
        while ((getline < file) > 0)
            if ($1 == "pgpgin" || $1 == "pgpgout") # the kernel counts KiB here
                show($1 == "pgpgin" ? "pgin" : "pgout", $2)
        close(file)
    }
    function present(    file, pages) {
        file = proc "/zoneinfo"
        while ((getline < file) > 0)
            if ($1 == "present")
                pages += $2
        close(file)
        return pages * page_kib()
    }
    function memory(    file, kib, usable, spare) {
        file = proc "/meminfo"
        while ((getline < file) > 0)
            kib[$1] = $2
        close(file)
        show_if("swap", "SwapTotal:" in kib && "SwapFree:" in kib,
                kib["SwapTotal:"] - kib["SwapFree:"])
        if (!("MemAvailable:" in kib)) # before Linux 3.14: not guessed
            return
        show("avail", kib["MemAvailable:"])
        usable = present()
        spare = kib["MemAvailable:"] - usable / 20
        show_if("need", usable > 0, usable - (spare > 0 ? spare : 0))
    }
    function disk_queues(    file, n, i, names, ours) {
        n = split(disks, names)
        for (i = 1; i <= n; i++)
            ours[names[i]] = 1
        file = proc "/diskstats"
        while ((getline < file) > 0)
            if ($3 in ours && NF >= 14) # milliseconds, weighted by the requests under way
                show("dq." $3, $14 / 1000)
        close(file)
    }
    BEGIN {
        stat()
        if ((getline < (proc "/uptime")) > 0)
            show("uptime", $1)
        vmstat()
        memory()
        disk_queues()
    }'
}

reading()
{
    kernel
    cards
}

# difference OLD NEW: the text, but for the applications. Status 3: no usable time lies between.
difference()
{
    awk -v oldest="$OLDEST_S" -v time="$(date -u +%s)" '
    function word(key, number,    text) {
        if (number < 0 || number >= 1e15)
            return
        text = sprintf("%.3f", number)
        sub(/\.?0+$/, "", text)
        printf " %s=%s", key, text
    }
    # Sums what is in both readings under KEY or KEY.DEVICE. A count that went back, or that one
    # device does not tell (-1), makes the whole unknown.
    function rate(key,    each, sum, found) {
        for (each in new)
            if ((each == key || index(each, key ".") == 1) && each in old) {
                if (old[each] < 0 || new[each] < old[each])
                    return -1
                sum += new[each] - old[each]
                found = 1
            }
        return found ? sum / dt : -1
    }
    function spot(key) { return key in new ? new[key] : -1 }
    FNR == NR { old[$1] = $2 + 0; next }
    { new[$1] = $2 + 0 }
    END {
        dt = new["uptime"] - old["uptime"]
        if (!("uptime" in old) || !("uptime" in new) || dt < 0.9 || dt > oldest)
            exit 3
        printf "vstrata1 t=%s i=%d", time, dt < 1 ? 1 : int(dt + 0.5)
        word("rq", spot("rq"))
        word("cs", rate("cs"))
        word("pgin", rate("pgin"))
        word("pgout", rate("pgout"))
        word("swap", spot("swap"))
        word("need", spot("need"))
        word("avail", spot("avail"))
        word("dq", rate("dq"))
        word("ring", rate("ring"))
        word("drv", rate("drv"))
        word("cpu", rate("cpu"))
        printf "\n"
    }' "$1" "$2"
}

# --- what applications say ----------------------------------------------------------------------

# run FILE NAME: its output, short and soon, or nothing of it
run()
{
    (
        ulimit -f "$APP_BLOCKS"
        exec timeout -s KILL "$APP_S" "$1"
    ) >"$work/apps/$2" 2>/dev/null </dev/null
    status=$?
    [ $status -eq 0 ] && return
    rm -f "$work/apps/$2"
    complain "$1: failed, took over $APP_S s or printed too much (status $status): not published"
}

# Runs the programs of $apps side by side; what they print is in $work/apps then.
run_all()
{
    rm -rf "$work/apps"
    mkdir "$work/apps" || return
    [ -d "$apps" ] || return
    open=$(find -L "$apps/." \( -perm -020 -o -perm -002 \) 2>/dev/null)
    if [ -n "$open" ]; then
        complain "$apps: it, or a file in it, may be written by others than its owner: nothing of it is run"
        return
    fi
    started=0
    for file in "$apps"/*; do
        name=${file##*/}
        if [ ! -f "$file" ] || [ ! -x "$file" ]; then
            continue
        fi
        case $name in
        *[!A-Za-z0-9_-]*)
            complain "a file in $apps has a name that is not of A-Z a-z 0-9 _ -: not run"
            continue
            ;;
        esac
        if [ "${#name}" -gt "$NAME_LETTERS" ] || [ "$started" -eq "$VALUES" ]; then
            complain "$file: the name is too long, or there are more than $VALUES programs: not run"
            continue
        fi
        started=$((started + 1))
        run "$file" "$name" 2>/dev/null & # not the shell's own words on a kill
    done
    wait
}

# The words app.NAME.VALUE=NUMBER of what was printed, one a line.
app_words()
{
    set -- "$work"/apps/*
    [ -f "$1" ] || return
    awk -v letters="$NAME_LETTERS" -v values="$VALUES" -v complaints="$work/complaints" '
    function good_name(name) { return name ~ /^[A-Za-z0-9_-]+$/ && length(name) <= letters }
    function good_number(text,    parts) {
        if (text !~ /^[0-9]+(\.[0-9]+)?$/)
            return 0
        split(text, parts, ".")
        return length(parts[1]) <= 15 && length(parts[2]) <= 3
    }
    {
        n = split(FILENAME, path, "/")
        key = path[n] "." $1
        if (NF != 2 || !good_name($1) || !good_number($2) || key in seen)
            bad[path[n]] = 1
        else if (count >= values)
            over = 1
        else {
            seen[key] = 1
            count++
            print "app." key "=" $2
        }
    }
    END {
        for (name in bad)
            print "vstrata-guest: " name ": lines that are not VALUE NUMBER, or a VALUE twice: " \
                "left out" >> complaints
        if (over)
            print "vstrata-guest: more than " values " application values: the rest is left out" \
                >> complaints
    }' "$@"
}

# add_apps TEXT: with as many application values as fit
add_apps()
{
    text=$1
    run_all
    for word in $(app_words); do
        if [ $((${#text} + 1 + ${#word})) -le "$TEXT_BYTES" ]; then
            text="$text $word"
        else
            complain "the text would exceed $TEXT_BYTES bytes: application values are left out"
            break
        fi
    done
    echo "$text"
}

# --- one text -----------------------------------------------------------------------------------

# Sets $text to what is to be published now.
make_text()
{
    old=$state/reading
    [ $mode != print ] && [ -r "$old" ] || old=$work/none
    [ -r "$old" ] || : >"$work/none"
    reading >"$work/new"
    if ! text=$(difference "$old" "$work/new" 2>/dev/null); then
        mv "$work/new" "$work/old"
        sleep 1
        reading >"$work/new"
        text=$(difference "$work/old" "$work/new") || text=''
    fi
    [ $mode = print ] || keep "$work/new" reading
    if [ -z "$text" ]; then
        complain "$proc/uptime does not advance: nothing to publish"
        return 1
    fi
    text=$(add_apps "$text")
}

# keep FILE NAME: whole or not at all
keep()
{
    mkdir -p "$state" && cp "$1" "$state/.$2" && mv "$state/.$2" "$state/$2"
}

publish()
{
    if command -v vmtoolsd >/dev/null; then
        set -- vmtoolsd --cmd "info-set guestinfo.vstrata $text"
    elif command -v vmware-rpctool >/dev/null; then
        set -- vmware-rpctool "info-set guestinfo.vstrata $text"
    else
        complain 'neither vmtoolsd nor vmware-rpctool is here: are VMware Tools installed?'
        return 1
    fi
    said=$(timeout "$TOOLS_S" "$@" 2>&1 </dev/null) && return
    complain "$1 could not set guestinfo.vstrata: $(printf %s "$said" | tr -cd '[:print:]' | cut -c1-200)"
    return 1
}

# Complaints that are not those of the last time.
tell()
{
    if [ $mode = print ]; then
        cat "$work/complaints" >&2
    elif [ ! -f "$state/complaints" ] || ! cmp -s "$work/complaints" "$state/complaints"; then
        cat "$work/complaints" >&2
        keep "$work/complaints" complaints
    fi
}

once()
{
    : >"$work/complaints"
    result=0
    if ! make_text; then
        result=1
    elif [ $mode = print ]; then
        echo "$text"
    else
        publish || result=1
    fi
    sort -u -o "$work/complaints" "$work/complaints" # programs ran side by side
    tell
    return $result
}

work=$(mktemp -d "${TMPDIR:-/tmp}/vstrata-guest.XXXXXX") || fail 'no temporary folder'
sleeper=''
trap 'rm -rf "$work"' EXIT
trap '[ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null; exit 143' HUP INT TERM
if [ $mode != loop ]; then
    once
    exit $?
fi
while :; do
    began=$(date +%s)
    once
    rest=$((EVERY_S - $(date +%s) + began))
    [ "$rest" -gt 0 ] && [ "$rest" -le "$EVERY_S" ] || rest=$EVERY_S
    sleep "$rest" &
    sleeper=$!
    wait "$sleeper"
    sleeper=''
done
