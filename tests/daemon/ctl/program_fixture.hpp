// SPDX-License-Identifier: MIT
// The real program against a small daemon on the real server.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "daemon/control/answers.hpp"
#include "daemon/state/store.hpp"
#include "tests/lib/control/control_fixture.hpp"
#include "tests/support/command.hpp"

namespace autobackup::test {
using answers::JobStatus;

inline constexpr const char* run_id = "01KAJ7000000000000000000AA";

inline boost::json::object report(const std::string& outcome) {
    return {{"format", 1},
            {"run_id", run_id},
            {"job", "traffic-signs"},
            {"outcome", outcome},
            {"trigger", "manual"},
            {"attempt", 1},
            {"started_at", "2026-11-21T01:30:00.120Z"},
            {"duration_s", 12.345},
            {"items", boost::json::array()}};
}

// Says what a daemon would, and remembers what it was asked.
class SmallDaemon {
public:
    boost::json::array jobs() const {
        JobStatus job;
        job.job = "traffic-signs";
        job.next = {now() + 3h};
        JobStatus other = job;
        other.job = "acme-code";
        return answers::list_document({job, other}).at("jobs").as_array();
    }
    Awaitable<control::Answer> handle(control::Request request, control::Feed& feed) {
        {
            const std::lock_guard lock(mutex_);
            asked_ += request.verb + " " + boost::json::serialize(request.args) + "\n";
        }
        if (request.verb == "status")
            co_return control::good(boost::json::object{{"format", 1}, {"daemon", answers::to_json(answers::DaemonStatus())}, {"jobs", jobs()}});
        if (request.verb == "list") co_return control::good(boost::json::object{{"format", 1}, {"jobs", jobs()}});
        if (request.verb == "history") co_return control::good(answers::history_document({report("failed")}));
        if (request.verb == "show" && request.args.at("run") == "01KAJ7") co_return control::good(report("failed"));
        if (request.verb == "run" && request.args.at("job") == "broken") co_return control::refuse("not_found", "there is no job \"broken\"", 2);
        if (request.verb == "run" && request.args.contains("wait")) co_return look_on(feed);
        if (request.verb == "run") co_return control::good(boost::json::object{{"run_id", run_id}, {"job", "traffic-signs"}, {"state", "started"}});
        if (request.verb == "pause") co_return control::refuse("busy", "not now", 4);
        if (request.verb == "resume") co_return control::good(jobs()[0]);
        if (request.verb == "reload") {
            const boost::json::value errors = boost::json::parse(
                R"({"errors":[{"file":"/etc/a.yaml","line":3,"column":5,"path":"jobs.x","message":"unknown key","suggestion":"jobs.y"}]})");
            co_return control::refuse("config_invalid", "the configuration was refused; the old one stays", 2, errors);
        }
        co_return control::refuse("not_found", "there is no such run", 2);
    }
    std::string asked() {
        const std::lock_guard lock(mutex_);
        return std::exchange(asked_, {});
    }

private:
    control::Answer look_on(control::Feed& feed) {
        answers::Running running;
        running.job = "traffic-signs";
        running.item = "project 12";
        running.phase = "download";
        feed.send("started", boost::json::object{{"run_id", run_id}, {"job", "traffic-signs"}});
        feed.send("progress", answers::to_json(running));
        feed.send("something-new", 7);
        feed.send("item", boost::json::object{{"kind", "cvat_project"}, {"id", 12}, {"name", "A\x1b[2J"}, {"outcome", "failed"}});
        return control::good(report("partial"));
    }
    std::mutex mutex_;
    std::string asked_;
};

class Program : public testing::Test {
protected:
    CommandResult call(const std::string& arguments, const std::string& before = {}) {
        return run_command(before + " " AUTOBACKUPCTL " " + arguments + " --socket '" + (directory.path() / "control.sock").string() +
                           "' --config '" + (directory.path() / "autobackupd.yaml").string() + "'");
    }
    std::unique_ptr<RunningServer> start() {
        control::Handler handler = [this](control::Request request, control::Feed& feed) { return daemon.handle(std::move(request), feed); };
        return std::make_unique<RunningServer>(settings_in(directory), std::move(handler));
    }
    void configure() {
        std::ofstream(directory.path() / "autobackupd.yaml") << "storage: " << (directory.path() / "storage").string()
                                                             << "\nservers: {lab: {cvat: 'https://cvat.example.org', auth: {token: lab-token}}}\n"
                                                                "jobs:\n  traffic-signs:\n    schedule: daily 02:30\n    time_zone: Asia/Tokyo\n    "
                                                                "cvat: {}\n  by-hand:\n    schedule: manual\n    cvat: {}\n";
    }
    void record() {
        const Result<state::Opened> opened = state::open_sqlite(directory.path() / "storage" / "state.sqlite");
        ASSERT_TRUE(opened);
        model::Run run;
        run.run_id = run_id;
        run.job = "traffic-signs";
        run.started_at = run.finished_at = now();
        ASSERT_TRUE(opened->store->finish_run(run, boost::json::serialize(report("failed"))));
    }

    TempDir directory;
    SmallDaemon daemon;
};

}  // namespace autobackup::test
