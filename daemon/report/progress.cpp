// SPDX-License-Identifier: MIT
#include "daemon/report/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>

#include "daemon/report/outgoing.hpp"
#include "lib/core/text.hpp"

namespace autobackup::report {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

constexpr double draws_per_second = 10;
constexpr double most_draws_at_once = 5;
constexpr std::chrono::milliseconds measure_after{500};
constexpr std::string_view clear_line = "\r\x1b[K";

// The rate of late: half of it is from the last second or so.
class Speed {
public:
    void restart() { *this = Speed(); }

    void moved_to(std::uint64_t done, TimePoint now) {
        if (!last_time_ ||
            done < last_done_) {  // the first word of a phase may tell what a resumed download had
            last_time_ = now;
            last_done_ = done;
            return;
        }
        const auto spent = now - *last_time_;
        if (spent < measure_after) return;
        const double rate =
            static_cast<double>(done - last_done_) / std::chrono::duration<double>(spent).count();
        rate_ = rate_ ? (*rate_ + rate) / 2 : rate;
        last_time_ = now;
        last_done_ = done;
    }

    [[nodiscard]] double per_second() const { return rate_.value_or(0); }

private:
    std::optional<TimePoint> last_time_;
    std::uint64_t last_done_ = 0;
    std::optional<double> rate_;
};

std::string bytes_words(const ProgressState& state) {
    if (state.done == 0 && state.total == 0) return {};
    std::string words = human_bytes(state.done);
    if (state.total > 0) words += " of " + human_bytes(state.total);
    if (state.bytes_per_second > 0)
        words += fmt::format(" at {}/s", human_bytes(static_cast<std::uint64_t>(state.bytes_per_second)));
    return words;
}

std::size_t width_of(int fd) {
    struct winsize size {};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

// Ten draws a second in the long run; a few at once for new phases, which may be the last word for a while.
class DrawBudget {
public:
    // `urgent`: new words, not just new numbers.
    bool may_draw(bool urgent, TimePoint now) {
        if (last_) {
            const double passed = std::chrono::duration<double>(now - *last_).count() * draws_per_second;
            if (!urgent && passed < 1) return false;
            if (left_ + passed < 1) return false;
            left_ = std::min(left_ + passed, most_draws_at_once);
        }
        left_ -= 1;
        last_ = now;
        return true;
    }

private:
    std::optional<TimePoint> last_;
    double left_ = most_draws_at_once;
};

class TerminalProgress final : public Progress {
public:
    TerminalProgress(int fd, SteadyClock clock) : fd_(fd), clock_(std::move(clock)) {}
    TerminalProgress(const TerminalProgress&) = delete;
    TerminalProgress& operator=(const TerminalProgress&) = delete;
    ~TerminalProgress() override { clear(); }

    void item(const std::string& job, const std::string& label) override {
        const std::lock_guard lock(mutex_);
        state_ = {};
        state_.job = job;
        state_.label = label;
        speed_.restart();
        draw(/*urgent=*/true);
    }

    void phase(const std::string& text) override {
        const std::lock_guard lock(mutex_);
        const bool changed = state_.phase != text;
        if (changed) {
            state_.phase = text;
            state_.done = 0;
            state_.total = 0;
            state_.bytes_per_second = 0;
            speed_.restart();
        }
        draw(/*urgent=*/changed);
    }

    void bytes(std::uint64_t done, std::uint64_t total) override {
        const std::lock_guard lock(mutex_);
        state_.done = done;
        state_.total = total;
        speed_.moved_to(done, clock_());
        state_.bytes_per_second = speed_.per_second();
        draw(/*urgent=*/total > 0 && done == total);
    }

    void tasks(std::int64_t done, std::int64_t total) override {
        const std::lock_guard lock(mutex_);
        state_.tasks_done = done;
        state_.tasks_total = total;
        draw(/*urgent=*/false);
    }

    void clear() override {
        const std::lock_guard lock(mutex_);
        if (drawn_) write_out(clear_line);
        drawn_ = false;
    }

private:
    void draw(bool urgent) {
        if (!budget_.may_draw(urgent, clock_())) return;
        // One column stays free: a terminal may begin a new line when the last one is written.
        write_out("\r" + progress_line(state_, width_of(fd_) - 1) + "\x1b[K");
        drawn_ = true;
    }

    void write_out(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t written = ::write(fd_, text.data(), text.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return;  // nobody looks on
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    const int fd_;
    const SteadyClock clock_;
    std::mutex mutex_;
    ProgressState state_;
    Speed speed_;
    DrawBudget budget_;
    bool drawn_ = false;
};

class SilentProgress final : public Progress {
public:
    void item(const std::string&, const std::string&) override {}
    void phase(const std::string&) override {}
    void bytes(std::uint64_t, std::uint64_t) override {}
    void tasks(std::int64_t, std::int64_t) override {}
    void clear() override {}
};

}  // namespace

std::string progress_line(const ProgressState& state, std::size_t width) {
    std::string line;
    const auto add = [&line](const std::string& words, const char* separator) {
        if (!words.empty()) line += (line.empty() ? "" : separator) + words;
    };
    add(outgoing_line(state.job), "  ");
    add(outgoing_line(state.label), "  ");
    add(outgoing_line(state.phase), "  ");
    add(bytes_words(state), state.phase.empty() ? "  " : " ");
    if (state.tasks_total > 0) add(fmt::format("tasks {} of {}", state.tasks_done, state.tasks_total), "  ");
    return cut_columns(line, width);
}

std::unique_ptr<Progress> terminal_progress(int fd, SteadyClock clock) {
    return std::make_unique<TerminalProgress>(fd, std::move(clock));
}

std::unique_ptr<Progress> silent_progress() {
    return std::make_unique<SilentProgress>();
}

std::unique_ptr<Progress> make_progress(int fd, bool quiet) {
    const char* const terminal = std::getenv("TERM");
    const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
    if (quiet || dumb || ::isatty(fd) != 1) return silent_progress();
    return terminal_progress(fd);
}

}  // namespace autobackup::report
