// SPDX-License-Identifier: MIT
// Memory does not grow with the content.
#include <fstream>

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::memory_test {
namespace {

/// A value of /proc/self/status in KiB.
std::size_t status_value(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::size_t value = 0;
        if (word == key && status >> value) return value;
    }
    return 0;
}

class Memory : public RepositoryTest {
protected:
    void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "a sanitizer keeps what is freed";
#endif
        RepositoryTest::SetUp();
    }
    /// Peak above where it stood at the beginning, while `work` runs.
    template <class Work>
    static std::size_t peak_kib(const Work& work) {
        std::ofstream("/proc/self/clear_refs") << "5";  // forgets the old peak
        const std::size_t before = status_value("VmRSS:");
        work();
        const std::size_t peak = status_value("VmHWM:");
        return peak > before ? peak - before : 0;  // the kernel counts pages a little late
    }
};

TEST_F(Memory, StaysFlatWhenBigFilesAreWrittenReadAndSent) {
    constexpr std::uint64_t pieces = 192;
    const std::string piece = test::prose(std::size_t{1} << 20, 1);
    std::vector<NewBlob> blobs;
    for (const bool compress : {false, true}) {
        NewBlob blob;
        blob.size = pieces * piece.size() + (compress ? 1 : 0);
        blob.compress = compress;
        blob.produce = [&piece, compress](const TakeBytes& take) -> Result<void> {
            for (std::uint64_t i = 0; i < pieces; ++i) {
                const Result<void> taken = take(std::as_bytes(std::span(piece)));
                if (!taken) return taken;
            }
            return compress ? take(std::as_bytes(std::span("x", 1))) : Result<void>();
        };
        BlobHasher hasher(blob.size);
        ASSERT_TRUE(blob.produce([&hasher](std::span<const std::byte> bytes) -> Result<void> {
            hasher.update(bytes);
            return {};
        }));
        blob.oid = hasher.finish();
        blobs.push_back(blob);
    }
    constexpr std::size_t limit_kib = 12 * 1024;
    EXPECT_LT(peak_kib([&] { ASSERT_TRUE(repository_->write_pack(blobs, {}, {})); }), limit_kib);
    EXPECT_LT(peak_kib([&] {
                  for (const NewBlob& blob : blobs) {
                      ASSERT_TRUE(repository_->stream_blob(
                          blob.oid, [](std::span<const std::byte>) -> Result<void> { return {}; }));
                  }
              }),
              limit_kib);
    EXPECT_LT(peak_kib([&] {
                  Result<PackReader> reader = PackReader::make(*repository_, {blobs[1].oid});
                  ASSERT_TRUE(reader);
                  std::vector<std::byte> buffer(std::size_t{1} << 20);
                  for (;;) {
                      const Result<std::size_t> got = reader->read(buffer);
                      ASSERT_TRUE(got);
                      if (*got == 0) break;
                  }
              }),
              limit_kib);
    EXPECT_LT(peak_kib([&] { ASSERT_TRUE(repository_->check()->problems.empty()); }), limit_kib);
    static_cast<void>(commit_of("a second pack"));
    JoinRule rule;
    rule.pile = 2;
    rule.largest = UINT64_MAX;
    static_cast<void>(commit_of(test::noise(150'000'000, 1)));
    EXPECT_LT(peak_kib([&] { ASSERT_GE(repository_->join_packs(rule, {})->packs, 2U); }), limit_kib);
}

}  // namespace
}  // namespace autobackup::git::memory_test
