"""A stand-in for a CVAT server, families A to D, for tests and demonstrations.

What it answers follows exchanges recorded on CVAT 2.54.1 and 2.14.4
(tests/data/cvat/exchanges) and backups made by them (tests/data/cvat/samples).
"""
