// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "lib/cvat/export_failure.hpp"
#include "lib/cvat/family.hpp"
#include "lib/cvat/paging.hpp"
#include "lib/cvat/poll_plan.hpp"
#include "lib/cvat/session.hpp"

namespace autobackup::cvat::decisions_test {
namespace {

namespace json = boost::json;
using Next = PageCollector::Next;

TEST(Family, ReadsTheLeadingVersionOnly) {
    EXPECT_EQ(parse_version("2.54.1.dev20251231153000"), (Version{2, 54, 1}));
    EXPECT_EQ(parse_version("2.14.4"), (Version{2, 14, 4}));
    EXPECT_EQ(parse_version("2.15.0-alpha"), (Version{2, 15, 0}));
    for (const char* odd : {"", "2", "2.54", "v2.54.1", "dev", "2.-4.1", "2.99999999999.1", "2..1"})
        EXPECT_FALSE(parse_version(odd)) << odd;
}

struct FamilyCase {
    const char* version;
    bool has_requests;
    std::optional<bool> gone;
    std::optional<Family> family;
};
class FamilyOf : public testing::TestWithParam<FamilyCase> {};
TEST_P(FamilyOf, IsDecidedByBehaviourAndRefinedByVersion) {
    FamilyProbe probe;
    probe.has_requests = GetParam().has_requests;
    probe.old_backup_gone = GetParam().gone;
    EXPECT_EQ(family_of(parse_version(GetParam().version), probe), GetParam().family);
}
INSTANTIATE_TEST_SUITE_P(
    Servers, FamilyOf,
    testing::Values(FamilyCase{"2.14.4", false, {}, Family::a}, FamilyCase{"2.54.1", false, {}, Family::a},
                    FamilyCase{"2.16.0", true, {}, Family::b}, FamilyCase{"2.31.9", true, {}, Family::b},
                    FamilyCase{"2.32.0", true, {}, Family::c}, FamilyCase{"2.37.0", true, {}, Family::c},
                    FamilyCase{"2.38.0", true, {}, Family::d}, FamilyCase{"3.0.0", true, {}, Family::d},
                    FamilyCase{"mine", true, {}, std::nullopt}, FamilyCase{"1.0.0", true, {}, std::nullopt},
                    FamilyCase{"mine", true, true, Family::d}, FamilyCase{"mine", true, false, Family::b}));

json::value page(std::initializer_list<int> ids, int count, const char* next) {
    json::object out;
    json::array results;
    for (const int id : ids) results.push_back(json::object({{"id", id}}));
    out["count"] = count;
    out["results"] = results;
    out["next"] = nullptr;
    if (next) out["next"] = next;
    return out;
}

TEST(Paging, FollowsTheRebasedNext) {
    PageCollector pages("/cvat");
    EXPECT_EQ(pages.take(page({1, 2}, 3, "http://wrong:8080/cvat/api/tasks?page=2&page_size=2")), Next::more);
    EXPECT_EQ(pages.next_path(), "/api/tasks?page=2&page_size=2");
    EXPECT_EQ(pages.take(page({3}, 3, nullptr)), Next::done);
    EXPECT_EQ(pages.items().size(), 3U);
}

TEST(Paging, NoticesThatTheListMoves) {
    {
        PageCollector pages("/");
        pages.take(page({1, 2}, 4, "/api/tasks?page=2"));
        EXPECT_EQ(pages.take(page({3}, 3, nullptr)), Next::moved) << "the count changed";
    }
    {
        PageCollector pages("/");
        pages.take(page({1, 2}, 4, "/api/tasks?page=2"));
        EXPECT_EQ(pages.take(page({2, 3}, 4, nullptr)), Next::moved) << "one came twice, so one is missing";
    }
    {
        PageCollector pages("/");
        pages.take(page({1, 2}, 4, "/api/tasks?page=2"));
        EXPECT_EQ(pages.take(page({1, 2}, 4, "/api/tasks?page=2")), Next::moved)
            << "a next that brings nothing new";
    }
}

TEST(Paging, TakesABareListAndRefusesOtherThings) {
    PageCollector bare("/");
    EXPECT_EQ(bare.take(json::parse(R"([{"id":1},{"id":1},{"id":2}])")), Next::done);
    EXPECT_EQ(bare.items().size(), 2U);
    PageCollector other("/");
    EXPECT_EQ(other.take(json::parse(R"({"count":1})")), Next::broken);
    EXPECT_NE(other.problem().find("results"), std::string::npos);
    PageCollector url("/");
    EXPECT_EQ(url.take(page({1}, 2, "nonsense")), Next::broken);
}

TEST(Paging, AddsSizeAndOrderOnce) {
    EXPECT_EQ(with_page_size("/api/tasks", "500"), "/api/tasks?page_size=500&sort=id");
    EXPECT_EQ(with_page_size("/api/tasks?org=", "500"), "/api/tasks?org=&page_size=500&sort=id");
    EXPECT_EQ(with_page_size("/api/x?page_size=all&sort=-id", "500"), "/api/x?page_size=all&sort=-id");
}

TEST(PollPlan, DoublesUpToTheMaximumWithJitter) {
    PollPlan plan(Milliseconds(500), Milliseconds(3'000), Milliseconds(60'000));
    EXPECT_EQ(plan.next_delay(0.5), Milliseconds(500));
    EXPECT_EQ(plan.next_delay(0.5), Milliseconds(1'000));
    EXPECT_EQ(plan.next_delay(0.0), Milliseconds(1'600));
    EXPECT_EQ(plan.next_delay(0.999), Milliseconds(3'598));
    EXPECT_EQ(plan.next_delay(0.5), Milliseconds(3'000));
    PollPlan none(Milliseconds(0), Milliseconds(0), Milliseconds(60'000));
    EXPECT_GE(none.next_delay(0.0), Milliseconds(1));
}

TEST(PollPlan, AsksTheListOnceAMinute) {
    PollPlan plan(Milliseconds(500), Milliseconds(15'000), Milliseconds(60'000));
    EXPECT_FALSE(plan.take_list_turn(Milliseconds(0)));
    EXPECT_FALSE(plan.take_list_turn(Milliseconds(59'999)));
    EXPECT_TRUE(plan.take_list_turn(Milliseconds(61'000)));
    EXPECT_FALSE(plan.take_list_turn(Milliseconds(90'000)));
    EXPECT_TRUE(plan.take_list_turn(Milliseconds(121'000)));
}

TEST(RetryWait, FollowsTheServersWish) {
    Failure failure = fail(Errc::server_error, "GET", "x", "m");
    const Milliseconds base(100);
    const Milliseconds max(1'000);
    EXPECT_TRUE(retry_wait(failure, 1, 3, base, max, 0.5));
    EXPECT_FALSE(retry_wait(failure, 3, 3, base, max, 0.5)) << "no try is left";
    failure.retry_after = std::chrono::seconds(5);
    EXPECT_GE(*retry_wait(failure, 1, 3, base, max, 0.5), Milliseconds(5'000));
    failure.retry_after = std::chrono::seconds(3'600);
    EXPECT_FALSE(retry_wait(failure, 1, 3, base, max, 0.5)) << "more patience than we have";
    EXPECT_FALSE(retry_wait(fail(Errc::forbidden, "GET", "x", "m"), 1, 3, base, max, 0.5));
}

struct MessageCase {
    const char* message;
    Errc code;
    bool transient;
};
class ExportMessages : public testing::TestWithParam<MessageCase> {};
TEST_P(ExportMessages, AreToldApart) {
    const Failure failure = export_failure(GetParam().message, "project 12 of lab");
    EXPECT_EQ(failure.code, GetParam().code);
    EXPECT_EQ(failure.transient, GetParam().transient);
    EXPECT_FALSE(failure.message.empty());
    EXPECT_EQ(failure.object, "project 12 of lab");
    EXPECT_EQ(failure.peer.find('\n'), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(
    Messages, ExportMessages,
    testing::Values(
        MessageCase{"rq.timeouts.JobTimeoutException: Task exceeded maximum timeout value (14400 seconds)\n",
                    Errc::export_failed, false},
        MessageCase{"Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); ",
                    Errc::export_failed, true},
        MessageCase{"Moved to FailedJobRegistry, due to AbandonedJobError, at 2026-11-21 05:00:00",
                    Errc::export_failed, true},
        MessageCase{"Job was stuck in intermediate queue.", Errc::export_failed, true},
        MessageCase{"OSError: [Errno 28] No space left on device", Errc::export_failed, false},
        MessageCase{"FileNotFoundError: [Errno 2] No such file or directory: '/x/sub/frame_004.jpg'\n",
                    Errc::export_failed, false},
        MessageCase{"ValueError: ZIP does not support timestamps before 1980\n", Errc::export_failed, false},
        MessageCase{"rest_framework.exceptions.ValidationError: [ErrorDetail(string='Such a project does not "
                    "exist', code='invalid')]\n",
                    Errc::not_found, false},
        MessageCase{"rest_framework.exceptions.ValidationError: [ErrorDetail(string='x', code='invalid')]\n",
                    Errc::export_failed, false},
        MessageCase{"cvat.apps.dataset_manager.util.LockNotAvailableError: Failed to acquire lock",
                    Errc::export_failed, true},
        MessageCase{"django.db.utils.OperationalError: server closed the connection unexpectedly\n",
                    Errc::export_failed, true},
        MessageCase{"", Errc::export_failed, true}));

TEST(ExportMessages, OfATracebackTheLastLineCounts) {
    const Failure failure = export_failure(
        "Traceback (most recent call last):\n  File \"/opt/x.py\"\nValueError: bad thing\n", "task 7");
    EXPECT_EQ(failure.peer, "ValueError: bad thing");
}

}  // namespace
}  // namespace autobackup::cvat::decisions_test
