// SPDX-License-Identifier: MIT
// What is written is on the disk before it gets its name, and is proved before that.
#include <fcntl.h>
#include <unistd.h>

#include <regex>
#include <sstream>

#include "lib/git/pack_writer.hpp"
#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::durability_test {
namespace {

/// The calls of a trace as "fsync NAME" and "rename FROM TO", last parts of the paths only; random letters
/// cut off.
std::vector<std::string> events(const std::string& trace) {
    const std::regex fsync_line(R"(fsync\(\d+<[^>]*/([^/>]+)>\))");
    const std::regex rename_line(R"re(rename\("[^"]*/([^/"]+)", "[^"]*/([^/"]+)"\))re");
    std::vector<std::string> found;
    std::istringstream lines(trace);
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_search(line, match, fsync_line)) found.push_back("fsync " + match[1].str());
        if (std::regex_search(line, match, rename_line))
            found.push_back("rename " + match[1].str() + " " + match[2].str());
    }
    return found;
}

std::size_t position(const std::vector<std::string>& all, const std::string& pattern, std::size_t from = 0) {
    for (std::size_t i = from; i < all.size(); ++i) {
        if (std::regex_search(all[i], std::regex(pattern))) return i;
    }
    ADD_FAILURE() << pattern << " does not happen";
    return all.size();
}

class Durability : public RepositoryTest {};

class TracedDurability : public Durability {
protected:
    void SetUp() override {
        if (test::run_command("strace -V").exit_code != 0) GTEST_SKIP() << "strace is not installed";
        Durability::SetUp();
    }
    /// What crash_helper does with these words.
    std::vector<std::string> traced(const std::string& words) const {
        const fs::path trace = directory_.path() / "trace";
        const test::CommandResult run = test::run_command("strace -f -y -e trace=fsync,rename -o " + trace.string() + " " GIT_CRASH_HELPER " " + words);
        EXPECT_EQ(run.exit_code, 0) << run.output;
        return events(read_file(trace).value());
    }
};

TEST_F(TracedDurability, NamesComeAfterFsyncAndTheRefComesLast) {
    for (const char* way : {" 1", " 2 grow"}) {
        SCOPED_TRACE(way);
        const std::vector<std::string> all = traced(path_.string() + way);
        const std::size_t pack_synced = position(all, "^fsync tmp_pack_autobackup_");
        const std::size_t pack_named = position(all, "^rename tmp_pack_autobackup_.* pack-.*\\.pack$");
        const std::size_t index_synced = position(all, "^fsync tmp_idx_autobackup_");
        const std::size_t index_named = position(all, "^rename tmp_idx_autobackup_.* pack-.*\\.idx$");
        const std::size_t directory_synced = position(all, "^fsync pack$", index_named);
        const std::size_t log_synced = position(all, "^fsync main$", directory_synced);
        const std::size_t ref_synced = position(all, "^fsync autobackup_ref_", directory_synced);
        const std::size_t ref_named = position(all, "^rename main\\.lock main$", directory_synced);
        const std::size_t heads_synced = position(all, "^fsync heads$", ref_named);
        EXPECT_LT(pack_synced, pack_named);
        EXPECT_LT(index_synced, index_named);
        EXPECT_LT(pack_named, index_named);
        EXPECT_LT(index_named, directory_synced);
        EXPECT_LT(log_synced, ref_named);
        EXPECT_LT(ref_synced, ref_named);
        EXPECT_LT(ref_named, heads_synced);
    }
}

TEST_F(TracedDurability, APackThatWasTakenInIsOnTheDiskBeforeItLiesAmongTheOthers) {
    set_main(commit_of("one"));
    const fs::path sent = directory_.path() / "sent.pack";
    ASSERT_EQ(test::run_command("git -C " + path_.string() + " pack-objects --all --stdout < /dev/null > " + sent.string()).exit_code, 0);
    const std::vector<std::string> all = traced((directory_.path() / "other.git").string() + " adopt " + sent.string());
    const std::size_t pack_synced = position(all, "^fsync pack-.*\\.pack$");
    const std::size_t index_synced = position(all, "^fsync pack-.*\\.idx$");
    const std::size_t pack_named = position(all, "^rename (pack-.*\\.pack) \\1$");
    const std::size_t index_named = position(all, "^rename (pack-.*\\.idx) \\1$");
    const std::size_t directory_synced = position(all, "^fsync pack$", index_named);
    EXPECT_LT(pack_synced, pack_named);
    EXPECT_LT(index_synced, pack_named);
    EXPECT_LT(pack_named, index_named);
    EXPECT_LT(index_named, directory_synced);
}

TEST_F(Durability, WhatTheDiskChangedIsFoundBeforeThePackGetsItsName) {
    const fs::path path = directory_.path() / "new.pack";
    const Result<FileDescriptor> file = open_file(path, O_RDWR | O_CREAT);
    ASSERT_TRUE(file);
    PackWriter writer(file->get(), path, {}, nullptr);
    ASSERT_TRUE(writer.begin(4));
    ASSERT_TRUE(writer.add(make_tree({})));
    for (const NewBlob& blob : {test::blob_of(test::noise(200'000, 1), false),
                                test::blob_of(test::prose(100'000, 2)), test::blob_of("")}) {
        ASSERT_TRUE(writer.add(blob));
    }
    ASSERT_TRUE(writer.finish());
    const std::uint64_t end = writer.bytes() - digest_bytes;
    ASSERT_TRUE(verify_entries(file->get(), path, writer.entries(), end));
    for (std::uint64_t at = pack_header_bytes; at < end; at += 1 + end / 211) {
        char byte = 0;
        ASSERT_EQ(::pread(file->get(), &byte, 1, static_cast<off_t>(at)), 1);
        const char bad = static_cast<char>(byte ^ 4);
        ASSERT_EQ(::pwrite(file->get(), &bad, 1, static_cast<off_t>(at)), 1);
        EXPECT_FALSE(verify_entries(file->get(), path, writer.entries(), end)) << at;
        ASSERT_EQ(::pwrite(file->get(), &byte, 1, static_cast<off_t>(at)), 1);
    }
    std::vector<IndexEntry> entries = writer.entries();
    entries[1].crc ^= 1;
    EXPECT_FALSE(verify_entries(file->get(), path, entries, end));
    ASSERT_EQ(::ftruncate(file->get(), 100'000), 0);
    EXPECT_FALSE(verify_entries(file->get(), path, writer.entries(), end));
}

}  // namespace
}  // namespace autobackup::git::durability_test
