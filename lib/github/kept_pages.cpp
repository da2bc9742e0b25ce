// SPDX-License-Identifier: MIT
#include "lib/github/kept_pages.hpp"

#include <boost/json.hpp>

#include "lib/core/json_fields.hpp"
#include "lib/hash/digest.hpp"

namespace autobackup::github {

namespace json = boost::json;

namespace {

std::string digest_of(const std::string& url, const PageCache::Page& page) {
    hash::Digest digest(hash::Algorithm::sha256);
    for (const std::string* part : {&url, &page.etag, &page.link, &page.body}) {
        digest.update(std::to_string(part->size()) + " ");
        digest.update(*part);
    }
    return digest.finish_hex();
}

}  // namespace

std::string text_of(const KeptPages& pages, std::string_view account) {
    json::array list;
    std::size_t bytes = 0;
    for (const auto& [url, page] : pages) {
        if (bytes + page.body.size() > most_kept_bytes) continue;
        bytes += page.body.size();
        list.push_back(json::object{{"url", url}, {"etag", page.etag}, {"link", page.link}, {"body", page.body}, {"digest", digest_of(url, page)}});
    }
    return json::serialize(json::object{{"format", 1}, {"account", account}, {"pages", std::move(list)}});
}

KeptPages read_pages(std::string_view text, std::string_view account) {
    KeptPages pages;
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error) return pages;
    const JsonFields top(value, "the pages");
    const json::value* list = top.find("pages");
    if (top.maybe_integer("format") != 1 || top.maybe_text("account") != account || list == nullptr || !list->is_array()) return pages;
    for (const json::value& one : list->get_array()) {
        const JsonFields fields(one, "a page");
        const std::string url = fields.maybe_text("url");
        PageCache::Page page;
        page.etag = fields.maybe_text("etag");
        page.link = fields.maybe_text("link");
        page.body = fields.maybe_text("body");
        if (url.empty() || page.etag.empty() || fields.maybe_text("digest") != digest_of(url, page)) continue;
        pages.emplace_back(url, std::move(page));
    }
    return pages;
}

}  // namespace autobackup::github
