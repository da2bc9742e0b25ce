"""What the exchange judge has to know of each recording: orders before it, ids, and what is left out and why.

`setup` and `before[n]` are orders: ("export" | "mutate" | "config", body) for the control plane; the others
are the methods order_… of exchange_player.py. `ids` maps recorded ids to those of the demo seed. Tasks of
the seed: 1-3 and the empty 4 in project 1, 6 in project 4, 7 in 5, 8 in 6; a new task is 12.
"""

from exchange_backups import A_10, A_14, GOOD, RESTORES, sample

NOT_REPLAYED = {
    "20": "raw bytes to a proxy that was stopped or limited in between",
    "21": "servers switched off in between; faults with status 500 to 504 stand for it",
    "27": "more than 4 GiB; the layout is compared with Python's zipfile in the tests",
    "31": "a list of requests without bodies; the official clients themselves are run",
    "32": "the authorisation service switched off in between",
    "A-08": "a series in real time; the rule is tested in test_old_flow.py",
    "A-mu": "a table of dates; tested in test_dates.py",
}
EXPORT_1 = ("backup", "project", 1)
CASES = {
    "02": {"setup": [EXPORT_1]},
    "05": {
        "before": {
            0: [("export", {"kind": "queued", "seconds": 60, "target": "project", "id": 4})],
            12: [("export", {"kind": "slow", "seconds": 0.4, "target": "project", "id": 4})],
        }
    },
    "06": {
        "setup": [
            (
                "mutate",
                [
                    {"op": "create_project", "name": "only empty"},
                    {"op": "create_task", "project": 8, "state": "none"},
                    {"op": "create_project", "name": "pending"},
                    {"op": "create_task", "project": 9, "state": "pending", "images": 1, "name": "pend"},
                ],
            )
        ],
        "ids": {"project": {9: 8, 10: 9}, "task": {17: 13, 18: 14}},
        "before": {
            19: [("mutate", {"op": "finish_data", "task": 13})],
            26: [
                ("mutate", {"op": "create_task", "project": 9, "state": "failed", "images": 1, "name": "bad"})
            ],
        },
    },
    "07": {
        "setup": [
            (
                "mutate",
                [
                    {"op": "create_project", "name": "share"},
                    {"op": "create_task", "project": 8, "name": "share task"},
                ],
            )
        ],
        "ids": {"project": {30: 8}, "task": {107: 12}},
        "before": {
            18: [("mutate", {"op": "break_task", "task": 12}), ("mutate", {"op": "move_date", "project": 8})],
            21: [("mutate", {"op": "mend_task", "task": 12})],
        },
    },
    "09": {"ids": {"project": {11: 8}}},
    "10": {"before": RESTORES},
    "11": {
        "ids": {"project": {28: 8}},
        "skip": {n: "chunks of a file known by hash only" for n in (6, 7, 8)},
        "before": {9: [("upload", "project", "1_0ab37fdb-9002-4a5d-8062-499944dff96c", sample(GOOD))]},
    },
    "12": {
        "before": {
            0: [("export", {"kind": "never"})],
            2: [("export", {"kind": "kill"})],
            5: [("export", {"kind": "dead_worker", "recover_after": 0.1})],
            12: [("wait", 0.2), ("get", "/api/requests")],
        }
    },
    "14": {"before": {36: [("login", "wanda", "TOKEN_wanda01_new")]}},
    "15": {"options": ["--throttle", "2"], "setup": [("anonymous", "/api/server/about", 2)]},
    "16": {
        "ids": {"project": {7: 1}},
        "before": {0: [("export", {"kind": "dead_worker", "recover_after": 0})]},
    },
    "17": {"ids": {"project": {29: 1}, "task": {106: 1}}},
    "18": {
        "setup": [("backup", "project", 3)],
        "before": {
            2: [("export", {"kind": "expire", "what": "file"})],
            7: [("export", {"kind": "expire", "what": "record"})],
        },
    },
    "23": {
        "setup": [
            ("mutate", {"op": "create_task", "project": 4, "images": 68, "bytes": 1000000}),
            ("backup", "project", 4),
        ],
        "before": {
            1: [("wait", 1.1), ("backup", "project", 4)],
            5: [("mutate", {"op": "rename_project", "project": 4, "name": "big2"}), ("backup", "project", 4)],
        },
    },
    "24": {"ids": {"task": {110: 12}}},
    "25": {
        "options": ["--one-job-per-user"],
        "before": {0: [("export", {"kind": "slow", "seconds": 0.4, "id": 4})]},
    },
    "26": {
        "setup": [
            (
                "mutate",
                [
                    {"op": "create_task", "name": "old"},
                    {"op": "old_media", "task": 12},
                    {"op": "create_project", "name": "gone"},
                    {"op": "create_project", "name": "gone 2"},
                ],
            )
        ],
        "ids": {"task": {14: 12}, "project": {32: 8, 33: 9}},
        "before": {
            3: [("wait", 0.1), ("mutate", {"op": "delete_project", "project": 8})],
            6: [
                ("export", {"kind": "queued", "seconds": 0.3, "id": 9}),
                ("backup", "project", 9),
                ("mutate", {"op": "delete_project", "project": 9}),
            ],
        },
    },
    "28": {"ids": {"task": {118: 7}}},
    "29": {
        "setup": [EXPORT_1],
        "before": {7: [("export", {"kind": "slow", "seconds": 0.2, "id": 2})], 9: [("wait", 0.4)]},
    },
    "30": {"ids": {"job": {19: 6}}},
}

SLOW = [("config", {"build_ms": 100, "import_ms": 100})]
OLD = "/backup?use_default_location=false&location=local"


CASES.update(
    {
        "A-02": {"setup": SLOW, "before": {17: [("get", "/api/projects/1" + OLD)]}},
        "A-05": {"setup": [("login", "admin", "TOKEN")]},
        "A-06": {
            "setup": [
                (
                    "mutate",
                    [
                        {"op": "create_project", "name": "with failed task"},
                        {"op": "create_task", "project": 8, "state": "failed", "name": "bad image"},
                    ],
                )
            ],
            "ids": {"project": {6: 8}, "task": {9: 12, 10: 13}},
            "before": {
                13: [("mutate", {"op": "create_task", "project": 8, "state": "pending", "name": "queued"})],
                21: [("mutate", {"op": "finish_data", "task": 13})],
            },
        },
        "A-07": {
            "setup": [
                (
                    "mutate",
                    [{"op": "rename_task", "task": 9, "name": "standalone"}, {"op": "old_media", "task": 9}],
                )
            ],
            "ids": {"task": {5: 9, 22: 12}},
            "before": {
                5: [("mutate", {"op": "mend_task", "task": 9})],
                7: [("export", {"kind": "expire", "what": "file"})],
                11: [("mutate", {"op": "patch_task", "task": 9})],
                14: [("mutate", {"op": "rename_task", "task": 9, "name": "standalone 2"})],
                18: [
                    ("mutate", {"op": "create_task"}),
                    ("get", "/api/tasks/12" + OLD),
                    ("mutate", {"op": "delete_task", "task": 12}),
                ],
            },
        },
        "A-09": {"setup": SLOW},
        "A-10": {
            "setup": SLOW,
            "before": A_10,
            "skip": {26: "a task backup with jobs:[] is not among the samples"},
        },
        "A-12": {"options": ["--throttle", "2"], "setup": [("anonymous", "/api/server/about", 2)]},
        "A-13": {
            "before": {
                0: [("export", {"kind": "never"})],
                2: [("export", {"kind": "kill"})],
                3: [("mutate", {"op": "rename_task", "task": 1, "name": "images A2"})],
            }
        },
        "A-14": {"setup": SLOW, "before": A_14},
        "A-15": {
            "setup": [("mutate", {"op": "rename_task", "task": 9, "name": "standalone 2"})],
            "ids": {"task": {5: 9}},
            "before": {
                3: [("export", {"kind": "expire", "what": "file"})],
                6: [("export", {"kind": "slow", "seconds": 0.2})],
            },
        },
        "A-16": {
            "before": {0: [("export", {"kind": "dead_worker", "recover_after": 0.3})], 5: [("wait", 0.4)]},
            "skip": {
                3: "the user has no right in the demo seed",
                4: "the user has no right in the demo seed",
            },
        },
        "A-17": {
            "setup": [
                ("mutate", {"op": "rename_project", "project": 1, "name": "race"}),
                ("export", {"kind": "slow", "seconds": 0.3}),
            ],
            "ids": {"project": {20: 1}, "job": {67: 1}},
            "replace": [('"label_id": 85', '"label_id": 1')],
        },
        "A-18": {"ids": {"project": {4: 5}}},
        "A-19": {
            "setup": [
                ("mutate", {"op": "rename_task", "task": 9, "name": "standalone 2"}),
                ("mutate", {"op": "rename_project", "project": 1, "name": "race2"}),
            ],
            "ids": {"task": {5: 9}, "project": {21: 1}, "job": {69: 1}},
            "replace": [('"label_id": 86', '"label_id": 1')],
            "before": {
                0: [("etag", '"6b0144b2-1600"', "/api/tasks/9" + OLD), ("get", "/api/tasks/9" + OLD)],
                4: [("export", {"kind": "slow", "seconds": 0.2})],
            },
        },
    }
)
