// SPDX-License-Identifier: MIT
#include "daemon/checks/missing.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "daemon/github/owner_name.hpp"
#include "daemon/mirror/folder.hpp"
#include "daemon/restore/mirrors.hpp"
#include "lib/core/json_fields.hpp"
#include "lib/core/text.hpp"

namespace autobackup::checks {
namespace {

namespace json = boost::json;

// Reports that are read at once: those of a large organisation have megabytes, and the newest mostly says it all.
constexpr std::array<std::size_t, 3> reading{2, 8, 32};

const json::array& array_of(const JsonFields& fields, const char* key) {
    static const json::array none;
    const json::value* const found = fields.find(key);
    return found != nullptr && found->is_array() ? found->get_array() : none;
}

// What reports say, from the newest on.
class Saved {
public:
    /// False: nothing older needs to be read.
    bool read(const JsonFields& report) {
        for (const json::value& value : array_of(report, "items")) {
            if (value.is_object() && value.get_object().contains("kind")) take(JsonFields(value, "the item"));
        }
        std::erase_if(open_, [this](const RepositoryName& one) { return settled_.contains(one); });
        ended_ = ended_ || went_over_all(report);
        return !ended_ || !open_.empty();
    }

    std::set<RepositoryName> held;

private:
    void take(const JsonFields& item) {
        const RepositoryName name(item.maybe_text("kind"), item.maybe_text("name"));
        const std::string outcome = item.maybe_text("outcome"), before = item.maybe_text("renamed_from");
        const bool here = outcome == "saved" || outcome == "cloned" || outcome == "updated" || outcome == "unchanged" || outcome == "partial";
        if (ended_ && !open_.contains(name)) return;
        if (!here && outcome != "gone") {  // that tells nothing of the copy
            if (!settled_.contains(name)) open_.insert(name);
            return;
        }
        if (settled_.insert(name).second && here) held.insert(name);
        if (!before.empty()) settled_.emplace(name.first, before);
    }

    // Whoever starts a run by hand may name a few.
    static bool went_over_all(const JsonFields& report) {
        const std::string outcome = report.maybe_text("outcome");
        const bool ended = outcome == "success" || outcome == "unchanged" || outcome == "partial";
        return ended && report.maybe_text("trigger") != "manual" && array_of(report, "errors").empty();
    }

    std::set<RepositoryName> settled_;
    std::set<RepositoryName> open_;
    bool ended_ = false;
};

// Where a repository of a listing lies, or would lie.
std::filesystem::path github_place(const config::Config& config, const config::GithubSource& source, const RepositoryName& one) {
    std::string name = one.second;
    const bool wiki = one.first == "github_wiki" && name.ends_with(".wiki");
    if (wiki) name.resize(name.size() - 5);
    const std::size_t slash = name.find('/');
    const std::string login = name.substr(0, slash);
    const auto is_it = [&login](const config::GithubSource::Owner& owner) { return to_lower(owner.login) == to_lower(login); };
    const auto found = std::find_if(source.owners.begin(), source.owners.end(), is_it);
    const config::GithubSource::Owner& owner = found == source.owners.end() ? source.owners.front() : *found;
    const std::filesystem::path base = github_job::directory_of(source, owner, config.storage / "github");
    if (slash == std::string::npos) return base / "gists" / name / "repository";
    const bool own = found != source.owners.end() || source.owners.front().login.empty();
    return (own ? base / "repositories" / name.substr(slash + 1) : base / "starred" / name) / (wiki ? "wiki" : "repository");
}

// No path: the job does not name it any more.
std::filesystem::path place_of(const config::Config& config, const config::Job& job, const RepositoryName& one) {
    if (const auto* github = std::get_if<config::GithubSource>(&job.source)) return github->owners.empty() ? config.storage : github_place(config, *github, one);
    const auto& all = std::get<config::MirrorSource>(job.source).repositories;
    const bool named = std::any_of(all.begin(), all.end(), [&one](const config::MirrorRepository& known) { return known.name == one.second; });
    return named ? config.storage / "mirrors" / job.name / (one.second + ".git") : std::filesystem::path();
}

}  // namespace

SavedRepositories saved_repositories(const std::vector<std::string>& reports) {
    Saved read;
    SavedRepositories saved;
    for (const std::string& text : reports) {
        boost::system::error_code error;
        const json::value report = json::parse(text, error);
        if (error || !report.is_object() || report.get_object().contains("check")) continue;
        saved.told = !read.read(JsonFields(report, "the report"));
        if (saved.told) break;
    }
    saved.all = std::move(read.held);
    return saved;
}

Result<void> miss_mirrors(const config::Config& config, const config::Job& job, state::Store* store, std::vector<restore::Checked>& copies) {
    if (store == nullptr || std::holds_alternative<config::CvatSource>(job.source)) return {};
    SavedRepositories saved;
    for (const std::size_t most : reading) {
        const Result<std::vector<std::string>> reports = store->history(job.name, most);
        if (!reports) return reports.error();
        saved = saved_repositories(*reports);
        if (saved.told || reports->size() < most) break;
    }
    for (const restore::HeldMirror& held : restore::mirrors_of(config, job)) saved.all.erase(RepositoryName(held.kind, held.name));
    for (const RepositoryName& one : saved.all) {
        const std::filesystem::path place = place_of(config, job, one);
        if (place.empty() || mirror::was_bare_repository(place)) continue;
        restore::Checked checked;
        checked.job = job.name;
        checked.where = "mirror";
        checked.path = place.string();
        checked.problems.push_back("there is no repository, though " + one_line(one.second) + " was saved: was it removed, or is its disk not mounted?");
        copies.push_back(std::move(checked));
    }
    return {};
}

}  // namespace autobackup::checks
