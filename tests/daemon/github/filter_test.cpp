// SPDX-License-Identifier: MIT
#include "daemon/github/filter.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace autobackup::github_job::filter_test {
namespace {

const Instant today = *parse_rfc3339("2026-11-21T12:00:00Z");

github::Repository repository(const std::string& name) {
    github::Repository one;
    one.node_id = "R_" + name;
    one.owner = "acme";
    one.name = name;
    one.pushed_at = "2026-11-20T10:00:00Z";
    one.disk_kb = 100;
    one.language = "C++";
    one.topics = {"backup"};
    return one;
}

bool chosen(const std::function<void(config::RepositoryFilter&)>& set, const std::function<void(github::Repository&)>& make = {}) {
    config::RepositoryFilter filter;
    set(filter);
    github::Repository one = repository("app");
    if (make) make(one);
    return choose({one}, filter, today).repositories.size() == 1;
}

TEST(Filter, MatchesNamesGlobsAndRegularExpressions) {
    EXPECT_TRUE(matches("app", "acme/app"));
    EXPECT_TRUE(matches("APP", "acme/app"));
    EXPECT_TRUE(matches("acme/app", "acme/app"));
    EXPECT_FALSE(matches("other/app", "acme/app"));
    EXPECT_TRUE(matches("a*", "acme/app"));
    EXPECT_TRUE(matches("*/app", "acme/app"));
    EXPECT_TRUE(matches("/^acme.a(p)+$/", "acme/app"));
    EXPECT_FALSE(matches("/^app$/", "acme/app"));
    EXPECT_FALSE(matches("ap", "acme/app"));
}

TEST(Filter, EachPropertyCounts) {
    using Filter = config::RepositoryFilter;
    using Repository = github::Repository;
    EXPECT_TRUE(chosen([](Filter&) {}));
    EXPECT_FALSE(chosen([](Filter& f) { f.private_ones = false; }, [](Repository& r) { r.is_private = true; }));
    EXPECT_FALSE(chosen([](Filter& f) { f.forks = false; }, [](Repository& r) { r.fork = true; }));
    EXPECT_FALSE(chosen([](Filter& f) { f.archived = false; }, [](Repository& r) { r.archived = true; }));
    EXPECT_FALSE(chosen([](Filter& f) { f.templates = false; }, [](Repository& r) { r.is_template = true; }));
    EXPECT_TRUE(chosen([](Filter& f) { f.languages = {"python", "c++"}; }));
    EXPECT_FALSE(chosen([](Filter& f) { f.languages = {"python"}; }));
    EXPECT_TRUE(chosen([](Filter& f) { f.topics = {"x", "Backup"}; }));
    EXPECT_FALSE(chosen([](Filter& f) { f.topics = {"x"}; }));
    EXPECT_TRUE(chosen([](Filter& f) { f.max_size = 100 * 1024; }));
    EXPECT_FALSE(chosen([](Filter& f) { f.max_size = 99 * 1024; }));
    EXPECT_TRUE(chosen([](Filter& f) { f.pushed_within = std::chrono::hours(48); }));
    EXPECT_FALSE(chosen([](Filter& f) { f.pushed_within = std::chrono::hours(24); }));
    EXPECT_FALSE(chosen([](Filter& f) { f.pushed_within = std::chrono::hours(24); }, [](Repository& r) { r.pushed_at.clear(); }));
    EXPECT_FALSE(chosen([](Filter& f) { f.exclude = {"a*"}; }));
}

TEST(Filter, WhatMatchesNothingIsTold) {
    config::RepositoryFilter filter;
    filter.include = {"app", "missing", "x-*", "/nothing/"};
    const Chosen found = choose({repository("app"), repository("lib")}, filter, today);
    EXPECT_EQ(found.repositories.size(), 1U);
    EXPECT_EQ(found.unmatched_names, std::vector<std::string>{"missing"});
    EXPECT_EQ(found.unmatched_patterns, (std::vector<std::string>{"x-*", "/nothing/"}));
}

TEST(Filter, TellsNamesFromPatterns) {
    EXPECT_TRUE(is_plain_name("acme/app"));
    EXPECT_TRUE(is_plain_name(""));
    EXPECT_FALSE(is_plain_name("a*"));
    EXPECT_FALSE(is_plain_name("/^acme/"));
    EXPECT_TRUE(is_plain_name("/(*/")) << "no regular expression";
    EXPECT_FALSE(matches("/(*/", "acme/app"));
}

TEST(Filter, OnlySelectsAmongTheChosen) {
    EXPECT_TRUE(wanted({}, "acme/app"));
    EXPECT_TRUE(wanted({"lib", "acme/app"}, "acme/app"));
    EXPECT_FALSE(wanted({"lib"}, "acme/app"));
}

}  // namespace
}  // namespace autobackup::github_job::filter_test
