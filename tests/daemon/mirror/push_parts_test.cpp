// SPDX-License-Identifier: MIT
// A commit that is larger than a push may be, and a push that ends before its end, brought to another place by the real git.
#include <gtest/gtest.h>

#include "daemon/mirror/push_out.hpp"
#include "lib/core/file.hpp"
#include "lib/remote/part_refs.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::mirror::push_parts_test {
namespace {

constexpr const char* main_ref = "refs/heads/main";

class PartsOfAMirror : public testing::Test {
protected:
    void SetUp() override {
        git::Repository here = git::Repository::open_or_init(here_, "main").value();
        ASSERT_TRUE(git::Repository::open_or_init(there_, "main"));
        std::vector<test::NamedContent> files;
        for (int i = 0; i < 12; ++i) files.push_back({"file-" + std::to_string(i), test::noise(3000, static_cast<unsigned>(i)), true});
        tip_ = test::write_commit(here, files, {}).value();
        add(here, main_ref, *tip_);
        same_files_ = test::write_commit(here, files, {}, 1'700'000'500).value();
        after_ = test::write_commit(here, {{"small", "after", true}}, {*tip_}, 1'700'000'600).value();
        small_ = test::write_commit(here, {{"small", "small", true}}, {}, 1'700'000'700).value();
        wanted_ = {{main_ref, *tip_}};
    }
    void add(git::Repository& here, const char* ref, const git::Oid& oid) { ASSERT_TRUE(here.set_ref(ref, oid, std::nullopt, "test")); }

    Result<PushedOut> push(std::optional<RefMap> known = RefMap()) {
        PushOrder order;
        order.repository = here_;
        order.url = there_.string();
        order.refs = wanted_;
        order.first = main_ref;
        order.known = std::move(known);
        order.largest_push = 10'000;
        auto work = [&]() -> Awaitable<Result<PushedOut>> {
            async::Workers workers(2);
            const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
            remote::Settings at;
            at.url = there_.string();
            const std::unique_ptr<remote::Remote> git = remote::make_remote(*client, workers, std::move(at)).value();
            config::Retry retry;
            retry.attempts = 1;
            PushPlace place{*git};
            place.landed = [this](RefMap landed) -> Awaitable<void> {
                landed_.push_back(std::move(landed));
                co_return;
            };
            co_return co_await push_out(order, std::move(place), workers, retry);
        };
        return test::run_coroutine(work, Milliseconds(60'000));
    }
    std::string refs() const { return test::git(there_, {"for-each-ref", "--format=%(refname) %(objectname)"}); }
    // The server notes each update, and refuses refs that match `pattern` of the shell.
    void install_hook(const std::string& pattern) const {
        ASSERT_TRUE(make_directories(there_ / "hooks"));
        ASSERT_TRUE(write_file_durably(there_ / "hooks/update",
                                       "#!/bin/sh\ncase \"$1\" in " + pattern + ") echo no room >&2; exit 1;; esac\necho \"$1\" >> pushes\n", 0755));
    }
    // The server dies in the hook of that name, once a ref that matches `ref` is in it.
    void install_death(const std::string& hook, const std::string& ref, const std::string& state = "") const {
        ASSERT_TRUE(make_directories(there_ / "hooks"));
        const std::string when = state.empty() ? "" : "test \"$1\" = " + state + " || exit 0\n";
        ASSERT_TRUE(write_file_durably(there_ / "hooks" / hook, "#!/bin/sh\n" + when + "grep -q " + ref + " && kill -9 $PPID\nexit 0\n", 0755));
    }
    std::string pushes() const { return read_file(there_ / "pushes").value(); }
    std::string part(std::size_t number) const { return remote::part_ref(*tip_, number); }

    test::TempDir directory_;
    fs::path here_ = directory_.path() / "here.git", there_ = directory_.path() / "there.git";
    std::optional<git::Oid> tip_;
    git::Oid same_files_, after_, small_;  // of the large commit, built on it, neither
    RefMap wanted_;
    std::vector<RefMap> landed_;
};

TEST_F(PartsOfAMirror, GoAheadAndAreRemovedOnceTheCommitIsThere) {
    install_hook("nothing");
    const Result<PushedOut> pushed = push();
    ASSERT_TRUE(pushed) << describe(pushed.error());
    EXPECT_EQ(pushed->changed, 1U) << "parts are no refs of ours";
    EXPECT_EQ(pushed->warning, "");
    EXPECT_EQ(pushes().substr(0, 3 * (part(1).size() + 1)), part(1) + "\n" + part(2) + "\n" + part(3) + "\n");
    const std::string all = refs();
    EXPECT_NE(all.find(main_ref), std::string::npos);
    EXPECT_EQ(all.find(remote::part_prefix), std::string::npos) << all;
    const test::CommandResult fsck = test::try_git(there_, {"fsck", "--full", "--strict", "--no-dangling"});
    EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
}

TEST_F(PartsOfAMirror, AnInterruptedPushGoesOnWithTheOthers) {
    install_hook("*/2");
    const Result<PushedOut> refused = push();
    ASSERT_TRUE(refused) << describe(refused.error());
    ASSERT_EQ(refused->refused.size(), 1U);
    EXPECT_EQ(refused->refused[0].ref, main_ref);
    const Failure& why = refused->refused[0].why;
    EXPECT_EQ(why.code, Errc::push_rejected);
    EXPECT_NE(why.message.find("a part of a commit"), std::string::npos) << why.message;
    EXPECT_NE(why.peer.find("no room"), std::string::npos);
    EXPECT_EQ(refused->changed, 0U);
    EXPECT_EQ(refused->there, RefMap());
    EXPECT_NE(refs().find(part(1)), std::string::npos);
    install_hook("nothing");
    remove_quietly(there_ / "pushes");
    const Result<PushedOut> pushed = push();
    ASSERT_TRUE(pushed) << describe(pushed.error());
    EXPECT_EQ(pushes().find(part(2) + "\n" + part(3)), 0U) << pushes();
    EXPECT_EQ(refs().find(remote::part_prefix), std::string::npos);
}

TEST_F(PartsOfAMirror, WhatDoesNotHoldTheCommitComesWithoutIt) {
    wanted_ = {{main_ref, *tip_}, {"refs/heads/after", after_}, {"refs/heads/same-files", same_files_}, {"refs/heads/small", small_}, {"refs/tags/v1", *tip_}};
    install_hook("*" + tip_->hex() + "/2");
    const Result<PushedOut> pushed = push(RefMap{{"refs/heads/after", small_}});
    ASSERT_TRUE(pushed) << describe(pushed.error());
    std::vector<std::string> left_out;
    for (const Refusal& one : pushed->refused) left_out.push_back(one.ref);
    EXPECT_EQ(left_out, (std::vector<std::string>{main_ref, "refs/heads/after", "refs/tags/v1"}));
    EXPECT_EQ(pushed->there, (RefMap{{"refs/heads/same-files", same_files_}, {"refs/heads/small", small_}}));
    EXPECT_EQ(pushed->changed, 2U);
    const test::CommandResult fsck = test::try_git(there_, {"fsck", "--full", "--strict", "--no-dangling"});
    EXPECT_EQ(fsck.exit_code, 0) << "its files were planned to go with the large commit: " << fsck.output;
    install_hook("nothing");
    const Result<PushedOut> again = push();
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_EQ(again->there, wanted_);
    EXPECT_EQ(refs().find(remote::part_prefix), std::string::npos);
}

TEST_F(PartsOfAMirror, WhatIsBuiltOnARefusedBranchComesWhole) {
    wanted_ = {{main_ref, *tip_}, {"refs/heads/after", after_}};
    ASSERT_TRUE(make_directories(there_ / "hooks"));
    ASSERT_TRUE(write_file_durably(there_ / "hooks/pre-receive", "#!/bin/sh\n! grep -q refs/heads/main\n", 0755));  // nothing of such a push is kept
    const Result<PushedOut> pushed = push();
    ASSERT_TRUE(pushed) << describe(pushed.error());
    ASSERT_EQ(pushed->refused.size(), 1U);
    EXPECT_EQ(pushed->refused[0].ref, main_ref);
    EXPECT_EQ(pushed->there, (RefMap{{"refs/heads/after", after_}}));
    const test::CommandResult fsck = test::try_git(there_, {"fsck", "--full", "--strict", "--no-dangling"});
    EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
}

TEST_F(PartsOfAMirror, WhatLandedIsToldWhenThePushFails) {
    wanted_ = {{main_ref, small_}, {"refs/heads/dev", same_files_}};
    install_death("pre-receive", "refs/autobackup/part");
    ASSERT_FALSE(push());
    ASSERT_EQ(landed_.size(), 2U) << "after the step, for whoever is stopped later, and in the end";
    EXPECT_EQ(landed_[0], (RefMap{{main_ref, small_}}));
    EXPECT_EQ(landed_[1], landed_[0]);
}

TEST_F(PartsOfAMirror, WhatLandedWithoutAnAnswerIsToldToo) {
    wanted_ = {{main_ref, small_}};
    install_death("reference-transaction", main_ref, "committed");
    ASSERT_FALSE(push());
    EXPECT_EQ(landed_, (std::vector<RefMap>{{{main_ref, small_}}}));
    remove_quietly(there_ / "hooks/reference-transaction");
    landed_.clear();
    ASSERT_TRUE(push());
    EXPECT_TRUE(landed_.empty()) << "a push that is done is told by what it gives back";
}

TEST_F(PartsOfAMirror, WhatAnInterruptedPushLeftIsRemovedWhereThePlaceFollowsUs) {
    ASSERT_TRUE(push());
    const std::string left = std::string(remote::part_prefix) + std::string(40, 'a') + "/1";
    test::git(there_, {"update-ref", left, tip_->hex()});
    ASSERT_TRUE(push(std::nullopt));
    EXPECT_NE(refs().find(left), std::string::npos) << "it may be another's";
    ASSERT_TRUE(push());
    EXPECT_EQ(refs().find(left), std::string::npos);
}

}  // namespace
}  // namespace autobackup::mirror::push_parts_test
