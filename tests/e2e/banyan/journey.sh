#!/usr/bin/env bash
# journey.sh - two branches and head office through the command line: cut, edit, dispute, decide,
# undo, import twice. SPDX-License-Identifier: Apache-2.0
#
#   journey.sh FOLDER-OF-PROGRAMS
set -euo pipefail
programs=$1
work=$(mktemp -d)
pids=()
finish() {
    local status=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    [ "$status" = 0 ] || tail -n 5 "$work"/*.log
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
fail() { echo "journey: $*" >&2; exit 1; }

head_office() { "$programs/banyan" --at "$work/server" --as admin --lang en "$@"; }
first() { "$programs/banyan" --at "$work/first" --as li.na --lang en "$@"; }
second() { "$programs/banyan" --at "$work/second" --as zhang.wei --lang en "$@"; }

# Tries a command until it succeeds; each try waits for the daemons, not for the clock.
until_done() {
    local try
    for try in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        second sync wait --for 1 >/dev/null 2>&1 || true
        read -rt 0.05 <> <(:) || true
    done
    fail "never came true: $*"
}
expect_status() {
    local wanted=$1 got=0
    shift
    "$@" >/dev/null 2>&1 || got=$?
    [ "$got" = "$wanted" ] || fail "status $got instead of $wanted: $*"
}
member() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }

# A port the kernel gives; by the time it is used somebody else may have it.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
start_server() {
    local try server
    for try in $(seq 10); do
        "$programs/banyan-server" --data "$work/server" \
            --set "listen.sync=tcp://127.0.0.1:$(free_port)" \
            --set "listen.enrol=tcp://127.0.0.1:$(free_port)" 2>"$work/server.log" & server=$!
        until head_office status >/dev/null 2>&1 || ! kill -0 "$server" 2>/dev/null; do
            read -rt 0.05 <> <(:) || true
        done
        if kill -0 "$server" 2>/dev/null; then
            pids+=("$server")
            return 0
        fi
        grep -q 'cannot listen' "$work/server.log" || fail "the server does not start"
    done
    fail "no free port in $try tries"
}

mkdir -m 700 "$work"/{server,first,second}
expect_status 6 first sync status
start_server
"$programs/banyan-branch" --data "$work/first" 2>"$work/first.log" & pids+=($!)
"$programs/banyan-branch" --data "$work/second" 2>"$work/second.log" & pids+=($!)
until_done first status
until_done second status
head_office branch add 朝阳支行 2>/dev/null | first join - >/dev/null 2>&1
head_office branch add 海淀支行 2>/dev/null | second join - >/dev/null 2>&1

number=$(first customer add --name 王小明 --mobile 13800138000 --json | member number)
[ -n "$number" ] || fail "no customer number"
first search wxm | grep 王小明 >/dev/null || fail "not found by initials"
first sync wait >/dev/null
head_office customer share "$number" 2 >/dev/null
until_done second customer show "$number"

first sync cable off >/dev/null
second sync cable off >/dev/null
first customer edit "$number" --mobile 13900000001 >/dev/null 2>&1
second customer edit "$number" --mobile 13900000002 --city 北京 >/dev/null 2>&1
first sync status 2>/dev/null | grep '1 records waiting' >/dev/null || fail "nothing waits"
first sync cable on >/dev/null
first sync wait --for 20 >/dev/null
second sync cable on >/dev/null
second sync wait --for 20 >/dev/null
conflict=$(head_office conflict list --state open --jsonl | member id)
[ -n "$conflict" ] || fail "no conflict"
head_office conflict show "$conflict" 2>/dev/null | grep '13900000001 *13900000002' >/dev/null ||
    fail "the two values do not stand side by side"
expect_status 2 head_office conflict resolve "$conflict"
head_office conflict resolve "$conflict" --take B --note 'called the customer' >/dev/null
until_done sh -c "'$programs/banyan' --at '$work/first' customer show $number | grep -q 13900000002"
head_office customer history "$number" --field mobile >"$work/history"
grep -q zhang.wei "$work/history" || { cat "$work/history"; fail "who is not told"; }
head_office conflict undo "$conflict" --note 'wrong after all' >/dev/null
until_done sh -c "'$programs/banyan' --at '$work/first' customer show $number | grep -q 13900000001"

printf 'No;Name;Born\n1;李四;2.1.1990\n2;张三;31.2.x\n3;赵六;1.5.2001\n' |
    iconv -f UTF-8 -t GB18030 >"$work/rows.csv"
printf 'kind = customer\nmode = upsert\ndate = dmy\n[columns]\nexternal_id = No\nname = Name\nbirth_date = Born\n' \
    >"$work/rows.map"
expect_status 7 first import "$work/rows.csv" --map "$work/rows.map" --errors "$work/bad.csv"
grep -q '3: birth_date: no date' "$work/bad.csv" || fail "the refused row is not told"
before=$(first customer list --jsonl | wc -l)
expect_status 7 first import "$work/rows.csv" --map "$work/rows.map"
[ "$(first customer list --jsonl | wc -l)" = "$before" ] || fail "the import doubled rows"
[ "$before" = 3 ] || fail "$before customers instead of 3"

expect_status 2 head_office branch revoke 2
head_office branch revoke 2 --confirm=2 >/dev/null
head_office verify >/dev/null
head_office audit list | grep revoke >/dev/null || fail "the audit does not tell of the revocation"
echo "journey: done"
