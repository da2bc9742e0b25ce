// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/git/commit_parts.hpp"
#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::write_pack_test {
namespace {

using test::blob_of;

class WritePack : public RepositoryTest {
protected:
    std::size_t files_in_pack_directory() const {
        const fs::directory_iterator files(path_ / "objects" / "pack");
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }
};

TEST_F(WritePack, ContentOfEverySizeComesBackFromGit) {
    std::vector<std::string> contents;
    for (const std::size_t size :
         {0U, 1U, 15U, 16U, 65'534U, 65'535U, 65'536U, 131'070U, 131'071U, 1'048'576U, 5'000'000U}) {
        contents.push_back(test::noise(size, static_cast<unsigned>(size)));
        contents.push_back(test::prose(size, static_cast<unsigned>(size)));
        contents.push_back(std::string(size, '\0'));
    }
    std::vector<NewBlob> blobs;
    for (std::size_t i = 0; i < contents.size(); ++i)
        blobs.push_back(blob_of(contents[i], i % 2 == 0, 1 + 9'973 * i));
    for (const std::string& content : contents) blobs.push_back(blob_of(content + "!", true));
    for (const std::string& content : contents) blobs.push_back(blob_of(content + "?", false));
    const Result<std::optional<PackInfo>> written = repository_->write_pack(blobs, {}, {});
    ASSERT_TRUE(written) << describe(written.error());
    ASSERT_TRUE(written->has_value());
    expect_strict_fsck(path_);
    for (std::size_t i = 0; i < contents.size(); ++i) {
        EXPECT_EQ(git({"cat-file", "blob", blobs[i].oid.hex()}), contents[i]);
        const Result<std::string> read = repository_->read_blob(blobs[i].oid);
        ASSERT_TRUE(read) << describe(read.error());
        EXPECT_EQ(*read, contents[i]);
        EXPECT_EQ(repository_->blob_size(blobs[i].oid).value(), contents[i].size());
    }
    const std::string listed = git({"verify-pack", "-v", (*written)->pack.string()});
    EXPECT_NE(listed.find(blobs.front().oid.hex() + " blob"), std::string::npos);
}

TEST_F(WritePack, CommitsStandInFrontOfTreesAndBlobs) {
    const Result<Oid> commit =
        test::write_commit(*repository_, {{"a/b.json", test::prose(5000, 1)}, {"c.jpg", "jpg", false}}, {});
    ASSERT_TRUE(commit) << describe(commit.error());
    ASSERT_TRUE(repository_->set_ref("refs/heads/main", *commit, std::nullopt, "first"));
    expect_strict_fsck(path_);
    ASSERT_EQ(packs().size(), 1U);
    const std::string rows = "\n" + git({"show-index"}, fs::path(packs().front()).replace_extension(".idx"));
    EXPECT_NE(rows.find("\n12 " + commit->hex()), std::string::npos) << rows;
    EXPECT_EQ(git({"show", "main:c.jpg"}), "jpg");
}

TEST_F(WritePack, WhatRootWritesBelongsToTheOwnerOfTheRepository) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may give files away";
    constexpr uid_t user = 65534;
    constexpr gid_t group = 65533;
    ASSERT_EQ(::chown((path_ / "objects" / "pack").c_str(), user, group), 0);
    const Result<std::optional<PackInfo>> written = repository_->write_pack({blob_of("theirs", true)}, {}, {});
    ASSERT_TRUE(written) << describe(written.error());
    std::size_t seen = 0;
    for (const auto& entry : fs::directory_iterator(path_ / "objects" / "pack")) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_uid, user) << entry.path();
        EXPECT_EQ(status.st_gid, group) << entry.path();
        ++seen;
    }
    EXPECT_EQ(seen, 2U) << "pack and index";
}

TEST_F(WritePack, ACommitIsCutOnlyInARepositoryThatCanBeWritten) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may become somebody who may not write";
    std::vector<test::NamedContent> files;
    for (unsigned i = 0; i < 6; ++i) files.push_back({std::to_string(i), test::noise(3000, i), true});
    const Oid commit = test::write_commit(*repository_, files, {}).value();
    std::vector<Oid> objects = repository_->missing_objects({commit}, {}).value();
    fs::permissions(directory_.path(), fs::perms(0755));
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
        fs::permissions(entry.path(), entry.is_directory() ? fs::perms(0755) : fs::perms(0644));
    ASSERT_EQ(::seteuid(65534), 0);
    const Result<CommitParts> cut = cut_commit(*repository_, commit, std::move(objects), 10'000);
    ASSERT_EQ(::seteuid(0), 0);
    ASSERT_FALSE(cut);
    EXPECT_NE(cut.error().message.find("Permission denied"), std::string::npos) << describe(cut.error());
    EXPECT_NE(cut.error().hint.find("it must be writable here, or be a copy that is"), std::string::npos) << cut.error().hint;
}

TEST_F(WritePack, WhatIsThereAlreadyIsNotWrittenAgain) {
    const NewBlob blob = blob_of("content");
    const Result<std::optional<PackInfo>> first = repository_->write_pack({blob, blob}, {}, {});
    ASSERT_TRUE(first && first->has_value());
    EXPECT_EQ((*first)->objects, 1U);
    EXPECT_EQ((*first)->bytes, fs::file_size((*first)->pack));
    const Result<std::optional<PackInfo>> second = repository_->write_pack({blob}, {}, {});
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->has_value());
    EXPECT_EQ(files_in_pack_directory(), 2U);
}

TEST_F(WritePack, NothingGivenMakesNoPack) {
    const Result<std::optional<PackInfo>> written = repository_->write_pack({}, {}, {});
    ASSERT_TRUE(written);
    EXPECT_FALSE(written->has_value());
    EXPECT_EQ(files_in_pack_directory(), 0U);
}

TEST_F(WritePack, ContentThatHasAnotherNameIsRefused) {
    for (const bool compress : {false, true}) {
        NewBlob wrong = blob_of("the content", compress);
        wrong.oid = hash_object(ObjectType::blob, "another content");
        NewBlob shorter = blob_of("the content", compress);
        shorter.size += 1;
        NewBlob longer = blob_of("the content", compress);
        longer.size -= 1;
        for (const NewBlob& blob : {wrong, shorter, longer}) {
            const Result<std::optional<PackInfo>> written =
                repository_->write_pack({blob_of("good"), blob}, {}, {});
            ASSERT_FALSE(written);
            EXPECT_EQ(written.error().code, Errc::content_mismatch);
            EXPECT_NE(written.error().object.find(blob.oid.hex()), std::string::npos);
            EXPECT_EQ(files_in_pack_directory(), 0U);
        }
    }
    RawObject object = make_tree({});
    object.content = "damaged";
    const Result<std::optional<PackInfo>> written = repository_->write_pack({}, {object}, {});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::content_mismatch);
    EXPECT_EQ(files_in_pack_directory(), 0U);
}

TEST_F(WritePack, AFailingSourceLeavesNothingBehind) {
    NewBlob blob = blob_of(test::noise(3'000'000, 1), false);
    blob.produce = [](const TakeBytes& take) -> Result<void> {
        const std::string half = test::noise(1'500'000, 1);
        const Result<void> taken = take(std::as_bytes(std::span(half)));
        if (!taken) return taken;
        return fail(Errc::archive_invalid, "unpack", "member", "CRC differs");
    };
    const Result<std::optional<PackInfo>> written = repository_->write_pack({blob}, {}, {});
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::archive_invalid);
    EXPECT_EQ(files_in_pack_directory(), 0U);

    blob.produce = [](const TakeBytes&) -> Result<void> { throw std::runtime_error("out of patience"); };
    EXPECT_THROW(static_cast<void>(repository_->write_pack({blob}, {}, {})), std::runtime_error);
    EXPECT_EQ(files_in_pack_directory(), 0U);
}

TEST_F(WritePack, ProgressCountsContentBytes) {
    std::uint64_t last = 0;
    const std::string content = test::noise(1'000'000, 7);
    ASSERT_TRUE(repository_->write_pack({blob_of(content, false)}, {}, [&last](std::uint64_t bytes) {
        EXPECT_GE(bytes, last);
        last = bytes;
    }));
    EXPECT_EQ(last, content.size());
}

TEST_F(WritePack, PacksAreReadOnlyWhateverTheUmask) {
    for (const mode_t mask : {0000U, 0077U}) {
        const mode_t before = ::umask(mask);
        const auto written = repository_->write_pack({blob_of("umask " + std::to_string(mask))}, {}, {});
        ::umask(before);
        ASSERT_TRUE(written && written->has_value());
        for (const char* extension : {".pack", ".idx"}) {
            struct stat status {};
            ASSERT_EQ(::stat(fs::path((*written)->pack).replace_extension(extension).c_str(), &status), 0);
            EXPECT_EQ(status.st_mode & 07777, 0640U);
        }
    }
}

TEST_F(WritePack, ObjectsThatAnotherProcessAddsAreSeen) {
    const std::string content = "written by another repository object";
    const NewBlob blob = blob_of(content);
    EXPECT_FALSE(repository_->has(blob.oid));
    Result<Repository> other = Repository::open(path_);
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->write_pack({blob}, {}, {}));
    EXPECT_TRUE(repository_->has(blob.oid));
    EXPECT_EQ(repository_->read_blob(blob.oid).value(), content);
}

}  // namespace
}  // namespace autobackup::git::write_pack_test
