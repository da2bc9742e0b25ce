// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "daemon/app/commands.hpp"

int main(int argc, char** argv) { return autobackup::app::main_command(argc, argv, environ); }
