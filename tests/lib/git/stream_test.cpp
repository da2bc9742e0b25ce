// SPDX-License-Identifier: MIT
// Reading objects however git happens to store them.
#include <unistd.h>

#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::stream_test {
namespace {

class Stream : public RepositoryTest {
protected:
    Result<std::string> streamed(const Oid& oid, std::size_t* largest_piece = nullptr) const {
        std::string content;
        const Result<void> done =
            repository_->stream_blob(oid, [&](std::span<const std::byte> bytes) -> Result<void> {
                if (largest_piece != nullptr) *largest_piece = std::max(*largest_piece, bytes.size());
                content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                return {};
            });
        if (!done) return done.error();
        return content;
    }
    Oid hash_object_loose(const std::string& content) {
        const fs::path file = directory_.path() / "content";
        std::ofstream(file, std::ios::binary) << content;
        const std::string name = git({"hash-object", "-w", file.string()});
        return Oid::parse(std::string_view(name).substr(0, 40)).value();
    }
    /// Changes one byte of a file, whatever its mode.
    static void flip(const fs::path& file, std::uint64_t offset) {
        fs::permissions(file, fs::perms::owner_all);
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(static_cast<std::streamoff>(offset));
        const int byte = stream.get();
        stream.seekp(static_cast<std::streamoff>(offset));
        stream.put(static_cast<char>(byte ^ 0x20));
    }
};

TEST_F(Stream, LooseObjectsComeInPieces) {
    const std::string content = test::prose(3'000'000, 1);
    const Oid oid = hash_object_loose(content);
    std::size_t largest = 0;
    EXPECT_EQ(streamed(oid, &largest).value(), content);
    EXPECT_LE(largest, 1U << 20);
    EXPECT_EQ(repository_->blob_size(oid).value(), content.size());
    EXPECT_TRUE(repository_->has(oid));
    EXPECT_EQ(streamed(hash_object_loose("")).value(), "");
}

TEST_F(Stream, DeltasArePutTogether) {
    const std::string base = test::noise(300'000, 1);
    const Oid first = commit_of(base);
    const Oid second = commit_of(base + "and a little more", {first});
    set_main(second);
    git({"repack", "-adfq"});
    ASSERT_EQ(packs().size(), 1U);
    ASSERT_NE(git({"verify-pack", "-v", packs().front()}).find("chain length = 1"), std::string::npos);
    for (const std::string& content : {base, base + "and a little more"}) {
        const Oid oid = hash_object(ObjectType::blob, content);
        EXPECT_EQ(streamed(oid).value(), content);
        EXPECT_EQ(repository_->read_blob(oid).value(), content);
        EXPECT_EQ(repository_->blob_size(oid).value(), content.size());
    }
    EXPECT_EQ(repository_->read_commit(second)->parents.front(), first);
}

TEST_F(Stream, DamagedContentIsNeverTakenForGood) {
    const std::string content = test::noise(200'000, 2);
    const NewBlob blob = test::blob_of(content, false);
    ASSERT_TRUE(repository_->write_pack({blob}, {}, {}));
    for (const std::uint64_t offset : {14U, 25U, 100'000U}) {
        flip(packs().front(), offset);
        const Result<std::string> read = streamed(blob.oid);
        ASSERT_FALSE(read) << offset;
        EXPECT_EQ(read.error().code, Errc::repository_invalid);
        flip(packs().front(), offset);
    }
    EXPECT_EQ(streamed(blob.oid).value(), content);
    const Oid loose = hash_object_loose(test::noise(1000, 3));
    flip(path_ / "objects" / loose.hex().substr(0, 2) / loose.hex().substr(2), 500);
    EXPECT_FALSE(streamed(loose));
}

TEST_F(Stream, ACutPackIsAnError) {
    const NewBlob blob = test::blob_of(test::noise(200'000, 2), false);
    ASSERT_TRUE(repository_->write_pack({blob}, {}, {}));
    ASSERT_EQ(::truncate(packs().front().c_str(), 100'000), 0);
    EXPECT_EQ(streamed(blob.oid).error().code, Errc::repository_invalid);
}

TEST_F(Stream, AbsentObjectsAndOtherTypesAreTold) {
    const Oid none = hash_object(ObjectType::blob, "none");
    EXPECT_FALSE(repository_->has(none));
    EXPECT_EQ(streamed(none).error().code, Errc::not_found);
    EXPECT_EQ(repository_->read_blob(none).error().code, Errc::not_found);
    EXPECT_EQ(repository_->blob_size(none).error().code, Errc::not_found);
    EXPECT_EQ(repository_->read_tree(none).error().code, Errc::not_found);
    const Oid commit = commit_of("x");
    EXPECT_EQ(streamed(commit).error().code, Errc::repository_invalid);
    EXPECT_EQ(repository_->blob_size(commit).error().code, Errc::repository_invalid);
    EXPECT_EQ(repository_->read_tree(commit).error().code, Errc::repository_invalid);
    EXPECT_EQ(repository_->read_commit(hash_object(ObjectType::blob, "x")).error().code,
              Errc::repository_invalid);
}

TEST_F(Stream, ALimitIsHeldBeforeReading) {
    const NewBlob blob = test::blob_of(std::string(1000, 'x'));
    ASSERT_TRUE(repository_->write_pack({blob}, {}, {}));
    EXPECT_TRUE(repository_->read_blob(blob.oid, 1000));
    EXPECT_EQ(repository_->read_blob(blob.oid, 999).error().code, Errc::response_too_large);
}

TEST_F(Stream, AConsumersFailureStopsTheStream) {
    const NewBlob blob = test::blob_of(test::noise(1'000'000, 2), false);
    ASSERT_TRUE(repository_->write_pack({blob}, {}, {}));
    int calls = 0;
    const Result<void> done =
        repository_->stream_blob(blob.oid, [&calls](std::span<const std::byte>) -> Result<void> {
            ++calls;
            return fail(Errc::disk_full, "write", "somewhere", "full");
        });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::disk_full);
    EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace autobackup::git::stream_test
