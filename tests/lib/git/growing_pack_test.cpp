// SPDX-License-Identifier: MIT
#include "lib/git/growing_pack.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/git/commit_parts.hpp"
#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::growing_pack_test {
namespace {

using test::blob_of;

class Growing : public RepositoryTest {
protected:
    GrowingPack begin() {
        Result<GrowingPack> pack = GrowingPack::begin(*repository_);
        if (!pack) throw std::runtime_error(describe(pack.error()));
        return std::move(*pack);
    }
    /// The commit of a tree that names all of `blobs`, and that tree.
    static std::vector<RawObject> commit_of_all(const std::vector<NewBlob>& blobs) {
        std::vector<Oid> names;
        for (const NewBlob& blob : blobs) names.push_back(blob.oid);
        const PartObjects made = part_objects(names, 1'700'000'000, "all of it\n");
        return {made.tree, made.commit};
    }
    std::size_t files_in_pack_directory() const {
        const fs::directory_iterator files(path_ / "objects" / "pack");
        return static_cast<std::size_t>(std::distance(fs::begin(files), fs::end(files)));
    }
    static std::string all_of(PackReader& slice, std::size_t piece) {
        std::string bytes;
        std::vector<std::byte> buffer(piece);
        for (;;) {
            const Result<std::size_t> got = slice.read(buffer);
            if (!got) throw std::runtime_error(describe(got.error()));
            if (*got == 0) return bytes;
            bytes.append(reinterpret_cast<const char*>(buffer.data()), *got);
        }
    }
    const std::vector<NewBlob> one_{blob_of(test::noise(300'000, 1), false), blob_of(test::prose(90'000, 2)), blob_of("")};
    const std::vector<NewBlob> two_{blob_of(test::noise(2'300'000, 3), false), blob_of(test::prose(5'000'000, 4))};
};

TEST_F(Growing, IsOnePackThatNobodySeesBeforeItsEnd) {
    const Oid before = commit_of("what was there");
    set_main(before);
    const std::size_t files = files_in_pack_directory();
    GrowingPack pack = begin();
    ASSERT_TRUE(pack.add(one_));
    ASSERT_TRUE(pack.add(two_));
    EXPECT_EQ(pack.objects(), 5U);
    EXPECT_TRUE(pack.has(two_.front().oid));
    EXPECT_FALSE(repository_->has(two_.front().oid));
    EXPECT_EQ(files_in_pack_directory(), files + 1);
    expect_strict_fsck(path_);

    std::vector<NewBlob> all = one_;
    all.insert(all.end(), two_.begin(), two_.end());
    const std::vector<NewBlob> late{blob_of("a late one"), one_.front()};
    all.push_back(late.front());
    const std::vector<RawObject> objects = commit_of_all(all);
    const Result<std::optional<PackInfo>> done = repository_->finish_pack(std::move(pack), late, objects);
    ASSERT_TRUE(done) << describe(done.error());
    ASSERT_TRUE(done->has_value());
    EXPECT_EQ((*done)->objects, all.size() + 2);
    EXPECT_EQ((*done)->bytes, fs::file_size((*done)->pack));
    EXPECT_EQ(packs().size(), 2U);
    set_main(objects.back().oid, before);
    expect_strict_fsck(path_);
    const std::string listed = git({"verify-pack", "-v", (*done)->pack.string()});
    for (const NewBlob& blob : all) {
        EXPECT_NE(listed.find(blob.oid.hex() + " blob"), std::string::npos);
        EXPECT_TRUE(repository_->has(blob.oid));
    }
}

TEST_F(Growing, WhatTheRepositoryOrThePackHasIsNotWrittenAgain) {
    ASSERT_TRUE(repository_->write_pack(one_, {}, {}));
    GrowingPack pack = begin();
    ASSERT_TRUE(pack.add(one_));
    EXPECT_EQ(pack.objects(), 0U);
    ASSERT_TRUE(pack.add({two_.front(), two_.front()}));
    const std::uint64_t bytes = pack.bytes();
    ASSERT_TRUE(pack.add(two_));
    EXPECT_EQ(pack.objects(), 2U);
    EXPECT_GT(pack.bytes(), bytes);
}

TEST_F(Growing, NothingStaysOfOneThatIsGivenUpOrEmpty) {
    {
        GrowingPack pack = begin();
        ASSERT_TRUE(pack.add(two_));
        EXPECT_EQ(files_in_pack_directory(), 1U);
    }
    EXPECT_EQ(files_in_pack_directory(), 0U);
    const Result<std::optional<PackInfo>> none = repository_->finish_pack(begin(), {}, {});
    ASSERT_TRUE(none);
    EXPECT_FALSE(none->has_value());
    EXPECT_EQ(files_in_pack_directory(), 0U);
}

TEST_F(Growing, ABlobThatIsNotWhatItsNameSaysLeavesThePackAsItWas) {
    GrowingPack pack = begin();
    ASSERT_TRUE(pack.add(one_));
    const std::uint64_t bytes = pack.bytes();
    NewBlob wrong = blob_of(test::noise(3'000'000, 9), false);
    wrong.oid = hash_object(ObjectType::blob, "something else");
    NewBlob broken = blob_of("never");
    broken.produce = [](const TakeBytes&) -> Result<void> { return fail(Errc::io_error, "read", "a spool file", "it is gone"); };
    NewBlob longer = blob_of("too much");
    longer.size = 3;
    const auto code_of = [&](const NewBlob& blob) {
        const Result<void> added = pack.add({blob_of("good, but in bad company"), blob});
        return added ? Errc::internal : added.error().code;
    };
    EXPECT_EQ(code_of(wrong), Errc::content_mismatch);
    EXPECT_EQ(code_of(broken), Errc::io_error);
    EXPECT_EQ(code_of(longer), Errc::content_mismatch);
    EXPECT_EQ(pack.bytes(), bytes);
    ASSERT_TRUE(pack.add(two_));
    std::vector<NewBlob> all = one_;
    all.insert(all.end(), two_.begin(), two_.end());
    const std::vector<RawObject> objects = commit_of_all(all);
    ASSERT_TRUE(repository_->finish_pack(std::move(pack), {}, objects));
    set_main(objects.back().oid);
    expect_strict_fsck(path_);
    EXPECT_EQ(git({"fsck", "--full"}).find("dangling"), std::string::npos);
}

TEST_F(Growing, BytesThatChangedOnTheDiskAreFoundBeforeTheEnd) {
    GrowingPack pack = begin();
    ASSERT_TRUE(pack.add(two_));
    const fs::path file = fs::directory_iterator(path_ / "objects" / "pack")->path();
    {
        Result<FileDescriptor> open = open_file(file, O_WRONLY);
        ASSERT_TRUE(open);
        ASSERT_EQ(::pwrite(open->get(), "X", 1, 1'000'000), 1);
    }
    const Result<std::optional<PackInfo>> done = repository_->finish_pack(std::move(pack), {}, {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::io_error);
    EXPECT_NE(describe(done.error()).find(two_.front().oid.hex()), std::string::npos) << describe(done.error());
    EXPECT_EQ(files_in_pack_directory(), 0U);
}

TEST_F(Growing, ASliceIsAPackOfItsOwnAndHoldsItsBlobs) {
    GrowingPack pack = begin();
    ASSERT_TRUE(pack.add(one_));
    ASSERT_TRUE(pack.add(two_));
    Result<SlicePack> slice = pack.slice(1, 4, 1'700'000'000, "a part\n");
    ASSERT_TRUE(slice) << describe(slice.error());
    ASSERT_EQ(slice->blobs.size(), 3U);
    EXPECT_EQ(slice->blobs.front(), one_[1].oid);
    // Its file may be published or gone meanwhile.
    const std::vector<RawObject> objects = commit_of_all(two_);
    ASSERT_TRUE(repository_->finish_pack(std::move(pack), {}, objects));
    const std::string bytes = all_of(slice->pack, 70'001);
    EXPECT_EQ(bytes.size(), slice->pack.size());
    slice->pack.rewind();
    EXPECT_EQ(all_of(slice->pack, 1 << 20), bytes);

    const fs::path other = directory_.path() / "other.git";
    const Repository there = open(other);
    const fs::path file = directory_.path() / "slice.pack";
    ASSERT_TRUE(write_file_durably(file, bytes));
    test::git(other, {"index-pack", "--stdin", "--strict"}, file);
    test::git(other, {"update-ref", "refs/autobackup/part/x/1", slice->tip.hex()});
    expect_strict_fsck(other);
    for (const Oid& blob : slice->blobs) EXPECT_EQ(test::git(other, {"cat-file", "-t", blob.hex()}), "blob\n");
    EXPECT_EQ(test::git(other, {"rev-list", "--objects", "--all"}).find(two_.back().oid.hex()), std::string::npos);
}

TEST_F(Growing, EntriesAreCountedByTheirEnds) {
    GrowingPack pack = begin();
    EXPECT_EQ(pack.objects_within(1'000'000), 0U);
    ASSERT_TRUE(pack.add(one_));
    ASSERT_TRUE(pack.add(two_));
    EXPECT_EQ(pack.end_of(5), pack.bytes());
    EXPECT_EQ(pack.objects_within(0), 0U);
    for (std::size_t objects = 1; objects <= 5; ++objects) {
        EXPECT_GT(pack.end_of(objects), pack.end_of(objects - 1));
        EXPECT_EQ(pack.objects_within(pack.end_of(objects)), objects);
        EXPECT_EQ(pack.objects_within(pack.end_of(objects) - 1), objects - 1);
    }
    EXPECT_EQ(pack.objects_within(pack.bytes() + 1), 5U);
}

TEST_F(Growing, ASliceThatChangedOnTheDiskIsNotSent) {
    GrowingPack pack = begin();
    ASSERT_TRUE(pack.add(two_));
    Result<SlicePack> slice = pack.slice(0, 2, 1'700'000'000, "a part\n");
    ASSERT_TRUE(slice);
    const fs::path file = fs::directory_iterator(path_ / "objects" / "pack")->path();
    Result<FileDescriptor> open = open_file(file, O_WRONLY);
    ASSERT_TRUE(open);
    ASSERT_EQ(::pwrite(open->get(), "X", 1, 100), 1);
    std::vector<std::byte> buffer(std::size_t{16} << 20);
    const Result<std::size_t> got = slice->pack.read(buffer);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::repository_invalid);
    EXPECT_FALSE(pack.slice(2, 2, 0, ""));
    EXPECT_FALSE(pack.slice(0, 3, 0, ""));
}

}  // namespace
}  // namespace autobackup::git::growing_pack_test
