// SPDX-License-Identifier: MIT
#include "daemon/ctl/complete.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "daemon/control/reading.hpp"
#include "daemon/ctl/context.hpp"
#include "daemon/ctl/offline.hpp"
#include "lib/control/client.hpp"
#include "lib/core/text.hpp"

namespace autobackup::ctl {
namespace {

namespace json = boost::json;
using answers::Reading;

constexpr std::chrono::milliseconds patience{1'500};  // a shell waits for us
constexpr std::size_t runs_offered = 30;

const CLI::Option* option_of(const CLI::App& app, const std::string& word) {
    const CLI::Option* found = nullptr;
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_positional() && option->check_name(word)) found = option;
    }
    return found;
}

const CLI::App* verb_named(const CLI::App& app, const std::string& name) {
    const auto found = app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == name; });
    return found.empty() ? nullptr : found.front();
}

// Where the cursor stands.
struct Place {
    const CLI::App* verb = nullptr;
    const CLI::Option* open_option = nullptr;  // the last word is its value
    std::size_t operands = 0;                  // given before
    CommandLine line;                          // of the options that say where to ask
};

Place place_of(const CLI::App& app, const std::vector<std::string>& words, const cli::EnvironmentVariables& environment) {
    Place place;
    cli::set_defaults(place.line, environment);
    place.line.socket = cli::value_or(environment, "AUTOBACKUPCTL_SOCKET", app.get_option("--socket")->get_default_str());
    const CLI::App* level = &app;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (place.open_option != nullptr) {
            if (place.open_option->check_name("--config")) place.line.config = words[i];
            if (place.open_option->check_name("--socket")) place.line.socket = words[i];
            place.open_option = nullptr;
        } else if (words[i].starts_with("-")) {
            const CLI::Option* const option = option_of(*level, words[i]);
            if (option != nullptr && option->get_items_expected_max() > 0) place.open_option = option;
        } else if (place.verb == nullptr) {
            place.verb = verb_named(app, words[i]);
            if (place.verb == nullptr) break;
            level = place.verb;
        } else {
            ++place.operands;
        }
    }
    return place;
}

std::vector<Candidate> options_of(const CLI::App& app) {
    std::vector<Candidate> all;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) all.push_back({"--" + name, option->get_description()});
    }
    return all;
}

std::vector<Candidate> values_of(const CLI::Option& option) {
    if (option.check_name("--log-level")) return {{"trace", ""}, {"debug", ""}, {"info", ""}, {"warning", ""}, {"error", ""}};
    if (option.check_name("--log-format")) return {{"text", ""}, {"json", ""}, {"journal", ""}};
    if (option.check_name("--level")) return {{"exists", ""}, {"structure", ""}, {"checksum", ""}};
    return {};
}

std::vector<Candidate> verbs_of(const CLI::App& app) {
    std::vector<Candidate> all;
    // What comes with a later version has no examples.
    const auto works = [](const CLI::App* verb) { return !verb->get_footer().empty(); };
    for (const CLI::App* verb : app.get_subcommands(works)) all.push_back({verb->get_name(), verb->get_description()});
    return all;
}

std::vector<Candidate> operands_of(const Place& place, const Names& names) {
    const Operand operand = place.operands == 0 ? operand_of(place.verb->get_name()) : Operand::none;
    std::vector<Candidate> all;
    if (operand == Operand::job || operand == Operand::run_or_job || operand == Operand::job_or_path) all = names.jobs(place.line);
    if (operand == Operand::run || operand == Operand::run_or_job) {
        for (Candidate& run : names.runs(place.line)) all.push_back(std::move(run));
    }
    return all;
}

// The daemon's answer when it comes soon, without a word to anybody.
std::optional<json::value> asked(const CommandLine& line, std::string_view verb, const json::object& args) {
    Result<control::Client> client = control::Client::connect(line.socket, patience);
    if (!client || !client->ask(verb, args)) return std::nullopt;
    Result<control::Word> word = client->next();
    if (!word || !word->last || !word->answer.ok) return std::nullopt;
    return std::move(word->answer.data);
}

std::vector<Candidate> known_jobs(const CommandLine& line) {
    std::vector<Candidate> jobs;
    if (const std::optional<json::value> list = asked(line, "list", {})) {
        for (const json::value& job : Reading(*list).array("jobs")) jobs.push_back({Reading(job).text("job"), Reading(job).text("state")});
        return jobs;
    }
    const config::Loaded loaded = config::load(line.config);
    if (!loaded.config) return jobs;
    for (const auto& [name, job] : loaded.config->jobs) jobs.push_back({name, ""});
    return jobs;
}

std::vector<Candidate> known_runs(const CommandLine& line) {
    std::optional<json::value> history = asked(line, "history", {{"limit", runs_offered}});
    if (!history) {
        const config::Loaded loaded = config::load(line.config);
        if (!loaded.config) return {};
        Result<json::object> read = history_from_files(*loaded.config, {}, runs_offered);
        if (!read) return {};
        history = std::move(*read);
    }
    std::vector<Candidate> runs;
    for (const json::value& value : Reading(*history).array("runs")) {
        const Reading run(value);
        runs.push_back({run.text("run_id"), run.text("job") + " " + run.text("outcome") + " " + run.text("started_at")});
    }
    return runs;
}

std::vector<Candidate> known_servers(const CommandLine& line) {
    std::vector<Candidate> servers;
    const config::Loaded loaded = config::load(line.config);
    if (!loaded.config) return servers;
    for (const auto& [name, server] : loaded.config->servers) {
        const auto* const cvat = std::get_if<config::CvatServer>(&server.what);
        if (cvat != nullptr) servers.push_back({name, cvat->url});
    }
    return servers;
}

}  // namespace

std::vector<Candidate> candidates(const std::vector<std::string>& words, const cli::EnvironmentVariables& environment, const Names& names) {
    std::vector<Candidate> all;
    if (words.empty()) return all;
    with_command_line([&](const CLI::App& app) {
        const Place place = place_of(app, words, environment);
        if (place.open_option != nullptr) {
            all = place.open_option->check_name("--to-cvat") ? names.servers(place.line) : values_of(*place.open_option);
        } else if (words.back().starts_with("-")) {
            all = options_of(place.verb == nullptr ? app : *place.verb);
        } else if (place.verb == nullptr) {
            all = verbs_of(app);
        } else {
            all = operands_of(place, names);
        }
    });
    std::erase_if(all, [&](const Candidate& one) { return one.word.empty() || !one.word.starts_with(words.back()); });
    return all;
}

int complete_command(const std::vector<std::string>& words, const cli::EnvironmentVariables& environment) {
    std::string text;
    for (const Candidate& one : candidates(words, environment, Names{known_jobs, known_runs, known_servers})) {
        text += one_line(one.word) + (one.meaning.empty() ? "" : "\t" + one_line(one.meaning)) + '\n';
    }
    return print(text);
}

}  // namespace autobackup::ctl
