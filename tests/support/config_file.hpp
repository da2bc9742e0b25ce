// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/load.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::test {

/// A directory with a configuration, loaded from files. Places are given without the directory.
class ConfigFile {
public:
    explicit ConfigFile(std::string_view text) { write("autobackupd.yaml", text); }

    void write(const std::string& name, std::string_view text) const {
        const std::filesystem::path path = directory_.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
    }
    [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "autobackupd.yaml"; }
    [[nodiscard]] config::Loaded load(const config::LoadOptions& options = {}) const {
        return config::load(path(), options);
    }

    /// The problems (or warnings) as "file:line:column path: message", the directory left out.
    [[nodiscard]] std::vector<std::string> lines(const std::vector<config::Problem>& problems) const {
        std::vector<std::string> out;
        for (const config::Problem& problem : problems) {
            std::string text = config::describe(problem);
            for (std::size_t at = text.find(prefix()); at != std::string::npos; at = text.find(prefix())) {
                text.erase(at, prefix().size());
            }
            out.push_back(text);
        }
        return out;
    }
    [[nodiscard]] std::vector<std::string> problems() const { return lines(load().problems); }

private:
    [[nodiscard]] std::string prefix() const { return directory_.path().string() + '/'; }
    TempDir directory_;
};

/// A server and a job around the given lines of the job (indented by 4).
inline std::string job_with(std::string_view lines) {
    return "servers: {lab: {cvat: 'https://cvat.example.org', auth: {token: lab-token}}}\n"
           "jobs:\n  signs:\n    schedule: manual\n" +
           std::string(lines);
}

}  // namespace autobackup::test
