// SPDX-License-Identifier: MIT
// What drills leave on a server is taken away, and nothing else is.
#include "daemon/checks/sweep.hpp"

#include <gtest/gtest.h>

#include "tests/lib/cvat/standin_fixture.hpp"
#include "tests/support/temp_dir.hpp"

namespace autobackup::checks::sweep_test {
namespace {

namespace json = boost::json;

const std::string name = "autobackupd drill 01KAJ7Z8R2M3N4P5Q6R7S8T9VW of signs: project 12";

class Sweeping : public testing::Test {
protected:
    void SetUp() override {
        store_ = std::shared_ptr<state::Store>(state::open_sqlite(directory_.path() / "state.sqlite")->store.release());
        remnants_.emplace(Remnants::load(store_, "signs").value());
    }

    std::int64_t make(const std::string& called) {
        const json::value made = standin_.order("mutate", json::serialize(json::object{{"op", "create_project"}, {"name", called}}));
        return made.at("project").to_number<std::int64_t>();
    }

    void note(const std::string& called, std::int64_t id, std::chrono::hours ago = std::chrono::hours(0)) {
        Remnant one;
        one.url = standin_.url();
        one.server = "lab";
        one.name = called;
        one.id = id;
        one.noted = now() - ago;
        ASSERT_TRUE(remnants_->add(one));
    }

    Swept swept() {
        auto work = [this]() -> Awaitable<Swept> {
            const Result<cvat::About> about = co_await lab_.client_.connect();
            EXPECT_TRUE(about);
            Swept out = co_await sweep(lab_.client_, lab_.workers_, *remnants_, standin_.url());
            lab_.http_->close_idle();
            co_return out;
        };
        return test::run_coroutine(work);
    }

    bool there(std::int64_t id) {
        auto work = [this, id]() -> Awaitable<bool> {
            const Result<cvat::Project> project = co_await lab_.client_.project(id);
            lab_.http_->close_idle();
            co_return project.has_value();
        };
        return test::run_coroutine(work);
    }

    test::TempDir directory_;
    test::CvatStandin standin_{{"--seed", "empty"}};
    cvat::Lab lab_{standin_.url(), cvat::Lab::password()};
    std::shared_ptr<state::Store> store_;
    std::optional<Remnants> remnants_;
};

TEST_F(Sweeping, WhatIsKnownGoesAndIsForgotten) {
    const std::int64_t id = make(name), other = make("Signs");
    note(name, id);
    const Swept done = swept();
    ASSERT_EQ(done.removed.size(), 1U);
    EXPECT_EQ(done.removed[0], "project " + std::to_string(id) + " \"" + name + "\" of lab");
    EXPECT_FALSE(there(id));
    EXPECT_TRUE(there(other));
    EXPECT_TRUE(remnants_->all().empty());
}

TEST_F(Sweeping, OneWhoseIdNobodyKnowsIsFoundByItsName) {
    const std::int64_t id = make(name), other = make(name + "0");
    note(name, 0);
    EXPECT_EQ(swept().removed.size(), 1U);
    EXPECT_FALSE(there(id));
    EXPECT_TRUE(there(other));
    EXPECT_TRUE(remnants_->all().empty());
}

TEST_F(Sweeping, WhatIsNotThereMayComeForADay) {
    note(name, 0);
    EXPECT_EQ(swept().awaited.size(), 1U);
    EXPECT_EQ(remnants_->all().size(), 1U);
    remnants_->forget(remnants_->all()[0]).value();
    note(name, 0, std::chrono::hours(25));
    EXPECT_TRUE(swept().awaited.empty());
    EXPECT_TRUE(remnants_->all().empty());
}

TEST_F(Sweeping, WhatSomebodyHasMadeHisOwnStays) {
    const std::int64_t id = make("My signs now");
    note(name, id);
    const Swept done = swept();
    EXPECT_TRUE(done.removed.empty());
    ASSERT_EQ(done.let_go.size(), 1U);
    EXPECT_TRUE(there(id));
    EXPECT_TRUE(remnants_->all().empty());
}

TEST_F(Sweeping, WhatWasMadeAtAnotherTimeIsAnotherOne) {
    const std::int64_t id = make(name);
    Remnant one;
    one.url = standin_.url();
    one.server = "lab";
    one.name = name;
    one.id = id;
    one.created = *parse_rfc3339("2020-01-01T00:00:00Z");
    one.noted = now();
    ASSERT_TRUE(remnants_->add(one));
    EXPECT_EQ(swept().let_go.size(), 1U);
    EXPECT_TRUE(there(id)) << "another server under this address, with the same numbers";
}

TEST_F(Sweeping, WhatTheServerKeepsIsToldAndRemembered) {
    const std::int64_t id = make(name);
    note(name, id);
    standin_.order("fault", R"({"match":{"method":"DELETE","path":"/api/projects/"},"count":1,"action":{"status":403,"body":{"detail":"not you"}}})");
    const Swept refused = swept();
    ASSERT_EQ(refused.left.size(), 1U);
    EXPECT_EQ(refused.left[0].remnant, remnants_->all().at(0));
    EXPECT_NE(refused.left[0].why.object.find(name), std::string::npos);
    EXPECT_NE(refused.left[0].why.peer.find("not you"), std::string::npos);
    EXPECT_EQ(remnants_->all().size(), 1U);
    EXPECT_EQ(swept().removed.size(), 1U);
    EXPECT_TRUE(remnants_->all().empty());
}

TEST_F(Sweeping, WhatTheServerKeepsForAMonthIsGivenUp) {
    const std::int64_t young = make(name), old = make(name + "0");
    note(name, young, std::chrono::hours(24 * 29));
    note(name + "0", old, std::chrono::hours(24 * 30));
    standin_.order("fault", R"({"match":{"method":"GET","path":"/api/projects/"},"count":2,"action":{"status":403,"body":{"detail":"not yours"}}})");
    const Swept refused = swept();
    ASSERT_EQ(refused.left.size(), 1U);
    EXPECT_EQ(refused.left[0].remnant.id, young);
    ASSERT_EQ(refused.let_go.size(), 1U);
    EXPECT_NE(refused.let_go[0].find("project " + std::to_string(old) + " \"" + name + "0\" of lab"), std::string::npos) << refused.let_go[0];
    EXPECT_NE(refused.let_go[0].find("not yours"), std::string::npos) << refused.let_go[0];
    ASSERT_EQ(remnants_->all().size(), 1U);
    EXPECT_EQ(remnants_->all()[0].id, young);
    EXPECT_TRUE(there(old));
}

TEST_F(Sweeping, WhatIsGoneAlreadyIsForgotten) {
    note(name, 4711);
    const Swept done = swept();
    EXPECT_TRUE(done.removed.empty());
    EXPECT_TRUE(done.left.empty());
    EXPECT_TRUE(remnants_->all().empty());
}

TEST_F(Sweeping, OtherServersAreNotAsked) {
    Remnant one;
    one.url = "http://127.0.0.1:1";
    one.server = "away";
    one.name = name;
    one.noted = now();
    ASSERT_TRUE(remnants_->add(one));
    swept();
    EXPECT_EQ(remnants_->all().size(), 1U);
}

}  // namespace
}  // namespace autobackup::checks::sweep_test
