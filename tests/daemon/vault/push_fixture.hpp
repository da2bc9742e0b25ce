// SPDX-License-Identifier: MIT
// A vault, and a git server (nginx, git http-backend) with an empty repository for each test.
#pragma once

#include <gtest/gtest.h>

#include "daemon/vault/push_plan.hpp"
#include "daemon/vault/target.hpp"
#include "lib/core/file.hpp"
#include "tests/support/git_objects.hpp"
#include "tests/support/git_program.hpp"
#include "tests/support/git_server.hpp"
#include "tests/support/run_coroutine.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::vault {

class PushTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        git::initialise_library();
        place_ = std::make_unique<test::TempDir>();
        server_ = std::make_unique<test::GitServer>(place_->path(), std::vector<std::string>{"--password", "bot-password"});
    }
    static void TearDownTestSuite() {
        server_.reset();
        place_.reset();
    }
    void SetUp() override {
        repository_.emplace(git::Repository::open_or_init(path_, "main").value());
        static int number = 0;
        name_ = "r" + std::to_string(++number) + ".git";
        test::git(place_->path(), {"init", "-q", "--bare", (server_->repositories() / name_).string()});
        test::git(target(), {"config", "http.receivepack", "true"});
    }
    [[nodiscard]] fs::path target() const { return server_->repositories() / name_; }
    std::string on_target(const std::vector<std::string>& arguments) const { return test::git(target(), arguments); }

    /// A commit on top of `tip_` with so many new files of that size.
    void add_commit(std::size_t files, std::size_t size) {
        for (std::size_t i = 0; i < files; ++i) {
            const unsigned seed = ++seed_;
            files_.push_back({"cvat_backup_project_1/data/" + std::to_string(seed) + ".png", test::noise(size, seed), false});
        }
        std::vector<git::Oid> parents;
        if (tip_) parents.push_back(*tip_);
        const git::Oid commit = test::write_commit(*repository_, files_, parents, 1'700'000'000 + seed_).value();
        ASSERT_TRUE(repository_->set_ref("refs/heads/main", commit, tip_, "test"));
        tip_ = commit;
    }
    [[nodiscard]] remote::Settings access() const {
        remote::Settings at;
        at.url = server_->url("git/" + name_);
        at.username = "bot";
        at.password = Secret("bot-password");
        return at;
    }
    /// What a test's coroutine works with.
    struct Place {
        async::Workers& workers;
        http::Client& client;
        Vault& vault;
        Target& target;
    };
    /// Runs `use(place)` (a callable that gives an Awaitable) with a target that takes `largest` bytes at once.
    template <class Use>
    auto with_target(std::uint64_t largest, Use use) {
        auto work = [&]() -> std::invoke_result_t<Use&, Place&> {
            async::Workers workers(2);
            const std::unique_ptr<http::Client> client = http::make_client(http::ClientSettings()).value();
            Vault vault(workers, path_, "main");
            TargetSettings settings;
            settings.url = access().url;
            settings.branch = "main";
            settings.spool = place_->path() / "spool";
            settings.attempts = attempts_;
            settings.retry_delay = Milliseconds(1);
            settings.largest_push = largest;
            std::unique_ptr<remote::Remote> remote = remote::make_remote(*client, workers, access()).value();
            if (wrap_) remote = wrap_(std::move(remote));
            Target target(vault, std::move(remote), std::move(settings));
            Place place{workers, *client, vault, target};
            auto outcome = co_await use(place);
            client->close_idle();
            co_return outcome;
        };
        return test::run_coroutine(work, Milliseconds(60'000));
    }
    /// "update refs/heads/main", … : every ref update that the server took, in order.
    [[nodiscard]] std::vector<std::string> pushes() const {
        std::vector<std::string> lines;
        const Result<std::string> read = read_file(target() / "pushes");
        const std::string text = read ? *read : std::string();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            lines.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        return lines;
    }
    /// The server notes each ref update, and refuses one whose ref matches `pattern` (a shell pattern).
    void install_hook(const std::string& pattern = "nothing") const {
        const fs::path hook = target() / "hooks/update";
        ASSERT_TRUE(make_directories(hook.parent_path()));
        ASSERT_TRUE(write_file_durably(hook, "#!/bin/sh\ncase \"$1\" in " + pattern +
                                                 ") echo no room >&2; exit 1;; esac\necho \"$1 $(du -sb objects | cut -f1)\" >> pushes\n",
                                       0755));
    }
    void expect_whole() const {
        EXPECT_EQ(on_target({"rev-parse", "main"}), tip_->hex() + "\n");
        EXPECT_EQ(on_target({"for-each-ref", "--format=%(refname)"}), "refs/heads/main\n");
        const test::CommandResult fsck = test::try_git(target(), {"fsck", "--full", "--strict", "--no-dangling"});
        EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
    }

    static inline std::unique_ptr<test::TempDir> place_;
    static inline std::unique_ptr<test::GitServer> server_;
    test::TempDir directory_;
    fs::path path_ = directory_.path() / "vault.git";
    std::optional<git::Repository> repository_;
    std::string name_;
    std::vector<test::NamedContent> files_;
    std::optional<git::Oid> tip_;
    unsigned seed_ = 0;
    int attempts_ = 1;
    std::function<std::unique_ptr<remote::Remote>(std::unique_ptr<remote::Remote>)> wrap_;
};

}  // namespace autobackup::vault
