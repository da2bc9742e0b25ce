// SPDX-License-Identifier: MIT
#include "lib/git/bundle.hpp"

#include "tests/lib/git/repository_fixture.hpp"

namespace autobackup::git::bundle_test {
namespace {

class Bundle : public RepositoryTest {
protected:
    void SetUp() override {
        RepositoryTest::SetUp();
        first_ = commit_of("one");
        second_ = commit_of("two", {first_}, 1'700'000'100);
        set_main(second_);
    }
    BundleRefs refs() const { return {{"refs/heads/main", second_}, {"refs/tags/v1", first_}, {"HEAD", second_}}; }

    Oid first_, second_;
    fs::path file_ = directory_.path() / "a.bundle";
};

TEST_F(Bundle, IsOneThatGitVerifiesAndClones) {
    const Result<BundleInfo> written = write_bundle(*repository_, refs(), file_, {});
    ASSERT_TRUE(written) << describe(written.error());
    EXPECT_EQ(written->objects.size(), 6U);
    EXPECT_EQ(written->bytes, fs::file_size(file_));
    const test::CommandResult verified = test::try_git(path_, {"bundle", "verify", file_.string()});
    EXPECT_EQ(verified.exit_code, 0) << verified.output;
    const fs::path clone = directory_.path() / "clone";
    test::git(directory_.path(), {"clone", "-q", file_.string(), clone.string()});
    EXPECT_EQ(test::git(clone, {"rev-parse", "HEAD"}).substr(0, 40), second_.hex());
    EXPECT_EQ(test::git(clone, {"rev-parse", "v1"}).substr(0, 40), first_.hex());
    EXPECT_EQ(read_bundle_refs(file_).value(), refs());
    EXPECT_TRUE(check_bundle(file_, {}));
}

TEST_F(Bundle, ItsPackComesOutOfIt) {
    ASSERT_TRUE(write_bundle(*repository_, refs(), file_, {}));
    const fs::path pack = directory_.path() / "out.pack";
    const Result<BundleRefs> unpacked = unpack_bundle(file_, pack, {});
    ASSERT_TRUE(unpacked) << describe(unpacked.error());
    EXPECT_EQ(*unpacked, refs());
    const std::string text = read_file(file_).value();
    EXPECT_EQ(read_file(pack).value(), text.substr(text.find("PACK")));
    std::string hurt = text;
    hurt[hurt.size() - 30] = static_cast<char>(hurt[hurt.size() - 30] ^ 1);
    ASSERT_TRUE(write_file_durably(file_, hurt));
    EXPECT_FALSE(unpack_bundle(file_, pack, {}));
    git({"bundle", "create", "-q", file_.string(), "main", "^main~1"});
    const Result<BundleRefs> partly = unpack_bundle(file_, pack, {});
    ASSERT_FALSE(partly);
    EXPECT_EQ(partly.error().message, "the bundle needs commits that it does not hold");
}

TEST_F(Bundle, OfGitItselfIsRead) {
    git({"bundle", "create", "-q", file_.string(), "main"});
    EXPECT_EQ(read_bundle_refs(file_).value(), (BundleRefs{{"refs/heads/main", second_}}));
    EXPECT_TRUE(check_bundle(file_, {}));
}

TEST_F(Bundle, EveryFlippedBitOfItsPackIsFound) {
    ASSERT_TRUE(write_bundle(*repository_, refs(), file_, {}));
    std::string text = read_file(file_).value();
    const std::size_t pack = text.find("PACK");
    for (std::size_t at = pack; at < text.size(); ++at) {
        text[at] = static_cast<char>(text[at] ^ 4);
        ASSERT_TRUE(write_file_durably(file_, text));
        const Result<void> checked = check_bundle(file_, {});
        ASSERT_FALSE(checked) << at;
        EXPECT_EQ(checked.error().code, Errc::repository_invalid);
        text[at] = static_cast<char>(text[at] ^ 4);
    }
}

TEST_F(Bundle, CutAtAnyByteIsNoBundle) {
    ASSERT_TRUE(write_bundle(*repository_, refs(), file_, {}));
    const std::string text = read_file(file_).value();
    for (std::size_t length = 0; length < text.size(); ++length) {
        ASSERT_TRUE(write_file_durably(file_, text.substr(0, length)));
        EXPECT_FALSE(check_bundle(file_, {})) << length;
    }
}

TEST_F(Bundle, StoppedLeavesNothing) {
    const Result<BundleInfo> written = write_bundle(*repository_, refs(), file_, [] { return true; });
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::cancelled);
    EXPECT_FALSE(fs::exists(file_));
    for (const auto& entry : fs::directory_iterator(directory_.path())) EXPECT_EQ(entry.path().filename(), "vault.git");
}

TEST_F(Bundle, WithoutRefsCannotBe) {
    EXPECT_EQ(write_bundle(*repository_, {}, file_, {}).error().code, Errc::bad_request);
}

}  // namespace
}  // namespace autobackup::git::bundle_test
