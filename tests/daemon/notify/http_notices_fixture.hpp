// SPDX-License-Identifier: MIT
// Pings and webhooks towards a real server on loopback.
#pragma once

#include <boost/json.hpp>

#include "tests/daemon/notify/notices_fixture.hpp"

namespace autobackup::notify {

using Lines = std::vector<std::string>;
using std::chrono::milliseconds;

inline const std::string rid = "rid=01934000-0000-7000-8000-000000000000";
inline const std::string id = "01JD0000000000000000000000";

class HttpNotices : public NoticesTest {
protected:
    static Lines lines(const Receiver& receiver) {
        Lines out;
        for (const auto& request : receiver.requests()) out.push_back(request.line());
        return out;
    }
    // The signals of a run that ends so.
    Lines pings_of(model::RunOutcome outcome) {
        const Receiver receiver;
        list_.clear();
        ping(receiver.url("/ping/x"));
        tell([&](Notices& notices) {
            notices.run_started("traffic-signs", id);
            notices.run_ended(ended(outcome), History());
        });
        return lines(receiver);
    }
};

}  // namespace autobackup::notify
