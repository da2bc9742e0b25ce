#!/bin/sh
# Installs what is needed, builds everything and runs all tests:
#   sh tests/run.sh            the whole (release, ASan + UBSan, TSan, judges)
#   sh tests/run.sh quick      release build, unit, end-to-end, package and boot tests only
#   sh tests/run.sh nightly    also whole runs under TSan, 500 kills, large samples
set -eu
repository=$(cd "$(dirname "$0")/.." && pwd)
. "$repository/tests/packages.sh"
install_packages tests
cd "$repository"
mode=${1:-all}
jobs=$(nproc)
# unit_tests DIRECTORY: ctest names the tests that are left out; why stands in its log only.
unit_tests() {
    ctest --test-dir "$1" -j "$jobs" --output-on-failure --no-tests=error
    awk '/: Skipped$/ { on = 1; line = $0; next } on && /^\[  SKIPPED \]/ { print line; on = 0 } on { line = line " " $0 }' "$1/Testing/Temporary/LastTest.log"
}
step() { printf '\n== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"; }

step "style: arrows between rooms, statements that g++ 12.2 breaks"
python3 tests/style/include_graph.py
python3 tests/style/coroutine_lint.py
python3 -m unittest discover -q -s tests/style

step "the stand-ins' own tests: CVAT, GitHub"
python3 -m unittest discover -q -s tests/standin
python3 -m unittest discover -q -s tests/github

step "build"
build_into build -DCMAKE_BUILD_TYPE=RelWithDebInfo -DAUTOBACKUPD_WERROR=ON -DAUTOBACKUPD_TESTS=ON

step "unit tests"
unit_tests build

step "end to end: the binary, the stand-in, a real git server"
AUTOBACKUPD="$repository/build/autobackupd" python3 tests/e2e/all.py

step "the Debian package: units, content, lintian, install and purge in a throw-away root"
python3 -m unittest discover -q -s tests/package

step "the service under a booted systemd: run, reload, watchdog, reboot, power cut"
python3 tests/boot/boot.py

if [ "$mode" = quick ]; then exit 0; fi

step "judges: the real cvat-sdk and cvat-cli, and the recorded exchanges, against the stand-in"
sh tests/judges/run_cvat_judges.sh

step "judges: the real PyGithub and python-github-backup against the GitHub stand-in"
sh tests/judges/run_github_judges.sh

step "address and undefined-behaviour sanitizers"
build_into build-asan -DCMAKE_BUILD_TYPE=Debug -DAUTOBACKUPD_SANITIZE=address
unit_tests build-asan
AUTOBACKUPD="$repository/build-asan/autobackupd" python3 tests/e2e/all.py test_first_run test_stop

step "thread sanitizer: the loop with its workers, and the threads that check a ZIP"
build_into build-tsan -DCMAKE_BUILD_TYPE=Debug -DAUTOBACKUPD_SANITIZE=thread -- async_test zip_test
build-tsan/tests/lib/async/async_test --gtest_brief=1
build-tsan/tests/lib/zip/zip_test --gtest_brief=1 --gtest_filter='Archive*:Check*'

if [ "$mode" = nightly ]; then
    step "each file by itself: none lives on what another one includes"
    build_into build-single -DCMAKE_BUILD_TYPE=Debug -DAUTOBACKUPD_UNITY=OFF -DAUTOBACKUPD_WERROR=ON
    step "thread sanitizer: whole runs"
    build_into build-tsan -DCMAKE_BUILD_TYPE=Debug -DAUTOBACKUPD_SANITIZE=thread -- autobackupd
    AUTOBACKUPD="$repository/build-tsan/autobackupd" python3 tests/e2e/all.py test_first_run test_stop test_serve test_serve_steered test_changes test_mirror \
        test_github test_git_targets test_large_files test_archive test_repair test_restore_cvat
    step "unit tests on a machine that has little time for them"
    python3 tests/support/beside_load.py ctest --test-dir build -j "$((jobs * 2))" --output-on-failure --no-tests=error
    step "many kills, large samples of schedules"
    AUTOBACKUPD_KILLS=500 AUTOBACKUPD="$repository/build/autobackupd" python3 tests/e2e/all.py test_stop
    AUTOBACKUPD_NIGHTLY=1 AUTOBACKUPD="$repository/build/autobackupd" python3 tests/e2e/all.py test_kill_everywhere test_repair
    AUTOBACKUPD_NIGHTLY=1 build/tests/daemon/vault/vault_test --gtest_brief=1 --gtest_filter='PushCrash*'
    AUTOBACKUPD_NIGHTLY=1 build/tests/lib/schedule/schedule_test --gtest_brief=1
    AUTOBACKUPD_NIGHTLY=1 build/tests/daemon/restore/restore_test --gtest_brief=1 --gtest_filter='*FlippedBits*'
    AUTOBACKUPD_NIGHTLY=1 build/tests/daemon/scheduler/scheduler_test --gtest_brief=1 --gtest_filter='*Property*'
fi

step "everything passed"
