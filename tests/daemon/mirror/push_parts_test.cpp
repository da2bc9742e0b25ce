// SPDX-License-Identifier: MIT
// A commit that is larger than a push may be, brought to another place by the real git.
#include <gtest/gtest.h>

#include "daemon/mirror/push_out.hpp"
#include "lib/core/file.hpp"
#include "lib/remote/part_refs.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::mirror {
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
        ASSERT_TRUE(here.set_ref(main_ref, *tip_, std::nullopt, "test"));
    }

    Result<PushedOut> push(std::optional<RefMap> known = RefMap()) {
        PushOrder order;
        order.repository = here_;
        order.url = there_.string();
        order.refs = {{main_ref, *tip_}};
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
    std::string pushes() const { return read_file(there_ / "pushes").value(); }
    std::string part(std::size_t number) const { return remote::part_ref(*tip_, number); }

    test::TempDir directory_;
    fs::path here_ = directory_.path() / "here.git", there_ = directory_.path() / "there.git";
    std::optional<git::Oid> tip_;
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
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::push_rejected);
    EXPECT_NE(refused.error().message.find("a part of a commit"), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().peer.find("no room"), std::string::npos);
    EXPECT_NE(refs().find(part(1)), std::string::npos);
    install_hook("nothing");
    remove_quietly(there_ / "pushes");
    const Result<PushedOut> pushed = push();
    ASSERT_TRUE(pushed) << describe(pushed.error());
    EXPECT_EQ(pushes().find(part(2) + "\n" + part(3)), 0U) << pushes();
    EXPECT_EQ(refs().find(remote::part_prefix), std::string::npos);
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
}  // namespace autobackup::mirror
