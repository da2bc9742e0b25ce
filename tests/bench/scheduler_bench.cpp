// SPDX-License-Identifier: MIT
// What the scheduler costs with many jobs: `scheduler_bench [JOBS]` (100000). Times are CPU times of this thread, so that
// other work on the machine does not count.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <queue>
#include <random>
#include <string>
#include <time.h>

#include "daemon/scheduler/scheduler.hpp"

namespace autobackup::scheduler {
namespace {

using namespace std::chrono_literals;

double cpu_ms() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

long peak_mib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10) / 1024;
    }
    return 0;
}

class Samples {
public:
    void add(double ms) { all_.push_back(ms); }
    void print(const char* what) {
        std::sort(all_.begin(), all_.end());
        double sum = 0;
        for (const double ms : all_) sum += ms;
        const auto at = [this](double share) { return all_[static_cast<std::size_t>(share * static_cast<double>(all_.size() - 1))]; };
        std::printf("%-34s %8zu ticks, mean %.4f ms, 99.9 %% %.3f ms, longest %.3f ms\n", what, all_.size(),
                    sum / static_cast<double>(all_.size()), at(0.999), all_.back());
    }

private:
    std::vector<double> all_;
};

class Bench {
public:
    Bench(int jobs, bool at_once) {
        Options options;
        options.runs = 200;
        scheduler_ = std::make_unique<Scheduler>(options);
        std::vector<JobPlan> plans;
        for (int i = 0; i < jobs; ++i) plans.push_back(plan(i, at_once));
        const double begin = cpu_ms();
        scheduler_->configure(std::move(plans), {}, now_);
        std::printf("configure %d jobs%s: %.0f ms\n", jobs, at_once ? ", all due at one moment" : "", cpu_ms() - begin);
    }

    void pass(Milliseconds length, const char* what) {
        Samples samples;
        const Time end = now_ + length;
        while (true) {
            Time next = end;
            if (const auto wake = scheduler_->wake()) next = std::min(next, std::max(*wake, now_));
            if (!ends_.empty()) next = std::min(next, std::max(ends_.top().first, now_));
            now_ = std::min(next, now_ + 1min);
            if (now_ >= end) break;
            const double begin = cpu_ms();
            while (!ends_.empty() && ends_.top().first <= now_) {
                scheduler_->ended(ends_.top().second, {model::RunOutcome::success, false}, now_);
                ends_.pop();
            }
            const std::vector<Start> starts = scheduler_->tick(now_, now_.time_since_epoch());
            samples.add(cpu_ms() - begin);
            for (const Start& start : starts) ends_.emplace(now_ + Milliseconds(random_() % 60'000), start.ticket);
            scheduler_->changed();
            scheduler_->notes();
        }
        samples.print(what);
    }
    void step(Milliseconds by) { now_ += by; }

private:
    JobPlan plan(int number, bool at_once) {
        static const char* const zones[] = {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"};
        JobPlan plan;
        plan.name = "team-" + std::to_string(number % 100) + "-job-" + std::to_string(number);
        plan.zone = schedule::Zone::find(at_once ? "UTC" : zones[number % 5]).value();
        char text[40];
        std::snprintf(text, sizeof text, number % 3 == 0 ? "%d %d * * *" : number % 3 == 1 ? "daily %02d:%02d" : "weekdays %02d:%02d",
                      static_cast<int>(random_() % 24), static_cast<int>(random_() % 24));
        plan.schedules.push_back(schedule::parse(at_once ? "daily 02:30" : text).value());
        plan.jitter = at_once ? 0ms : jitter_of("bench", plan.name, 15min);
        return plan;
    }

    std::mt19937 random_{1};
    Time now_ = std::chrono::sys_days(std::chrono::year(2027) / 3 / 26) + 12h;
    std::unique_ptr<Scheduler> scheduler_;
    using End = std::pair<Time, Ticket>;
    std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

}  // namespace
}  // namespace autobackup::scheduler

int main(int argc, char** argv) {
    using namespace std::chrono_literals;
    const int jobs = argc > 1 ? std::atoi(argv[1]) : 100'000;
    {
        autobackup::scheduler::Bench day(jobs, false);
        day.pass(24h, "a day");
        std::printf("peak memory: %ld MiB\n", autobackup::scheduler::peak_mib());
        day.step(-48h);
        day.pass(1h, "clock set back by two days");
        day.step(1000h);
        day.pass(1h, "clock 1,000 h forward");
    }
    autobackup::scheduler::Bench once(jobs, true);
    once.pass(24h, "a day, all due at one moment");
    std::printf("peak memory: %ld MiB\n", autobackup::scheduler::peak_mib());
    return 0;
}
