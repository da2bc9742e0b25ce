// SPDX-License-Identifier: MIT
// manual_pages DIRECTORY: writes the manual pages there. Part of the build, not installed.
#include <cstdio>
#include <filesystem>

#include "daemon/manual/pages.hpp"
#include "lib/core/file.hpp"

int main(int argc, char** argv) {
    using namespace autobackup;
    if (argc != 2) return 2;
    const std::filesystem::path directory = argv[1];
    const std::pair<const char*, std::string> pages[] = {{"autobackupctl.1", manual::autobackupctl_1()},
                                                         {"autobackupd.8", manual::autobackupd_8()},
                                                         {"autobackupd.yaml.5", manual::autobackupd_yaml_5()}};
    Result<void> written = make_directories(directory, 0755);
    for (const auto& [name, text] : pages) {
        if (written) written = write_file_durably(directory / name, text, 0644);
    }
    if (written) return 0;
    std::fprintf(stderr, "manual_pages: %s\n", describe(written.error()).c_str());
    return 1;
}
