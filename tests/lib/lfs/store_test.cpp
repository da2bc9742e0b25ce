// SPDX-License-Identifier: MIT
#include "lib/lfs/store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/git_program.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::lfs::store_test {
namespace {

class StoreTest : public testing::Test {
protected:
    Result<Pointer> put(const std::string& content) const {
        return store_.put([&](const TakeBytes& take) -> Result<void> {
            for (std::size_t at = 0; at < content.size(); at += 1000) {
                const std::string piece = content.substr(at, 1000);
                const Result<void> taken = take(std::as_bytes(std::span(piece)));
                if (!taken) return taken;
            }
            return {};
        });
    }
    Result<std::string> read(const Pointer& object) const {
        std::string content;
        const Result<void> streamed = store_.stream(object, [&](std::span<const std::byte> bytes) -> Result<void> {
            content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return {};
        });
        if (!streamed) return streamed.error();
        return content;
    }
    [[nodiscard]] std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) count += entry.is_regular_file() ? 1 : 0;
        return count;
    }

    test::TempDir directory_;
    Store store_{directory_.path() / "vault.git/lfs/objects"};
};

TEST_F(StoreTest, AnObjectHasItsNameByItsContentAndIsThereOnce) {
    const std::string content(1'234'567, 'x');
    const Pointer object = put(content).value();
    EXPECT_EQ(object, (Pointer{hash::sha256_hex(content), content.size()}));
    EXPECT_EQ(store_.path_of(object), store_.root() / object.oid.substr(0, 2) / object.oid.substr(2, 2) / object.oid);
    EXPECT_TRUE(store_.has(object));
    EXPECT_FALSE(store_.has(Pointer{object.oid, 1}));
    EXPECT_EQ(read(object).value(), content);
    EXPECT_EQ(put(content).value(), object);
    EXPECT_EQ(files(), 1U);
    struct stat status {};
    ASSERT_EQ(::stat(store_.path_of(object).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0640U);
    EXPECT_EQ(read(put("").value()).value(), "");
}

TEST_F(StoreTest, WhatFailsInTheMiddleLeavesNothing) {
    const Result<Pointer> failed = store_.put([](const TakeBytes& take) -> Result<void> {
        const std::string piece(100'000, 'y');
        const Result<void> taken = take(std::as_bytes(std::span(piece)));
        if (!taken) return taken;
        return fail(Errc::archive_invalid, "read", "member", "as scripted");
    });
    EXPECT_EQ(failed.error().code, Errc::archive_invalid);
    EXPECT_EQ(files(), 0U);
    {
        Result<Incoming> incoming = Incoming::open(store_);
        ASSERT_TRUE(incoming);
        const std::string piece = "abc";
        ASSERT_TRUE(incoming->write(std::as_bytes(std::span(piece))));
        EXPECT_EQ(incoming->keep_as(Pointer{hash::sha256_hex("abd"), 3}).error().code, Errc::content_mismatch);
    }
    EXPECT_EQ(files(), 0U);
}

TEST_F(StoreTest, ADamagedObjectIsNotGivenOut) {
    const Pointer object = put("the content").value();
    ASSERT_TRUE(write_file_durably(store_.path_of(object), "the c0ntent"));
    EXPECT_EQ(read(object).error().code, Errc::content_mismatch);
    ASSERT_TRUE(write_file_durably(store_.path_of(object), "short"));
    EXPECT_EQ(read(object).error().code, Errc::content_mismatch);
    // One of a wrong size is replaced by the next that is whole.
    EXPECT_EQ(put("the content").value(), object);
    EXPECT_EQ(read(object).value(), "the content");
    EXPECT_EQ(read(Pointer{std::string(64, '0'), 1}).error().code, Errc::not_found);
    EXPECT_EQ(read(Pointer{"../../etc/passwd", 1}).error().code, Errc::not_found);
}

}  // namespace
}  // namespace autobackup::lfs::store_test
