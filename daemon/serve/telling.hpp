// SPDX-License-Identifier: MIT
// What the daemon tells those who do not ask: notices, and the metrics file or listener. Loop thread.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/metrics/publisher.hpp"
#include "daemon/notify/notices.hpp"
#include "daemon/serve/facts.hpp"

namespace autobackup::serve {

class Telling {
public:
    /// Fills what the scheduler, the queue and the configuration know; the rest is filled here.
    using Complete = std::function<void(metrics::Snapshot& snapshot)>;

    /// `storage` of the first configuration: another one needs a restart.
    Telling(notify::Services notices, std::filesystem::path storage, Complete complete);
    /// close() has ended by then.
    ~Telling();

    /// The configuration that counts from now on; `facts` are those of its jobs.
    void configure(const config::Config& config, const std::map<std::string, JobFacts>& facts);
    void run_started(const std::string& job, const std::string& run_id);
    /// `before` are the job's facts without this run, `now` with it.
    void run_ended(const model::Run& run, const JobFacts& before, const JobFacts& now);
    /// The same of a check: of its job's receivers those that are told of transitions, and pings of failures alone.
    void check_ended(const model::Run& run, const JobFacts& before, const JobFacts& now);
    /// Something that the metrics show has changed.
    void changed() { publisher_.changed(); }
    /// Sends what waits (within `grace`), writes the file a last time, closes the listener.
    Awaitable<void> close(Milliseconds grace);

private:
    metrics::Snapshot snapshot();
    void publish();

    boost::asio::any_io_executor executor_;
    metrics::Publisher publisher_;
    notify::Notices notices_;
    Complete complete_;
    std::map<std::string, metrics::JobFacts> jobs_;
    std::uint64_t api_requests_ = 0, bytes_received_ = 0, bytes_sent_ = 0;
    config::Metrics where_;
    std::unique_ptr<boost::asio::cancellation_signal> stop_publishing_;
    bool publishing_ = false;
    bool again_ = false;  // with another `where_`, as soon as the publisher has ended
    bool closing_ = false;
};

}  // namespace autobackup::serve
