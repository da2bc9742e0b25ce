// SPDX-License-Identifier: MIT
#include <chrono>
#include <limits>

#include "daemon/mirror/bundle_shelf.hpp"
#include "daemon/mirror/copy_access.hpp"
#include "daemon/mirror/large.hpp"
#include "daemon/mirror/local.hpp"
#include "daemon/mirror/mirror.hpp"
#include "daemon/mirror/outlets.hpp"
#include "daemon/mirror/push_out.hpp"
#include "daemon/model/copy_url.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/remote/local_url.hpp"
#include "lib/remote/ssh_address.hpp"

namespace autobackup::mirror {
namespace {

using Clock = std::chrono::steady_clock;

// "acme/app" of GitHub is {owner} and {name}; its wiki is no repository that a forge would make under that name.
struct Words {
    std::string name, owner;
};
Words words_of(const Repository& what, const std::string& pattern) {
    Words words{what.name, what.owner};
    if (what.kind == "mirror") return words;
    if (what.kind == "github_gist") words.name = "gist-" + what.name;
    if (const std::size_t slash = words.name.find('/'); slash != std::string::npos) words.name.erase(0, slash + 1);
    const bool wiki = what.kind == "github_wiki" && words.name.ends_with(".wiki") && !remote::local_path(pattern);
    if (wiki) words.name.replace(words.name.size() - 5, 5, "-wiki");
    return words;
}

// One mirror on its way to one place.
class Copying {
public:
    Copying(Context& context, const Repository& what, CopyPlace& place, model::Item& item) : context_(context), what_(what), place_(place), item_(item) {
        url_ = copy_url(what, place.settings);
        shown_ = remote::without_user(url_);
    }

    Awaitable<void> run() {
        const auto begin = Clock::now();
        Result<void> done;
        try {
            done = co_await bring();
        } catch (const boost::system::system_error&) {  // the run was stopped, or its time is over
            if (begun_) tell(begin, fail(Errc::cancelled, "push", shown_, "stopped before its end; the next run goes on"));
            throw;
        }
        if (!done || sent_) tell(begin, done);
    }

private:
    void tell(Clock::time_point begin, const Result<void>& done) {
        model::Stage stage;
        stage.stage = "push";
        stage.duration_s = std::chrono::duration<double>(Clock::now() - begin).count();
        stage.target = shown_;
        stage.branch = branch_;
        if (done) {
            stage.bytes = bytes_;
            if (attempts_ > 1) stage.attempts = attempts_;
            model::Pushed pushed;
            pushed.target = shown_;
            pushed.branch = branch_;
            pushed.verified = true;
            item_.pushed.push_back(std::move(pushed));
        } else {
            stage.outcome = model::StageOutcome::failed;
            stage.error = done.error();
        }
        item_.stages.push_back(std::move(stage));
    }

    struct Wish {
        RefMap refs;
        std::string head;
        std::optional<CopyRecord> record;
        [[nodiscard]] bool is_there() const { return record && record->whole && record->refs == refs; }
    };

    Result<Wish> look() const {
        const Result<Local> local = read_local(what_.path);
        if (!local) return local.error();
        Result<std::optional<CopyRecord>> record = read_copy_record(what_.path, url_);
        if (!record) return record.error();
        return Wish{copied_refs(local->refs, place_.settings), local->head.branch, std::move(*record)};
    }

    Awaitable<Result<void>> bring() {
        const auto [taken, is_new] = context_.outlets->taken.emplace(url_, what_.name);
        if (!is_new && taken->second != what_.name) {
            Failure failure = fail(Errc::config_invalid, "push", shown_, "the copy of " + taken->second + " goes there already");
            failure.hint = "put {owner} into the URL of the copies";
            co_return failure;
        }
        auto read = [this] { return look(); };
        const Result<Wish> wish = co_await context_.workers.run(std::move(read));
        if (!wish) co_return wish.error();
        if (wish->head.starts_with(git::branch_prefix)) branch_ = wish->head.substr(git::branch_prefix.size());
        if ((wish->is_there() && !context_.options.force) || (wish->refs.empty() && !wish->record)) co_return Result<void>();
        context_.progress.phase("copying " + what_.name + " to " + shown_);
        begun_ = true;
        Result<PushedOut> pushed = co_await push(*wish);
        if (!pushed) co_return pushed.error();
        sent_ = pushed->changed > 0 || pushed->large_files > 0 || pushed->created;
        bytes_ = pushed->bytes;
        attempts_ = pushed->attempts;
        auto note = [this, &wish, &pushed] { return remember(*wish, *pushed); };
        const Result<void> noted = co_await context_.workers.run(std::move(note));
        if (!noted) warn_unnoted(noted.error());
        co_return verdict(*pushed);
    }

    Result<void> verdict(PushedOut& pushed) const {
        if (pushed.large_missing > 0) {
            item_.warnings.push_back("the copy at " + shown_ + " lacks " + std::to_string(pushed.large_missing) + " large files that are not here either");
        }
        if (!pushed.warning.empty()) item_.warnings.push_back(pushed.warning);
        if (pushed.refused.empty()) return {};
        Failure why = pushed.refused.front().why;
        if (pushed.refused.size() > 1) why.message += "; and " + std::to_string(pushed.refused.size() - 1) + " more refs, the others were pushed";
        if (why.code == Errc::remote_moved) why.hint = "rename or remove that ref at the copy, or give the copies another place";
        return why;
    }

    // What was refused stays known as it was before, or as far as it came: the next run tries again.
    Result<void> remember(const Wish& wish, const PushedOut& pushed) const {
        CopyRecord record;
        record.refs = pushed.there;
        record.whole = pushed.large_missing == 0;
        const RefMap before = known_so_far(wish);
        for (const Refusal& one : pushed.refused) {
            const auto known = before.find(one.ref);
            if (known != before.end()) record.refs.insert(*known);
        }
        return write_copy_record(what_.path, url_, record);
    }

    [[nodiscard]] RefMap known_so_far(const Wish& wish) const {
        RefMap refs = landed_;
        if (wish.record) refs.insert(wish.record->refs.begin(), wish.record->refs.end());
        return refs;
    }

    // The push may fail or be stopped yet: without this the next run would take for somebody else's what went there.
    Awaitable<void> note_landed(const Wish& wish, RefMap landed) {
        landed_ = std::move(landed);
        auto note = [this, &wish] { return write_copy_record(what_.path, url_, CopyRecord{known_so_far(wish), false}); };
        const Result<void> noted = co_await context_.workers.run(std::move(note));
        if (!noted) warn_unnoted(noted.error());
    }

    void warn_unnoted(const Failure& why) { item_.warnings.push_back("what was pushed to " + shown_ + " could not be noted: " + describe(why)); }

    Awaitable<Result<PushedOut>> push(const Wish& wish) {
        Result<CopyAccess> access = access_to(place_, url_, context_.retry, context_.workers);
        if (!access) co_return access.error();
        const std::shared_ptr<remote::SshCommands> ssh = access->ssh;
        Result<std::unique_ptr<remote::Remote>> git = remote::make_remote(*place_.client, context_.workers, std::move(access->git));
        if (!git) co_return git.error();
        Result<std::unique_ptr<lfs::Remote>> files = lfs::make_remote(*place_.client, context_.workers, large_store(what_.path), std::move(access->large));
        if (!files) co_return files.error();
        PushPlace place{**git, place_.settings.lfs ? files->get() : nullptr, creator(wish.head)};
        place.landed = [this, &wish](RefMap landed) { return note_landed(wish, std::move(landed)); };
        async::Turnstile::Pass pass;
        if (place_.gate != nullptr) pass = co_await place_.gate->enter();
        Result<PushedOut> pushed = co_await push_out(order_for(wish), std::move(place), context_.workers, context_.retry);
        add_traffic((*git)->traffic());
        if (ssh) add_traffic(ssh->traffic());
        co_return pushed;
    }

    [[nodiscard]] PushOrder order_for(const Wish& wish) const {
        PushOrder order;
        order.repository = what_.path;
        order.url = shown_;
        order.refs = wish.refs;
        order.first = wish.head;
        order.known = wish.record ? wish.record->refs : RefMap();
        order.all_large = place_.settings.lfs && (context_.options.force || !wish.record || !wish.record->whole);
        if (remote::local_path(url_)) order.largest_push = std::numeric_limits<std::uint64_t>::max();
        return order;
    }

    [[nodiscard]] std::function<Awaitable<Result<void>>()> creator(const std::string& head) const {
        if (const std::optional<std::string> path = remote::local_path(url_)) {
            return [workers = &context_.workers, path = *path, head] { return make_path_repository(*workers, path, head); };
        }
        if (!place_.create) return {};
        const std::string branch = head.starts_with(git::branch_prefix) ? head.substr(git::branch_prefix.size()) : std::string();
        return [create = place_.create, url = url_, branch] { return create(url, branch); };
    }

    void add_traffic(const remote::Traffic& traffic) {
        context_.over_ssh.bytes_received += traffic.bytes_received;
        context_.over_ssh.bytes_sent += traffic.bytes_sent;
    }

    Context& context_;
    const Repository& what_;
    CopyPlace& place_;
    model::Item& item_;
    std::string url_, shown_;
    std::string branch_ = "HEAD";  // the default branch, for the report: all refs go
    bool begun_ = false, sent_ = false;
    std::uint64_t bytes_ = 0;
    int attempts_ = 1;
    RefMap landed_;  // what this push brought there so far
};

Awaitable<void> bundle(Context& context, const Repository& what, model::Item& item) {
    const auto begin = Clock::now();
    auto work = [&context, &what] {
        return keep_bundle(what.path, *context.outlets->bundles, what.name, context.options.force, context.limits.reserve, context.workers.stop_token());
    };
    const Result<BundleKept> kept = co_await context.workers.run(std::move(work));
    if (kept && !kept->written) co_return;
    model::Stage stage;
    stage.stage = "bundle";
    stage.duration_s = std::chrono::duration<double>(Clock::now() - begin).count();
    if (kept) {
        stage.target = kept->file.string();
        stage.bytes = kept->bytes;
        for (const std::string& warning : kept->warnings) item.warnings.push_back(warning);
    } else {
        stage.outcome = model::StageOutcome::failed;
        stage.error = kept.error();
    }
    item.stages.push_back(std::move(stage));
}

}  // namespace

std::string copy_url(const Repository& what, const config::MirrorCopy& settings) {
    const Words words = words_of(what, settings.url);
    return config::fill_copy_url(settings.url, words.name, words.owner);
}

Awaitable<void> send_on(Context& context, const Repository& what, model::Item& item) {
    const bool held = item.outcome == model::ItemOutcome::saved || item.outcome == model::ItemOutcome::unchanged || item.outcome == model::ItemOutcome::partial;
    if (context.outlets == nullptr || !held || context.options.dry_run || !context.options.push) co_return;
    if (context.outlets->bundles) co_await bundle(context, what, item);
    for (CopyPlace& place : context.outlets->copies) {
        Copying copying(context, what, place, item);
        co_await copying.run();
    }
}

}  // namespace autobackup::mirror
