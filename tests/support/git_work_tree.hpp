// SPDX-License-Identifier: MIT
// The git program as a judge and a maker of test data, and push bodies made of its packs.
#pragma once

#include <stdio.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "lib/git/oid.hpp"
#include "lib/http/client.hpp"

namespace autobackup::test {

/// Runs a shell command and returns what it wrote on stdout, without white space at the end. Throws when it
/// fails.
inline std::string shell(const std::string& command) {
    const std::string prefix =
        "export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
        "GIT_COMMITTER_EMAIL=a@b; set -e; ";
    FILE* pipe = ::popen((prefix + command).c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen failed");
    std::string output;
    char piece[65536];
    while (const std::size_t got = ::fread(piece, 1, sizeof piece, pipe)) output.append(piece, got);
    if (::pclose(pipe) != 0) throw std::runtime_error("failed: " + command + "\n" + output);
    while (!output.empty() && (output.back() == '\n' || output.back() == ' ')) output.pop_back();
    return output;
}

/// `git -C directory arguments`, by the shell.
inline std::string git(const std::filesystem::path& directory, const std::string& arguments) {
    return shell("git -C '" + directory.string() + "' -c init.defaultBranch=main -c safe.directory='*' " +
                 arguments);
}

inline git::Oid oid_of(const std::string& hex) {
    const std::optional<git::Oid> oid = git::Oid::parse(hex);
    if (!oid) throw std::runtime_error("not an object name: " + hex);
    return *oid;
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

/// A shell script of that content at `repository`/hooks/`name`.
inline void write_hook(const std::filesystem::path& repository, const std::string& name,
                       const std::string& script) {
    const std::filesystem::path hook = repository / "hooks" / name;
    write_text(hook, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(hook, std::filesystem::perms::all);
}

/// A repository with a work tree whose commits are pushed and fetched.
class WorkTree {
public:
    explicit WorkTree(std::filesystem::path path) : path_(std::move(path)) {
        std::filesystem::create_directories(path_);
        git(path_, "init -q .");
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Commits that one file and returns the commit.
    git::Oid commit(const std::string& name, const std::string& text) {
        write_text(path_ / name, text);
        git(path_, "add -A");
        git(path_, "commit -q -m '" + name + "'");
        return oid_of(git(path_, "rev-parse HEAD"));
    }
    /// A pack of what `revisions` ("A ^B") reach, as bytes.
    [[nodiscard]] std::string pack(const std::string& revisions) const {
        const std::filesystem::path file = path_ / ".git" / "test.pack";
        shell("cd '" + path_.string() + "'; echo '" + revisions +
              "' | tr ' ' '\\n' | git pack-objects -q --revs --stdout > '" + file.string() + "'");
        return read_text(file);
    }

private:
    std::filesystem::path path_;
};

/// A request body that lies in memory. Gives `piece` bytes at a time.
class MemorySource final : public http::BodySource {
public:
    explicit MemorySource(std::string bytes, std::size_t piece = 100'000)
        : bytes_(std::move(bytes)), piece_(piece) {}
    [[nodiscard]] std::optional<std::uint64_t> size() const override { return bytes_.size(); }
    Awaitable<Result<std::size_t>> read(std::span<std::byte> buffer) override {
        const std::size_t count = std::min({buffer.size(), piece_, bytes_.size() - at_});
        std::memcpy(buffer.data(), bytes_.data() + at_, count);
        at_ += count;
        co_return count;
    }
    bool rewind() override {
        at_ = 0;
        return true;
    }

private:
    std::string bytes_;
    std::size_t piece_;
    std::size_t at_ = 0;
};

}  // namespace autobackup::test
