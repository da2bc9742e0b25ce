// SPDX-License-Identifier: MIT
// fault_run RESULT LOG AT PROGRAM ARGUMENT...: runs the program and kills it (SIGKILL) at its AT-th system call that changes
// something on disk, those of all its threads counted together; with 0 nothing happens to it. Its output goes to LOG, and
// "CALLS KILLED EXIT NAME" to RESULT. For the end-to-end tests; see syscall_fault.hpp.
#include <cstdio>
#include <cstdlib>

#include "tests/support/syscall_fault.hpp"

int main(int count, char** words) {
    if (count < 5) return 2;
    autobackup::test::SyscallFault fault;
    fault.at = std::atol(words[3]);
    const std::vector<std::string> command(words + 4, words + count);
    const autobackup::test::FaultedRun run = autobackup::test::run_with_fault(command, fault, words[2]);
    std::FILE* result = std::fopen(words[1], "w");
    if (result == nullptr) return 1;
    std::fprintf(result, "%ld %d %d %s\n", run.calls, run.killed ? 1 : 0, run.exit_code, run.name.c_str());
    return std::fclose(result) == 0 ? 0 : 1;
}
