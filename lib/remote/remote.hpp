// SPDX-License-Identifier: MIT
// git's wire protocols over our own HTTP client or over a child's pipes (protocol v0/v1 receive-pack, v2
// ls-refs and fetch: gitprotocol-v2(5), gitprotocol-pack(5), gitprotocol-http(5)). Loop thread; the loop is
// never blocked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/async/types.hpp"
#include "lib/async/workers.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/secret.hpp"
#include "lib/git/oid.hpp"
#include "lib/http/client.hpp"

namespace autobackup::remote {

using git::Oid;

struct Ref {
    std::string name;
    Oid oid;
    std::string symref_target;  ///< of HEAD: "refs/heads/main"; empty otherwise
    std::optional<Oid> peeled;
};

struct Advertisement {
    std::vector<Ref> refs;  ///< by name; empty for an empty repository
    std::map<std::string, std::string>
        capabilities;  ///< "agent" → "git/2.39.5"; v2 "fetch" → "shallow wait-for-done filter"
    std::string unborn_head;  ///< "refs/heads/main" when HEAD stands for a branch that is not there yet, where the server tells it (v2)
    [[nodiscard]] const Ref* find(std::string_view name) const noexcept;
};

struct RefUpdate {
    std::string name;
    Oid old_oid;  ///< zero: create
    Oid new_oid;  ///< zero: delete
};

struct RefVerdict {
    std::string name;
    bool ok = false;
    std::string reason;  ///< the server's word behind "ng"
    std::string landed;  ///< another name under which the server says it took the ref (report-status-v2);
                         ///< empty as a rule
};

struct PushReport {
    std::string unpack;  ///< "ok", or the server's error
    std::vector<RefVerdict> verdicts;
    std::string peer_words;                        ///< sideband 2 (hooks, quota notes), the last 2 KiB
    [[nodiscard]] bool accepted() const noexcept;  ///< unpacked, and every verdict is ok
};

struct FetchRequest {
    std::vector<Oid> wants;
    std::vector<Oid> haves;
    std::vector<Oid> shallow;  ///< what our side has as shallow commits
    int depth = 0;             ///< deepen N; 0 = whole history
    std::string filter;        ///< "blob:none"; used only when the server offers it
};

struct FetchReport {
    std::vector<Oid> shallow;    ///< new shallow commits
    std::vector<Oid> unshallow;  ///< commits of FetchRequest::shallow whose parents are in the pack now
    bool filtered = false;       ///< whether the filter was honoured
    std::uint64_t pack_bytes = 0;
    std::string peer_words;
};

/// Bytes over the pipes of a child.
struct Traffic {
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
};

/// What an ssh remote needs besides its URL. `ssh` itself reads the configuration of the user that we run as.
struct SshSettings {
    Secret key;                         ///< private key; empty: what ssh's configuration or agent offers
    std::filesystem::path known_hosts;  ///< empty: ssh's own
    std::filesystem::path
        run_directory;  ///< absolute; the key lies below it (0600 in a 0700 folder of its own) while the
                        ///< Remote lives; sweep_run_folders() at a start removes what a killed process left
};

struct Settings {
    std::string url;       ///< https, http, ssh://, user@host:path, file:///path or /path; no password in it
    std::string username;  ///< with `password`: Basic. A bare token uses "x-access-token"
    Secret password;       ///< empty: none
    SshSettings ssh;
    Milliseconds connect{15'000};
    Milliseconds no_progress{120'000};
    std::string object;  ///< for errors; default: the URL, an ssh:// one without its user
    /// Origins of HTTP servers that speak protocol v2, learnt and shared by the Remotes of a run: their refs are asked for at once,
    /// without a look at info/refs before. Null: always looked at. Loop thread.
    std::shared_ptr<std::set<std::string>> speak_v2;
};

/// One repository at a peer. Failures: unauthorized after ONE refused password or key, host_key_unknown,
/// host_key_changed, not_found, unsupported (dumb server, no receive-pack), no_progress, connection_*,
/// bad_response …; the server's own words are kept in Failure::peer.
class Remote {
public:
    virtual ~Remote() = default;
    /// Refs and capabilities of receive-pack (what a push is compared with).
    virtual Awaitable<Result<Advertisement>> list_for_push() = 0;
    /// Sends commands and pack (null when only deletions), asks for report-status and side-band-64k, atomic
    /// where several refs and the server can. A Result with value means that a whole report was read; look at
    /// `unpack` and every verdict. A lost answer is connection_closed/_reset/no_progress: whether the ref
    /// moved is then told by ls_refs().
    virtual Awaitable<Result<PushReport>> push(std::vector<RefUpdate> updates,
                                               std::shared_ptr<http::BodySource> pack) = 0;
    /// Protocol v2 ls-refs with prefixes (empty: all), symrefs and peeled; falls back to the v0
    /// advertisement.
    virtual Awaitable<Result<Advertisement>> ls_refs(std::vector<std::string> prefixes) = 0;
    /// Fetch by protocol v2 (v0 where the server knows no other); the pack's bytes, thin when `haves` were
    /// named, go to `pack_file` (created 0600, fsynced; removed on failure). remote_moved when the server has
    /// no longer what is wanted, unsupported when it cannot give a `depth`. The bytes are not looked at:
    /// indexing the pack verifies it.
    virtual Awaitable<Result<FetchReport>> fetch(FetchRequest request, std::filesystem::path pack_file) = 0;
    /// What went through ssh since the Remote was made: git's own bytes, before ssh's encryption. Nothing for HTTP,
    /// whose client counts, and for a path, which is no network.
    [[nodiscard]] virtual Traffic traffic() const noexcept { return {}; }
};

/// Whether make_remote() speaks HTTP for it.
bool is_http_url(std::string_view url);

/// `client` and `workers` (for the pack file and for looking at paths) must outlive the Remote.
/// config_invalid for a URL of another kind. A Remote does one thing at a time.
Result<std::unique_ptr<Remote>> make_remote(http::Client& client, async::Workers& workers, Settings settings);

/// Asks with ls_refs whether `ref` stands at `expected`, up to `attempts` times with a growing pause (0.5 s,
/// 1 s, 2 s …) for a server that shows a push late or cannot be reached. push_unverified when it stands
/// elsewhere in the end; the last failure when no answer was had. `remote` is borrowed until the awaitable is
/// done.
Awaitable<Result<void>> verify_ref(Remote& remote, std::string ref, Oid expected, int attempts);

}  // namespace autobackup::remote
