// SPDX-License-Identifier: MIT
// What is sent to a git service. Pure. Nothing here may be sent to a server that does not offer it: the
// functions look.
#pragma once

#include <string>
#include <vector>

#include "lib/remote/remote.hpp"

namespace autobackup::remote {

/// "autobackupd/0.1.0"
std::string agent();

/// v2's ls-refs with symrefs and peeled tags.
std::string ls_refs_request(const Advertisement& server, const std::vector<std::string>& prefixes);

struct FetchText {
    std::string text;
    bool filtered = false;
};

/// A fetch for the version that `server` speaks, which ends with "done"; in v2 without it when not `all_told`: the
/// server then says whether it has heard enough haves. unsupported: `depth` or known shallow commits where the
/// server cannot; bad_request without wants.
Result<FetchText> fetch_request(const Advertisement& server, int version, const FetchRequest& request,
                                bool all_told = true);

struct PushText {
    std::string text;       ///< commands and flush; the pack follows
    bool sideband = false;  ///< whether the report will come in sideband 1
    bool pack = false;      ///< whether a pack must follow (it must not behind nothing but deletions)
};

/// unsupported: no report-status (a push whose outcome nobody tells), or a deletion where deletions are not
/// offered; bad_request: no update, or a name that would break the line.
Result<PushText> push_request(const Advertisement& server, const std::vector<RefUpdate>& updates);

/// A pack without objects: what must follow when the server has everything already.
std::string empty_pack();

}  // namespace autobackup::remote
