// SPDX-License-Identifier: MIT
#include "lib/remote/requests.hpp"

#include <algorithm>

#include "lib/remote/advertisement.hpp"
#include "lib/remote/pkt_line.hpp"

namespace autobackup::remote {
namespace {

// "command=…", our name, the object format, and the delimiter before the arguments.
std::string v2_head(const Advertisement& server, const char* command) {
    std::string text = packet(std::string("command=") + command + "\n");
    if (offers(server, "agent")) text += packet("agent=" + agent() + "\n");
    if (offers(server, "object-format")) text += packet("object-format=sha1\n");
    text += delimiter_packet;
    return text;
}

std::string oid_lines(const char* word, const std::vector<Oid>& oids) {
    std::string text;
    for (const Oid& oid : oids) text += packet(std::string(word) + " " + oid.hex() + "\n");
    return text;
}

std::string limits_of_history(const FetchRequest& request) {
    std::string text = oid_lines("shallow", request.shallow);
    if (request.depth > 0) text += packet("deepen " + std::to_string(request.depth) + "\n");
    return text;
}

FetchText v2_fetch(const Advertisement& server, const FetchRequest& request, bool all_told) {
    FetchText result;
    result.filtered = !request.filter.empty() && offers(server, "fetch", "filter");
    std::string& text = result.text;
    text = v2_head(server, "fetch");
    if (!request.haves.empty()) text += packet("thin-pack\n");
    text += packet("no-progress\n") + packet("ofs-delta\n");
    text += limits_of_history(request);
    if (result.filtered) text += packet("filter " + request.filter + "\n");
    text += oid_lines("want", request.wants) + oid_lines("have", request.haves);
    if (all_told) text += packet("done\n");
    text += flush_packet;
    return result;
}

FetchText v0_fetch(const Advertisement& server, const FetchRequest& request) {
    FetchText result;
    result.filtered = !request.filter.empty() && offers(server, "filter");
    std::string capabilities = " side-band-64k";
    for (const char* name : {"ofs-delta", "no-progress"}) {
        if (offers(server, name)) capabilities += std::string(" ") + name;
    }
    if (!request.haves.empty() && offers(server, "thin-pack")) capabilities += " thin-pack";
    if (result.filtered) capabilities += " filter";
    if (offers(server, "agent")) capabilities += " agent=" + agent();
    std::string& text = result.text;
    text = packet("want " + request.wants.front().hex() + capabilities + "\n");
    text += oid_lines("want", std::vector<Oid>(request.wants.begin() + 1, request.wants.end()));
    text += limits_of_history(request);
    if (result.filtered) text += packet("filter " + request.filter + "\n");
    text += flush_packet;
    text += oid_lines("have", request.haves) + packet("done\n");
    return result;
}

bool can_be_shallow(const Advertisement& server, int version) {
    return version == 2 ? offers(server, "fetch", "shallow") : offers(server, "shallow");
}

bool breaks_a_line(const std::string& name) {
    return name.empty() || std::any_of(name.begin(), name.end(), [](char c) {
               return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
           });
}

std::string push_capabilities(const Advertisement& server, std::size_t updates, bool sideband) {
    std::string text = offers(server, "report-status-v2") ? " report-status-v2" : " report-status";
    if (sideband) text += " side-band-64k";
    if (updates > 1 && offers(server, "atomic")) text += " atomic";
    if (offers(server, "quiet")) text += " quiet";  // of git's own progress; hooks are heard all the same
    if (offers(server, "object-format")) text += " object-format=sha1";
    if (offers(server, "agent")) text += " agent=" + agent();
    return text;
}

}  // namespace

std::string agent() {
    return "autobackupd/" AUTOBACKUPD_VERSION;
}

std::string ls_refs_request(const Advertisement& server, const std::vector<std::string>& prefixes) {
    std::string text = v2_head(server, "ls-refs") + packet("peel\n") + packet("symrefs\n");
    if (offers(server, "ls-refs", "unborn")) text += packet("unborn\n");
    for (const std::string& prefix : prefixes) text += packet("ref-prefix " + prefix + "\n");
    text += flush_packet;
    return text;
}

Result<FetchText> fetch_request(const Advertisement& server, int version, const FetchRequest& request,
                                bool all_told) {
    if (request.wants.empty()) return fail(Errc::bad_request, "fetch", {}, "nothing is wanted");
    if ((request.depth > 0 || !request.shallow.empty()) && !can_be_shallow(server, version)) {
        return fail(Errc::unsupported, "fetch", {}, "the server gives no shallow history");
    }
    if (version == 2) return v2_fetch(server, request, all_told);
    if (!offers(server, "side-band-64k"))
        return fail(Errc::unsupported, "fetch", {}, "the server offers no side-band-64k");
    return v0_fetch(server, request);
}

Result<PushText> push_request(const Advertisement& server, const std::vector<RefUpdate>& updates) {
    if (updates.empty()) return fail(Errc::bad_request, "push", {}, "there is nothing to push");
    if (!offers(server, "report-status") && !offers(server, "report-status-v2")) {
        return fail(Errc::unsupported, "push", {}, "the server does not report what became of a push");
    }
    PushText push;
    push.sideband = offers(server, "side-band-64k");
    for (const RefUpdate& update : updates) {
        if (breaks_a_line(update.name))
            return fail(Errc::bad_request, "push", update.name, "the name of the ref cannot be sent");
        if (update.new_oid.is_zero() && !offers(server, "delete-refs")) {
            return fail(Errc::unsupported, "push", update.name, "the server deletes no refs");
        }
        push.pack = push.pack || !update.new_oid.is_zero();
        std::string line = update.old_oid.hex() + " " + update.new_oid.hex() + " " + update.name;
        if (push.text.empty()) line += '\0' + push_capabilities(server, updates.size(), push.sideband);
        push.text += packet(line);
    }
    push.text += flush_packet;
    return push;
}

std::string empty_pack() {
    // "PACK", version 2, 0 objects, and the SHA-1 of that.
    constexpr std::string_view bytes(
        "PACK\0\0\0\2\0\0\0\0\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3"
        "\x1e",
        32);
    return std::string(bytes);
}

}  // namespace autobackup::remote
