// SPDX-License-Identifier: MIT
// Plans made from the configuration, and what is remembered as text.
#include <random>

#include "scheduler_kit.hpp"

namespace autobackup::scheduler::memory_test {
namespace {

TEST(Plan, is_made_from_a_job_of_the_configuration) {
    config::Job configured;
    configured.name = "nightly";
    configured.schedule = {"daily 02:30", "manual", "sun 04:00"};
    configured.time_zone = "Asia/Tokyo";
    configured.jitter = 15min;
    configured.catch_up = config::CatchUp::none;
    configured.overlap = config::Overlap::queue;
    configured.after = {"first"};
    const auto plan = plan_of(configured, "machine");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->schedule_text(), "daily 02:30; sun 04:00");
    EXPECT_EQ(plan->zone.name(), "Asia/Tokyo");
    EXPECT_GE(plan->jitter, 0ms);
    EXPECT_LT(plan->jitter, 15min);
    EXPECT_FALSE(plan->catch_up);
    EXPECT_TRUE(plan->queue_overlap);
    EXPECT_EQ(plan->after, Lines{"first"});
}

TEST(Plan, a_run_goes_on_doubling_where_its_steps_end) {
    config::Job configured;
    configured.schedule = {"manual"};
    EXPECT_EQ(plan_of(configured, "")->retry.first, 40s) << "steps wait 5, 10 and 20 seconds";
    configured.retry = config::Retry{2, 200ms, 1s};
    EXPECT_EQ(plan_of(configured, "")->retry.first, 400ms);
    configured.retry = config::Retry{100, 1s, 5min};
    EXPECT_EQ(plan_of(configured, "")->retry.first, 5min);
    configured.retry = config::Retry{1, 0s, 0s};
    EXPECT_EQ(plan_of(configured, "")->retry.attempts, 1);
    EXPECT_GT(plan_of(configured, "")->retry.first, 0ms);
}

TEST(Plan, what_cannot_be_read_is_refused) {
    config::Job configured;
    configured.schedule = {"30 2 30 2 *"};
    EXPECT_EQ(plan_of(configured, "").error().code, Errc::config_invalid);
    configured.schedule = {"hourly"};
    configured.time_zone = "Mars/Olympus";
    EXPECT_EQ(plan_of(configured, "").error().code, Errc::config_invalid);
}

TEST(Jitter, is_stable_and_spread_over_jobs_and_hosts) {
    EXPECT_EQ(jitter_of("host", "nightly", 0ms), 0ms);
    EXPECT_EQ(jitter_of("host", "nightly", 15min), Milliseconds(12'128)) << "never to change: users know the minute";
    EXPECT_NE(jitter_of("host", "nightly", 15min), jitter_of("other", "nightly", 15min));
    std::vector<int> tenths(10);
    for (int i = 0; i < 10'000; ++i) {
        const Milliseconds jitter = jitter_of("host", "job-" + std::to_string(i), 10s);
        ASSERT_LT(jitter, 10s);
        ++tenths[static_cast<std::size_t>(jitter / 1s)];
    }
    for (const int count : tenths) EXPECT_NEAR(count, 1000, 150);
}

Memory full_memory() {
    Memory memory;
    memory.schedule = "daily 02:30";
    memory.zone = "Europe/Berlin";
    memory.since = at("2026-01-01 00:00");
    memory.planned = at("2026-11-22 01:30");
    memory.due = at("2026-11-21 01:30");
    memory.window = Window::open;
    memory.attempt = 2;
    memory.retry_at = at("2026-11-21 01:35") + 120ms;
    memory.begun = memory.stopped = true;
    memory.interruptions = 3;
    memory.served = at("2026-11-20 01:30");
    memory.success = Success{at("2026-11-20 01:30"), at("2026-11-20 01:31")};
    memory.pause = Pause{at("2026-12-01 00:00"), "anna \"the admin\""};
    memory.skip = at("2026-11-22 01:30");
    memory.ran.restore({{at("2026-11-01 01:30"), at("2026-11-21 01:30")}});
    memory.skipped = 7;
    memory.missed = 8;
    return memory;
}

TEST(MemoryText, is_read_back) {
    const Memory memory = full_memory();
    const std::string text = to_text(memory);
    const auto read = parse_memory(text);
    ASSERT_TRUE(read) << describe(read.error());
    EXPECT_EQ(to_text(*read), text);
    EXPECT_EQ(read->retry_at, memory.retry_at);
    EXPECT_EQ(read->window, Window::open);
    EXPECT_EQ(read->pause->by, "anna \"the admin\"");
    EXPECT_EQ(read->ran.ranges().size(), 1U);
    EXPECT_EQ(to_text(parse_memory(to_text(Memory())).value()), to_text(Memory()));
}

TEST(MemoryText, unknown_keys_are_ignored_and_wrong_ones_named) {
    EXPECT_TRUE(parse_memory(R"({"format":1,"since":"2026-01-01T00:00:00Z","new":[1]})"));
    const auto message = [](const std::string& text) { return describe(parse_memory(text).error()); };
    for (const char* text : {"", "no", "[]", "{}", R"({"format":2})", R"({"format":1})"}) {
        EXPECT_EQ(parse_memory(text).error().code, Errc::state_invalid) << text;
    }
    for (const char* pair : {R"("since":3)", R"("planned":"soon")", R"("window":"ajar")", R"("attempt":-1)",
                             R"("attempt":1e99)", R"("begun":1)", R"("success":{})", R"("success":{"due":1})",
                             R"("pause":[])", R"("pause":{"by":1})", R"("ran":[[1,2]])", R"("ran":{})", R"("skip":{})"}) {
        const std::string text = std::string(R"({"format":1,"since":"2026-01-01T00:00:00Z",)") + pair + "}";
        EXPECT_FALSE(parse_memory(text)) << text;
    }
    EXPECT_NE(message(R"({"format":1,"since":"2026-01-01T00:00:00Z","window":"ajar"})").find("'window'"), std::string::npos);
}

TEST(MemoryText, damage_is_refused_or_read_and_never_more) {
    const std::string text = to_text(full_memory());
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string damaged = text;
        for (int flips = 0; flips < 3; ++flips) damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
        const auto read = parse_memory(damaged.substr(0, random() % (damaged.size() + 1)));
        const auto whole = parse_memory(damaged);
        if (!whole) continue;
        // Whatever could be read must not harm: the job still has a next start.
        Scheduler scheduler({});
        scheduler.configure({job("nightly", {"daily 02:30"}, "Europe/Berlin")}, {{"nightly", *whole}}, at("2026-11-21 12:00"));
        const auto view = scheduler.view("nightly", at("2026-11-21 12:00"));
        ASSERT_TRUE(view->state == State::paused || view->next_start) << damaged;
    }
}

TEST(Ran, keeps_ranges_without_gaps_and_the_latest_eight) {
    Ran ran;
    const Time first = at("2026-11-01 00:00");
    for (int day = 0; day < 10; ++day) ran.add(first + day * 24h, ran.before(first + day * 24h), true);
    ASSERT_EQ(ran.ranges().size(), 1U);
    EXPECT_TRUE(ran.range_of(first + 5 * 24h));
    EXPECT_FALSE(ran.range_of(first + 10 * 24h));
    ran.add(first + 12 * 24h, ran.before(first + 12 * 24h), false);
    EXPECT_EQ(ran.ranges().size(), 2U);
    EXPECT_FALSE(ran.range_of(first + 11 * 24h));
    for (int i = 0; i < 20; ++i) ran.add(first - (i + 1) * 48h, std::nullopt, false);
    EXPECT_EQ(ran.ranges().size(), Ran::limit);
    ran.restore({{first, first + 48h}});
    ran.forget_between();
    EXPECT_FALSE(ran.range_of(first));
    EXPECT_TRUE(ran.range_of(first + 48h));
}

TEST(Words, every_kind_of_note_has_a_name_and_a_sentence) {
    for (int kind = 0; kind <= static_cast<int>(Note::Kind::withdrawn); ++kind) {
        Note note;
        note.kind = static_cast<Note::Kind>(kind);
        note.job = "nightly";
        EXPECT_NE(text(note), "") << kind;
        EXPECT_EQ(note.kind == Note::Kind::missed, name(note.kind) == "missed") << kind;
    }
    EXPECT_EQ(name(Trigger::catch_up), "catch-up");
    EXPECT_EQ(name(State::retrying), "retrying");
    EXPECT_EQ(name(Window::withdrawn), "withdrawn");
}

}  // namespace
}  // namespace autobackup::scheduler::memory_test
