// SPDX-License-Identifier: MIT
// A project's first version, task by task: each goes into the vault's next pack, and on its way to the server, while others still come.
#include "daemon/cvat/project_backup.hpp"
#include "lib/async/run.hpp"

namespace autobackup::cvat_job {
namespace {

constexpr std::size_t gather_from_tasks = 3;  // one or two go along with their commit while it is written (finish.cpp)

// The parts of one project at a time: the target's connections for them are few.
class Sending {
public:
    explicit Sending(Context& context) : context_(context) { set(true); }
    Sending(const Sending&) = delete;
    Sending& operator=(const Sending&) = delete;
    ~Sending() { set(false); }

private:
    void set(bool in_use) {
        context_.ahead_in_use = in_use;
        context_.targets.front()->keep_ahead(in_use);
    }
    Context& context_;
};

// However it ends, nothing more comes; and without a commit nothing more is wanted.
struct Closing {
    std::optional<vault::SendAhead>& ahead;
    const model::Item& item;
    ~Closing() {
        if (ahead && item.commit.empty()) ahead->give_up();
        if (ahead) ahead->close();
    }
};

}  // namespace

// The vault is brought on top of the target first: what that holds of the project is no first version.
Awaitable<void> ProjectBackup::begin_gathering() {
    if (held_ || todo_.size() < gather_from_tasks || whole_is_cheaper()) co_return;
    co_await prepare_targets(context_);
    auto read = [id = id_, branch = context_.vault.branch()](git::Repository& repository) { return vault::read_held(repository, branch, id); };
    const Result<std::optional<vault::Held>> held = co_await context_.vault.with(std::move(read));
    if (!held || *held) co_return;
    const bool sends = context_.options.push && context_.targets.size() == 1 && !context_.ahead_in_use;
    const bool refused = !context_.target_failures.empty() && context_.target_failures.front();
    if (sends && !refused && context_.targets.front()->ahead_lanes() > 0) {
        const asio::any_io_executor loop = co_await asio::this_coro::executor;
        ahead_.emplace(loop, *context_.targets.front());
    }
    gathering_.emplace(context_, id_, ahead_ ? &*ahead_ : nullptr);
    co_await go_on();
}

// With what an earlier run had fetched before it was stopped or killed, as far as nothing has moved since.
Awaitable<void> ProjectBackup::go_on() {
    Result<std::vector<TaskCopy>> copies = co_await gathering_->begin();
    if (!copies) {
        gather_failure_ = copies.error();
        co_return;
    }
    for (TaskCopy& copy : *copies) {
        const std::int64_t id = copy.id;
        const auto print = view_.print.tasks.find(id);
        const bool current = print != view_.print.tasks.end() && print->second == copy.print;
        if (current && todo_.contains(id) && !context_.options.force) keep(std::move(copy), id);
    }
}

// A vault that cannot take it will not take the next task either: the first failure is the project's.
Awaitable<void> ProjectBackup::gather(std::int64_t id) {
    if (!gathering_ || gather_failure_) co_return;
    const Result<void> taken = co_await gathering_->take(copies_.at(id), !stale_.contains(id));
    if (!taken && !gather_failure_) gather_failure_ = taken.error();
}

Awaitable<void> ProjectBackup::fetch_and_save(ItemEnd& end) {
    const Closing at_the_end{ahead_, item_};
    if (whole_is_cheaper()) co_await fetch_whole();
    co_await fetch_tasks();
    item_.in_work.assign(1, "verify");
    if (!gather_failure_) co_await follow_edits();
    if (gather_failure_) {
        log_.add_stages(item_.stages);
        fail_item(item_, "commit", *gather_failure_);
        co_return;
    }
    item_.in_work.assign(1, "commit");
    if (gathering_) co_await gathering_->end();
    end = co_await save();
}

Awaitable<void> ProjectBackup::fetch_and_send(ItemEnd& end) {
    const Sending one_at_a_time(context_);
    std::vector<Awaitable<void>> both;
    both.push_back(fetch_and_save(end));
    both.push_back(ahead_->run());
    co_await async::all_of(std::move(both));
    if (!item_.commit.empty()) co_return;
    std::string left = co_await context_.targets.front()->drop_ahead();
    if (!left.empty()) item_.warnings.push_back(std::move(left));
}

}  // namespace autobackup::cvat_job
