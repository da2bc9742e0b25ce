#!/bin/sh
# Proves the git server with git itself: clone, push, refusals, TLS. Ends with 0 when everything held.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=""
stop() { [ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null || true; }; server=""; }
trap 'stop; rm -rf "$work"' EXIT
fail() { cat "$work/err" 2>/dev/null; echo "FAILED: $*" >&2; exit 1; }
unset GIT_SSL_CAINFO SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE || true
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL="$work/gitconfig" GIT_TERMINAL_PROMPT=0
git config --global user.name test
git config --global user.email test@localhost
git config --global init.defaultBranch main

start() {
    rm -f "$work/port"
    python3 "$here/gitserver.py" --repos "$work/repos" --create a.git --filter --refuse no.git="we do not want this" \
        --port-file "$work/port" "$@" >"$work/out" &
    server=$!
    for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.05; done
    [ -s "$work/port" ] || fail "no server"
    port=$(cat "$work/port")
}

start
base="http://bot:bot-password@localhost:$port"
git init -q "$work/w"; cd "$work/w"
head -c 3000000 /dev/urandom >blob; git add blob; git commit -qm one
git push -q "$base/git/a.git" HEAD:main || fail push
git clone -q "$base/git/a.git" "$work/c1" && cmp blob "$work/c1/blob" || fail clone
git clone -q "http://localhost:$port/noauth/a.git" "$work/c2" || fail "clone without credentials"
git clone -q --filter=blob:none --no-checkout "$base/git/a.git" "$work/c3" || fail "partial clone"
git -c protocol.version=2 ls-remote "$base/moved/a.git" 2>/dev/null | grep -q refs/heads/main || fail redirect
! git ls-remote "http://localhost:$port/git/a.git" 2>/dev/null || fail "no credentials were needed"
! git ls-remote "http://bot:wrong@localhost:$port/git/a.git" 2>/dev/null || fail "a wrong password was taken"
! git push -q "$base/git/no.git" HEAD:main 2>"$work/err" || fail "the hook did not refuse"
grep -q "we do not want this" "$work/err" || fail "the hook's words are lost"
head -c 2000000 /dev/urandom >more; git add more; git commit -qm two
! git -c http.postBuffer=65536 push -q "$base/nochunk/a.git" HEAD:chunked 2>"$work/err" || fail "chunks were taken"
grep -q 411 "$work/err" || fail "no 411"
git -c http.postBuffer=10000000 push -q "$base/nochunk/a.git" HEAD:whole || fail "a push with Content-Length"
head -c 2000000 /dev/urandom >more; git add more; git commit -qm three
! git -c http.postBuffer=10000000 push -q "$base/limit/a.git" HEAD:large 2>"$work/err" || fail "no limit"
grep -q 413 "$work/err" || fail "no 413"
! git push -q "$base/readonly/a.git" HEAD:ro 2>/dev/null || fail "readonly was written"
stop

start --tls-dir "$work/tls"
tls="https://bot:bot-password@localhost:$port"
git -c http.sslCAInfo="$work/tls/ca.pem" push -q "$tls/git/a.git" HEAD:tls || fail "push over TLS"
! git ls-remote "$tls/git/a.git" 2>/dev/null || fail "an unknown authority was trusted"
echo "gitserver: all checks held"
