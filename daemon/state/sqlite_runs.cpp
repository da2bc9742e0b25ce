// SPDX-License-Identifier: MIT
// SqliteStore: the history.
#include <boost/json.hpp>

#include "daemon/state/reserve_file.hpp"
#include "daemon/state/sqlite_query.hpp"
#include "lib/core/instant.hpp"

namespace autobackup::state {
namespace {

struct Abandoned {
    std::int64_t seq = 0;
    std::string run_id, job, trigger, started_at;
    std::int64_t attempt = 1;
};

// The report of a run that nobody lived to tell: the keys of interface §4, and when the end was found.
std::string interrupted_report(const Abandoned& run, Instant found) {
    const std::optional<Instant> started = parse_rfc3339(run.started_at);
    const double seconds =
        started && found > *started ? std::chrono::duration<double>(found - *started).count() : 0.0;
    boost::json::object report;
    report["format"] = 1;
    report["run_id"] = run.run_id;
    const model::HistoryName of = model::parse_history_name(run.job);
    report["job"] = of.job;
    if (of.check) report["check"] = {{"kind", *of.check}, {"copies", 0}, {"damaged", 0}};
    report["trigger"] = run.trigger;
    report["attempt"] = run.attempt;
    report["outcome"] = "failed";
    report["interrupted"] = true;
    report["started_at"] = run.started_at;
    report["finished_at"] = rfc3339(found);
    report["duration_s"] = static_cast<std::int64_t>(seconds);
    report["counts"] = {{"saved", 0},  {"unchanged", 0}, {"partial", 0},
                        {"failed", 0}, {"skipped", 0},   {"gone", 0}};
    report["traffic"] = {{"api_requests", 0}, {"bytes_received", 0}, {"bytes_sent", 0}};
    report["items"] = boost::json::array();
    boost::json::object error;
    error["operation"] = "run";
    error["object"] = "job " + run.job;
    error["code"] = name(Errc::internal).data();
    error["message"] =
        "the process ended before the run did (killed, crashed, or the power went); this was found at the "
        "next start";
    error["peer"] = "";
    error["transient"] = true;
    error["hint"] = "what the run had saved is kept; the next run goes on from there";
    boost::json::array errors;
    errors.push_back(std::move(error));
    report["errors"] = std::move(errors);
    return boost::json::serialize(report);
}

}  // namespace

Result<void> SqliteStore::begin_run(const model::Run& run) {
    return guarded("begin run", [&] {
        Query(*this,
              "INSERT INTO runs (run_id, job, run_trigger, attempt, started_at) VALUES (?, ?, ?, ?, ?)")
            .add(run.run_id)
            .add(model::history_name(run))
            .add(run.trigger)
            .add(run.attempt)
            .add(rfc3339(run.started_at))
            .run();
    });
}

// A refused run is told without ever having begun, hence the insert.
std::int64_t SqliteStore::upsert_run(const model::Run& run, const std::string& report_json) {
    Query query(*this,
                "INSERT INTO runs (run_id, job, run_trigger, attempt, started_at, outcome, finished_at, "
                "api_requests, "
                "bytes_received, bytes_sent, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (run_id, attempt) DO UPDATE SET outcome = excluded.outcome, interrupted = 0, "
                "finished_at = excluded.finished_at, api_requests = excluded.api_requests, "
                "bytes_received = excluded.bytes_received, bytes_sent = excluded.bytes_sent, report = "
                "excluded.report "
                "RETURNING seq");
    query.add(run.run_id).add(model::history_name(run)).add(run.trigger).add(run.attempt).add(rfc3339(run.started_at));
    query.add(model::name(run.outcome)).add(rfc3339(run.finished_at)).add(run.api_requests);
    query.add(run.bytes_received).add(run.bytes_sent).add(report_json);
    query.step();
    const std::int64_t seq = query.number(0);
    while (query.step()) {
    }
    return seq;
}

void SqliteStore::insert_items(std::int64_t run, const std::vector<model::Item>& items) {
    int position = 0;
    for (const model::Item& item : items) {
        Query(*this,
              "INSERT INTO items (run, position, kind, id, name, outcome, commit_id, bytes, duration_s) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .add(run)
            .add(position)
            .add(item.kind)
            .add(item.id)
            .add(item.name)
            .add(model::name(item.outcome))
            .add(item.commit)
            .add(item.bytes)
            .add(item.duration_s)
            .run();
        insert_stages(run, position++, item.stages);
    }
}

void SqliteStore::insert_stages(std::int64_t run, int item, const std::vector<model::Stage>& stages) {
    int position = 0;
    for (const model::Stage& stage : stages) {
        std::optional<std::string> code;
        if (stage.error) code = std::string(name(stage.error->code));
        Query(*this,
              "INSERT INTO stages (run, item, position, stage, outcome, task, target, duration_s, bytes, "
              "error_code) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .add(run)
            .add(item)
            .add(position++)
            .add(stage.stage)
            .add(model::name(stage.outcome))
            .add(stage.task)
            .add(stage.target)
            .add(stage.duration_s)
            .add(stage.bytes)
            .add(code)
            .run();
    }
}

Result<void> SqliteStore::finish_run(const model::Run& run, const std::string& report_json) {
    const Result<void> written = write_end(run, report_json);
    if (written || written.error().code != Errc::disk_full || !release_reserve(file_.parent_path())) return written;
    return write_end(run, report_json);
}

Result<void> SqliteStore::write_end(const model::Run& run, const std::string& report_json) {
    return guarded("finish run", [&] {
        SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
        const std::int64_t seq = upsert_run(run, report_json);
        Query(*this, "DELETE FROM items WHERE run = ?").add(seq).run();
        insert_items(seq, run.items);
        prune(model::history_name(run), seq);
        transaction.commit();
    });
}

// `newest` does not say what time it is: its clock may have been set ahead just now.
void SqliteStore::prune(const std::string& job, std::int64_t newest) {
    std::string ended;
    {
        Query latest(*this, "SELECT max(finished_at) FROM runs WHERE job = ? AND seq <> ? AND finished_at <= ?");
        latest.add(job).add(newest).add(rfc3339(now() + std::chrono::days(1)));
        if (latest.step()) ended = latest.text(0);
    }
    const std::optional<Instant> from = parse_rfc3339(ended);
    const std::string too_old = from ? rfc3339(*from - history_age) : std::string();
    Query(*this,
          "DELETE FROM runs WHERE job = ?1 AND outcome IS NOT NULL AND seq <> coalesce((SELECT max(seq) FROM runs "
          "WHERE job = ?1 AND outcome IN ('success', 'unchanged')), 0) AND (seq <= "
          "(SELECT seq FROM runs WHERE job = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2) OR (finished_at < ?3 AND seq <= "
          "(SELECT seq FROM runs WHERE job = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?4)))")
        .add(job)
        .add(history_limit)
        .add(too_old)
        .add(history_kept)
        .run();
}

Result<std::vector<std::string>> SqliteStore::mark_interrupted(const std::string& job) {
    return guarded("mark interrupted runs", [&] {
        std::vector<Abandoned> abandoned;
        {
            Query query(*this,
                        "SELECT seq, run_id, run_trigger, attempt, started_at FROM runs WHERE job = ? AND "
                        "outcome IS NULL "
                        "ORDER BY seq");
            query.add(job);
            while (query.step()) {
                abandoned.push_back(
                    {query.number(0), query.text(1), job, query.text(2), query.text(4), query.number(3)});
            }
        }
        std::vector<std::string> ids;
        if (abandoned.empty()) return ids;  // the usual case costs no commit
        SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
        const Instant found = now();
        for (const Abandoned& run : abandoned) {
            Query(*this,
                  "UPDATE runs SET outcome = 'failed', interrupted = 1, finished_at = ?, report = ? WHERE "
                  "seq = ?")
                .add(rfc3339(found))
                .add(interrupted_report(run, found))
                .add(run.seq)
                .run();
            ids.push_back(run.run_id);
        }
        transaction.commit();
        return ids;
    });
}

Result<std::vector<std::string>> SqliteStore::history(const std::string& job, std::size_t limit) {
    return guarded("read history", [&] {
        std::vector<std::string> reports;
        Query query(*this,
                    job.empty()
                        ? "SELECT report FROM runs WHERE report IS NOT NULL ORDER BY seq DESC LIMIT ?"
                    : job.ends_with('/')
                        ? "SELECT report FROM runs WHERE report IS NOT NULL AND (job = rtrim(?2, '/') OR "
                          "substr(job, 1, length(?2)) = ?2) ORDER BY seq DESC LIMIT ?1"
                        : "SELECT report FROM runs WHERE report IS NOT NULL AND job = ?2 ORDER BY seq DESC "
                          "LIMIT ?1");
        query.add(static_cast<std::uint64_t>(limit));
        if (!job.empty()) query.add(job);
        while (query.step()) reports.push_back(query.text(0));
        return reports;
    });
}

}  // namespace autobackup::state
