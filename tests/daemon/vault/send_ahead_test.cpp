// SPDX-License-Identifier: MIT
// Parts of a commit that go to the server before it exists, against git http-backend.
#include "daemon/vault/send_ahead.hpp"

#include <ctime>

#include "lib/async/run.hpp"
#include "tests/daemon/vault/push_fixture.hpp"

namespace autobackup::vault::send_ahead_test {
namespace {

constexpr std::uint64_t no_limit = 2'000'000'000;
constexpr std::size_t picture = 100'000;

/// A Remote that does what another one does.
class Relayed : public remote::Remote {
public:
    explicit Relayed(std::unique_ptr<remote::Remote> real) : real_(std::move(real)) {}
    Awaitable<Result<remote::Advertisement>> list_for_push() override { return real_->list_for_push(); }
    Awaitable<Result<remote::PushReport>> push(std::vector<remote::RefUpdate> updates, std::shared_ptr<http::BodySource> pack) override {
        return real_->push(std::move(updates), std::move(pack));
    }
    Awaitable<Result<remote::Advertisement>> ls_refs(std::vector<std::string> prefixes) override { return real_->ls_refs(std::move(prefixes)); }
    Awaitable<Result<remote::FetchReport>> fetch(remote::FetchRequest request, fs::path file) override { return real_->fetch(std::move(request), std::move(file)); }

protected:
    std::unique_ptr<remote::Remote> real_;
};

class LosesAnswers final : public Relayed {
public:
    using Relayed::Relayed;
    Awaitable<Result<remote::PushReport>> push(std::vector<remote::RefUpdate> updates, std::shared_ptr<http::BodySource> pack) override {
        const Result<remote::PushReport> report = co_await real_->push(std::move(updates), std::move(pack));
        co_return fail(Errc::connection_reset, "push", "the server", report ? "the answer was lost" : "it did not arrive");
    }
};

/// Lists refs that are gone, once.
class ShowsGone final : public Relayed {
public:
    ShowsGone(std::unique_ptr<remote::Remote> real, remote::PartRefs& gone) : Relayed(std::move(real)), gone_(gone) {}
    Awaitable<Result<remote::Advertisement>> list_for_push() override {
        Result<remote::Advertisement> listed = co_await real_->list_for_push();
        for (const auto& [name, oid] : std::exchange(gone_, {})) {
            remote::Ref ref;
            ref.name = name;
            ref.oid = oid;
            if (listed) listed->refs.push_back(std::move(ref));
        }
        co_return listed;
    }

private:
    remote::PartRefs& gone_;
};

class SendAheadTest : public PushTest {
protected:
    void SetUp() override {
        PushTest::SetUp();
        for (unsigned i = 0; i < 24; ++i) files_.push_back({"data/" + std::to_string(i) + ".png", test::noise(picture, i), false});
        made_ = test::commit_objects(files_, {});
    }
    enum class Answers { come, get_lost };

    /// Looks at the target, lets the blobs go ahead in parts of six, runs `between`, commits, and pushes.
    Result<PushOutcome> back_up(std::function<void()> between = {}, Answers answers = Answers::come) {
        return with_target(no_limit, [&](Place& place) { return through(place, between, answers); });
    }
    Awaitable<void> feed(Place& place, SendAhead& ahead) {
        for (std::size_t at = 0; at < made_.blobs.size(); at += 6) {
            auto grow = [this, at](git::Repository& repository) -> Result<git::SlicePack> {
                if (!pack_) pack_.emplace(git::GrowingPack::begin(repository).value());
                const auto from = made_.blobs.begin() + static_cast<std::ptrdiff_t>(at);
                const Result<void> added = pack_->add({from, from + 6});
                if (!added) return added.error();
                return pack_->slice(at, at + 6, 1'700'000'000, "a part\n");
            };
            Result<git::SlicePack> slice = co_await place.vault.with(std::move(grow));
            if (slice) ahead.add(std::move(*slice));
        }
        ahead.close();
        co_await ahead.wait();
    }
    Awaitable<void> look_and_send(Place& place, Answers answers) {
        std::vector<std::unique_ptr<remote::Remote>> spare;
        for (int i = 0; i < 2; ++i) spare.push_back(remote::make_remote(place.client, place.workers, access()).value());
        if (answers == Answers::get_lost) spare[0] = std::make_unique<LosesAnswers>(std::move(spare[0]));
        if (answers == Answers::get_lost) spare.pop_back();
        place.target.set_spare(std::move(spare));
        EXPECT_EQ(place.target.ahead_lanes(), 0U) << "not looked at yet";
        EXPECT_TRUE(co_await place.target.prepare());
        const asio::any_io_executor loop = co_await asio::this_coro::executor;
        SendAhead ahead(loop, place.target);
        std::vector<Awaitable<void>> both;
        both.push_back(feed(place, ahead));
        both.push_back(ahead.run());
        co_await async::all_of(std::move(both));
        failure_ = ahead.failure();
    }
    Awaitable<Result<PushOutcome>> through(Place& place, std::function<void()> between, Answers answers) {
        co_await look_and_send(place, answers);
        if (between) between();
        auto commit = [this](git::Repository& repository) -> Result<void> {
            const Result<std::optional<git::PackInfo>> written = repository.finish_pack(std::move(*pack_), {}, made_.objects);
            if (!written) return written.error();
            return repository.set_ref("refs/heads/main", made_.commit(), std::nullopt, "test");
        };
        const Result<void> committed = co_await place.vault.with(std::move(commit));
        if (!committed) co_return committed.error();
        tip_ = made_.commit();
        co_return co_await place.target.push();
    }
    /// The server's parts, by its refs.
    [[nodiscard]] std::string parts() const { return on_target({"for-each-ref", "--format=%(refname)", part_prefix}); }
    void expect_sent(const Result<PushOutcome>& outcome, std::uint64_t least, std::uint64_t most) const {
        ASSERT_TRUE(outcome) << describe(outcome.error());
        EXPECT_GE(outcome->bytes, least);
        EXPECT_LE(outcome->bytes, most);
        expect_whole();
    }

    test::CommitObjects made_;
    std::optional<git::GrowingPack> pack_;
    std::optional<Failure> failure_;
    static constexpr std::uint64_t all_of_it = 24 * picture;
};

TEST_F(SendAheadTest, WhatWentAheadIsNotSentAgainAndNoPartIsLeft) {
    std::string before;
    install_hook();
    const Result<PushOutcome> outcome = back_up([&] { before = parts(); });
    EXPECT_FALSE(failure_) << describe(*failure_);
    EXPECT_EQ(std::count(before.begin(), before.end(), '\n'), 4);
    expect_sent(outcome, all_of_it, all_of_it + 50'000);
    const std::vector<std::string> seen = pushes();
    ASSERT_EQ(seen.size(), 4U + 1 + 4) << "four parts, the branch, four removals";
    EXPECT_TRUE(seen[4].starts_with("refs/heads/main")) << seen[4];
}

TEST_F(SendAheadTest, AServerThatTakesNoPartsGetsAllOfItWithTheBranch) {
    install_hook("refs/autobackup/*");
    const Result<PushOutcome> outcome = back_up();
    ASSERT_TRUE(failure_);
    EXPECT_EQ(failure_->code, Errc::push_rejected);
    EXPECT_NE(failure_->peer.find("no room"), std::string::npos) << failure_->peer;
    expect_sent(outcome, all_of_it, all_of_it + 50'000);
    EXPECT_EQ(pushes().size(), 1U);
}

TEST_F(SendAheadTest, PartsThatSomebodyRemovedGoWithTheBranch) {
    const Result<PushOutcome> outcome = back_up([this] {
        std::string refs = parts();
        on_target({"update-ref", "-d", refs.substr(0, refs.find('\n'))});
        on_target({"-c", "gc.pruneExpire=now", "gc", "-q"});
    });
    EXPECT_FALSE(failure_);
    expect_sent(outcome, all_of_it, all_of_it + 50'000);
}

TEST_F(SendAheadTest, APartWhoseAnswerWasLostCounts) {
    install_hook();
    const Result<PushOutcome> outcome = back_up({}, Answers::get_lost);
    ASSERT_TRUE(failure_);
    EXPECT_EQ(failure_->code, Errc::connection_reset);
    expect_sent(outcome, all_of_it, all_of_it + 50'000);
    const std::vector<std::string> seen = pushes();
    ASSERT_EQ(seen.size(), 3U) << "the first part, the branch, a removal";
}

// The listing shows the parts, and a moment later another job removes them and the server sweeps: git's own check of the push notices.
TEST_F(SendAheadTest, WhatIsGoneBetweenTheListingAndThePushIsSentInTheEnd) {
    attempts_ = 2;
    remote::PartRefs gone;
    wrap_ = [&gone](std::unique_ptr<remote::Remote> real) { return std::make_unique<ShowsGone>(std::move(real), gone); };
    const Result<PushOutcome> outcome = back_up([&] {
        const std::string all = parts();
        for (std::size_t at = 0; at < all.size(); at = all.find('\n', at) + 1) {
            const std::string ref = all.substr(at, all.find('\n', at) - at);
            gone[ref] = git::Oid::parse(on_target({"rev-parse", ref}).substr(0, 40)).value();
            on_target({"update-ref", "-d", ref});
        }
        on_target({"-c", "gc.pruneExpire=now", "gc", "-q"});
    });
    ASSERT_TRUE(outcome) << describe(outcome.error());
    EXPECT_EQ(outcome->attempts, 2);
    EXPECT_TRUE(gone.empty()) << "it was shown";
    expect_sent(outcome, all_of_it, all_of_it + 50'000);
}

// Of two projects of a job one is committed while the other still comes.
TEST_F(SendAheadTest, APushOfAnotherItemLeavesThePartsAlone) {
    std::string between, after;
    const Result<PushOutcome> outcome = with_target(no_limit, [&](Place& place) -> Awaitable<Result<PushOutcome>> {
        place.target.keep_ahead(true);
        co_await look_and_send(place, Answers::come);
        auto other = [](git::Repository& repository) -> Result<void> {
            const Result<git::Oid> commit = test::write_commit(repository, {{"other", "of another project"}}, {});
            if (!commit) return commit.error();
            return repository.set_ref("refs/heads/main", *commit, std::nullopt, "test");
        };
        EXPECT_TRUE(co_await place.vault.with(std::move(other)));
        on_target({"update-ref", std::string(part_prefix) + "left/1", on_target({"rev-parse", parts().substr(0, parts().find('\n'))}).substr(0, 40)});
        EXPECT_TRUE(co_await place.target.push());
        between = parts();
        place.target.keep_ahead(false);
        const Result<PushOutcome> last = co_await place.target.push();
        after = parts();
        co_return last;
    });
    ASSERT_TRUE(outcome) << describe(outcome.error());
    EXPECT_EQ(std::count(between.begin(), between.end(), '\n'), 4) << between;
    EXPECT_EQ(between.find("left"), std::string::npos) << "what another run left is removed all the same";
    EXPECT_EQ(after, "");
}

TEST_F(SendAheadTest, ACommitThatDoesNotComeLeavesNoPart) {
    const Result<void> done = with_target(no_limit, [&](Place& place) -> Awaitable<Result<void>> {
        co_await look_and_send(place, Answers::come);
        EXPECT_EQ(parts().empty(), false);
        EXPECT_EQ(co_await place.target.drop_ahead(), "");
        EXPECT_EQ(co_await place.target.drop_ahead(), "") << "there is nothing any more";
        co_return Result<void>();
    });
    EXPECT_TRUE(done);
    EXPECT_EQ(parts(), "");
    pack_.reset();
    EXPECT_TRUE(fs::is_empty(path_ / "objects/pack"));
}

TEST_F(SendAheadTest, CancelledWhilePartsGoItEnds) {
    EXPECT_ANY_THROW(with_target(no_limit, [&](Place& place) -> Awaitable<Result<void>> {
        std::vector<std::unique_ptr<remote::Remote>> spare;
        for (int i = 0; i < 2; ++i) spare.push_back(remote::make_remote(place.client, place.workers, access()).value());
        place.target.set_spare(std::move(spare));
        EXPECT_TRUE(co_await place.target.prepare());
        const asio::any_io_executor loop = co_await asio::this_coro::executor;
        SendAhead ahead(loop, place.target);
        const std::clock_t before = std::clock();
        const bool ended = co_await async::with_deadline(Milliseconds(500), ahead.run());
        EXPECT_FALSE(ended) << "it waits for more until it is closed";
        EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 5) << "and does nothing meanwhile";
        throw std::runtime_error("the end");
        co_return Result<void>();
    }));
}

}  // namespace
}  // namespace autobackup::vault::send_ahead_test
