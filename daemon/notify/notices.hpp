// SPDX-License-Identifier: MIT
// Tells people and programs what became of runs: pings, webhooks, mail, commands. In the background: a run never waits for
// it, and a notice that fails is a warning in the journal and nothing more.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/config/secrets.hpp"
#include "daemon/model/config.hpp"
#include "daemon/model/result.hpp"
#include "daemon/notify/history.hpp"
#include "lib/async/workers.hpp"
#include "lib/http/client.hpp"
#include "lib/journal/entry.hpp"

namespace autobackup::notify {

namespace message_id {
/// A notice was given up after its last try. Told in systemd/autobackupd.catalog.
inline constexpr const char* notice_failed = "e9154904757248f78f240a8590d867b3";
}  // namespace message_id

/// How patient a notice is.
struct Patience {
    Milliseconds http{10'000};      ///< one try of a ping or webhook, from the name look-up to the end of the answer
    Milliseconds program{60'000};   ///< one run of sendmail or a command; then its process group is killed
    int attempts = 5;               ///< tries in all, where trying again may help
    Milliseconds delay{5'000};      ///< before the second try; doubles
    Milliseconds max_delay{60'000};
    std::size_t waiting = 32;       ///< messages of one job to one receiver that may wait; the oldest are given up
};

/// What notices are sent with. References are borrowed for the life of the Notices.
struct Services {
    asio::any_io_executor executor;  ///< of the loop
    async::Workers& workers;         ///< reads secrets
    journal::Sink& journal;          ///< hears of notices that failed
    std::unique_ptr<http::Client> client;  ///< for pings and webhooks; proxies as everywhere, certificates of the system
    config::SecretPlaces secrets;
    std::string host;                      ///< told in every message
    std::string sendmail = "/usr/sbin/sendmail";
    Patience patience{};
};

struct Counts {
    std::uint64_t sent = 0;
    std::uint64_t failed = 0;  ///< given up, after all tries or because of the shutdown
};

/// Loop thread only. What goes to one receiver for one job is sent in order; a ping that is overtaken by a newer one while
/// it waits for its next try is left out.
class Notices {
public:
    explicit Notices(Services services);
    Notices(const Notices&) = delete;
    Notices& operator=(const Notices&) = delete;
    /// What was not sent is dropped: drain() first.
    ~Notices();

    /// Takes over (copies) who is told about which job. Messages that wait already go where they were meant to go.
    void configure(const config::Config& config);
    /// Pings the start. Returns at once; a job that is not configured (any more) is told to nobody.
    void run_started(const std::string& job, const std::string& run_id);
    /// Pings the end (success only for `success` and `unchanged`; /log, which neither says good nor bad, for a cancelled or
    /// refused run), and tells a transition to whom it concerns. Returns at once. Where an earlier run of the
    /// job that counts ended under this object, its end goes before `history.previous_ended_at`.
    void run_ended(const model::Run& run, const History& history);

    /// Waits until everything is sent, at most `grace`; what is not is given up with a warning, and its programs are killed.
    /// What comes afterwards is dropped. Lets idle connections go, so that the loop can end.
    Awaitable<void> drain(Milliseconds grace);

    [[nodiscard]] Counts counts() const;
    /// Messages that wait or are being sent.
    [[nodiscard]] std::size_t pending() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace autobackup::notify
