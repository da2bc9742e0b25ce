// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "daemon/ctl/commands.hpp"

int main(int argc, char** argv) {
    return autobackup::ctl::main_command(argc, argv, environ);
}
