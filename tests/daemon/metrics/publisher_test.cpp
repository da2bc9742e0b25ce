// SPDX-License-Identifier: MIT
// The file and the listener, with real sockets and clients that mean no good.
#include "tests/daemon/metrics/publisher_fixture.hpp"

namespace autobackup::metrics::publisher_test {
namespace {

TEST_F(MetricsFile, is_written_at_the_start_with_rights_for_all_to_read) {
    const mode_t before = ::umask(0077);
    const Running running(file(), directory_.path());
    ASSERT_TRUE(test::soon([this] { return written(); }));
    ::umask(before);
    const Exposition told(content());
    EXPECT_EQ(told.value("autobackup_job_enabled{backup_job=\"traffic-signs\"}"), 1);
    EXPECT_GT(told.value("autobackup_storage_free_bytes").value_or(0), 0);
    EXPECT_NEAR(*told.value("autobackup_snapshot_timestamp_seconds"), static_cast<double>(::time(nullptr)), 10);
    struct stat seen {};
    ASSERT_EQ(::stat(path("autobackupd.prom").c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777U, 0644U);
}

TEST_F(MetricsFile, is_written_when_a_run_has_ended) {
    Running running(file(), directory_.path());
    ASSERT_TRUE(test::soon([this] { return written(); }));
    for (int i = 1; i <= 3; ++i) {
        running.run_ended();
        const std::string wanted = "\nautobackup_queue_length " + std::to_string(i) + "\n";
        EXPECT_TRUE(test::soon([&] { return content().find(wanted) != std::string::npos; })) << wanted;
    }
}

TEST_F(MetricsFile, is_written_again_though_nothing_happens) {
    const Running running(file(), directory_.path(), 50ms);
    ASSERT_TRUE(test::soon([this] { return written(); }));
    const std::string first = content();
    EXPECT_TRUE(test::soon([&] { return content() != first; }));
}

TEST_F(MetricsFile, is_whole_at_every_moment_and_leaves_nothing_beside_it) {
    {
        Running running(file(), directory_.path(), 1ms);
        ASSERT_TRUE(test::soon([this] { return written(); }));
        for (int i = 0; i < 300; ++i) {
            running.run_ended();
            const std::string seen = content();
            ASSERT_TRUE(seen.starts_with("# HELP autobackup_build_info "));
            ASSERT_TRUE(seen.ends_with("\n"));
            ASSERT_NE(seen.find("autobackup_job_runs_total{backup_job=\"fresh\",outcome=\"refused\"} 0\n"), std::string::npos);
        }
    }
    for (const auto& entry : fs::directory_iterator(directory_.path())) EXPECT_EQ(entry.path().filename(), "autobackupd.prom");
}

TEST_F(MetricsFile, what_a_killed_process_left_is_removed) {
    std::ofstream(path("autobackupd.prom.tmp-1-0")) << "half";
    std::ofstream(path("other.prom.tmp-1-0")) << "not ours";
    const Running running(file(), directory_.path());
    ASSERT_TRUE(test::soon([this] { return written(); }));
    EXPECT_FALSE(fs::exists(path("autobackupd.prom.tmp-1-0")));
    EXPECT_TRUE(fs::exists(path("other.prom.tmp-1-0")));
}

TEST_F(MetricsFile, that_cannot_be_written_is_told_once_and_tried_again) {
    config::Metrics where;
    where.file = path("missing") / "autobackupd.prom";
    Running running(where, directory_.path(), 5ms);
    ASSERT_TRUE(test::soon([&] { return !running.journal().entries().empty(); }));
    std::this_thread::sleep_for(100ms);
    ASSERT_EQ(running.journal().entries().size(), 1U) << running.journal().text();
    const journal::Entry entry = running.journal().entries()[0];
    EXPECT_EQ(entry.priority, journal::Priority::warning);
    EXPECT_EQ(entry.message_id, message_id::metrics_failed);
    EXPECT_NE(entry.message.find("the metrics file cannot be written: "), std::string::npos) << entry.message;
    EXPECT_NE(entry.message.find("missing/autobackupd.prom"), std::string::npos) << entry.message;
    fs::create_directory(path("missing"));
    EXPECT_TRUE(test::soon([&] { return fs::exists(where.file); }));
    EXPECT_FALSE(running.ended());
}

TEST_F(PublisherTest, a_loopback_port_is_answered_and_a_taken_one_is_told) {
    config::Metrics where;
    where.listen = config::MetricsListener{fs::path(), "127.0.0.1", free_port()};
    const Running first(where, directory_.path());
    ASSERT_TRUE(test::soon([&] { return Client(where.listen->port).connected(); }));
    EXPECT_TRUE(Client(where.listen->port).ask(get).starts_with("HTTP/1.1 200"));
    EXPECT_FALSE(Client(where.listen->port, "127.0.0.2").connected()) << "that address and no other";
    const Running second(where, directory_.path());
    ASSERT_TRUE(test::soon([&] { return !second.journal().entries().empty(); }));
    EXPECT_NE(second.journal().text().find("AUTOBACKUP_ERROR_CODE=busy"), std::string::npos) << second.journal().text();
    EXPECT_TRUE(first.journal().entries().empty());
}

TEST_F(PublisherTest, ends_at_once_with_nothing_to_do) {
    Running running(config::Metrics(), directory_.path());
    EXPECT_TRUE(test::soon([&] { return running.ended(); }));
}

}  // namespace
}  // namespace autobackup::metrics::publisher_test
