"""Makes issues, pull requests and their kin; dates and ids follow from the order of the calls."""

from .model import BASE_TIME

WORDS = "The sign is hidden by a tree. Überprüfung nötig – 標識 🙂 "


class Maker:
    """Adds things to one repository; ids come from the world's counters."""

    def __init__(self, store, repository, when=BASE_TIME):
        self.store, self.repository, self.items, self.when = store, repository, repository.items, when

    def number(self, kind):
        return self.store.next_id(kind, 5_000_001)

    def tick(self):
        self.when += 60
        return self.when

    def label(self, name, color="d73a4a"):
        self.items.labels.append({"id": self.number("label"), "name": name, "color": color, "description": f"about {name}"})

    def milestone(self, title):
        when, number = self.tick(), len(self.items.milestones) + 1
        self.items.milestones.append(
            {
                "id": self.number("milestone"),
                "number": number,
                "title": title,
                "user": "alice",
                "state": "open",
                "created_at": when,
                "updated_at": when,
            }
        )

    def text(self, body, user="alice"):
        """Author, words and dates of any comment."""
        when = self.tick()
        return {"id": self.number("comment"), "user": user, "body": body, "created_at": when, "updated_at": when}

    def issue(self, title, comments=1, closed=False, user="bob", labels=(), milestone=None, pull=None):
        when = self.tick()
        one = {
            "id": self.number("issue"),
            "number": self.items.next_number,
            "title": title,
            "body": WORDS + title,
            "user": user,
            "state": "closed" if closed else "open",
            "labels": list(labels),
            "milestone": milestone,
            "created_at": when,
            "closed_at": None,
            "comments": [self.text(f"comment {n + 1} on {title}") for n in range(comments)],
            "events": [self.event("labeled", label=name) for name in labels],
            "references": [],
            "pull": pull,
        }
        if closed:
            one["events"].append(self.event("closed"))
            one["closed_at"] = self.when
        one["updated_at"] = self.when
        self.items.issues.append(one)
        return one

    def event(self, kind, **more):
        return {"id": self.number("event"), "event": kind, "user": "alice", "created_at": self.tick(), **more}

    def pull(self, title, commits, base_sha, head="topic", closed=False, parts=True):
        """A pull request whose commits are [(sha, message, time)]."""
        made = {
            "head": head,
            "head_sha": commits[-1][0],
            "base": self.repository.default_branch,
            "base_sha": base_sha,
            "merged_at": None,
            "commits": [{"sha": sha, "message": words, "created_at": when} for sha, words, when in commits],
            "reviews": [],
            "review_comments": [],
        }
        if parts:
            sha = commits[-1][0]
            review = {**self.text("looks good", "bob"), "state": "APPROVED", "sha": sha}
            made["reviews"].append(review)
            made["review_comments"].append({**self.text("why this line?", "bob"), "review": review["id"], "sha": sha, "path": "README.md"})
        return self.issue(title, 1 if parts else 0, closed, "alice", pull=made)

    def release(self, tag, assets=(), draft=False, prerelease=False):
        when = self.tick()
        held = [{"id": self.number("asset"), "name": name, "content": content, "created_at": when, "tag": tag} for name, content in assets]
        self.items.releases.append(
            {
                "id": self.number("release"),
                "tag": tag,
                "name": f"Release {tag}",
                "body": f"What is new in {tag}",
                "user": "alice",
                "draft": draft,
                "prerelease": prerelease,
                "created_at": when,
                "assets": held,
            }
        )

    def hook(self, url):
        self.items.hooks.append({"id": self.number("hook"), "url": url, "created_at": self.tick()})

    def advisory(self, ghsa):
        self.items.advisories.append({"ghsa": ghsa, "summary": "A flaw", "description": "Long words", "created_at": self.tick()})

    def commit_comment(self, sha):
        self.items.commit_comments.append({**self.text("on a commit"), "sha": sha})

    def discussion(self, title, comments=2, replies=1):
        made = self.text(f"Let us talk about {title}", "bob")
        made |= {"number": self.items.next_number, "title": title, "comments": []}
        for n in range(comments):
            made["comments"].append({**self.text(f"thought {n + 1}"), "replies": [self.text(f"answer {m + 1}", "bob") for m in range(replies)]})
        made["updated_at"] = self.when
        self.items.discussions.append(made)
        return made
