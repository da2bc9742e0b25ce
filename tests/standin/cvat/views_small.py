"""The smaller objects as the API shows them."""

from .model import iso


class SmallViews:
    """Guides, assets, organisations, issues, tokens; the rest of Views has `person` and `url`."""

    @staticmethod
    def guide(guide):
        return {
            "id": guide.id,
            "task_id": guide.task,
            "project_id": guide.project,
            "created_date": iso(guide.created),
            "updated_date": iso(guide.updated),
            "markdown": guide.markdown,
        }

    def asset(self, asset):
        return {
            "uuid": asset.uuid,
            "filename": asset.name,
            "created_date": iso(asset.created),
            "owner": self.person(asset.owner),
            "guide_id": asset.guide,
        }

    def organization(self, organization):
        return {
            "id": organization.id,
            "slug": organization.slug,
            "name": organization.name,
            "description": "",
            "created_date": iso(organization.created),
            "updated_date": iso(organization.updated),
            "contact": {},
            "owner": self.person(organization.owner),
        }

    def membership(self, entry):
        return {
            "id": entry.id,
            "user": self.person(entry.user),
            "organization": entry.organization,
            "is_active": True,
            "joined_date": iso(entry.joined),
            "role": entry.role,
            "invitation": None,
        }

    def issue(self, issue):
        comments = sum(c.issue == issue.id for c in self.store.comments.values())
        return {
            "id": issue.id,
            "frame": issue.frame,
            "position": issue.position,
            "job": issue.job,
            "owner": self.person(issue.owner),
            "assignee": self.person(issue.assignee) if issue.assignee else None,
            "created_date": iso(issue.created),
            "updated_date": iso(issue.updated),
            "resolved": issue.resolved,
            "comments": {"count": comments, "url": self.url(f"comments?issue_id={issue.id}")},
        }

    def comment(self, comment):
        return {
            "id": comment.id,
            "issue": comment.issue,
            "owner": self.person(comment.owner),
            "message": comment.message,
            "created_date": iso(comment.created),
            "updated_date": iso(comment.updated),
        }

    def webhook(self, webhook):
        return {
            "id": webhook.id,
            "url": self.url(f"webhooks/{webhook.id}"),
            "target_url": webhook.target_url,
            "description": webhook.description,
            "type": "organization" if webhook.project is None else "project",
            "content_type": "application/json",
            "is_active": True,
            "enable_ssl": True,
            "created_date": iso(webhook.created),
            "updated_date": iso(webhook.updated),
            "owner": self.person(webhook.owner),
            "project_id": webhook.project,
            "organization": webhook.organization,
            "events": webhook.events,
            "last_status": 200 if webhook.delivered else None,
            "last_delivery_date": iso(webhook.delivered),
        }

    @staticmethod
    def quality(settings):
        return {
            "id": settings.id,
            "task_id": settings.task,
            "project_id": None,
            "job_filter": "",
            "inherit": False,
            "target_metric": "accuracy",
            "target_metric_threshold": 0.7,
            "max_validations_per_job": 0,
            "iou_threshold": 0.4,
            "compare_attributes": True,
            "empty_is_annotated": False,
            **settings.values,
            "created_date": iso(settings.created),
            "updated_date": iso(settings.updated),
        }

    def access_token(self, token, value=False):
        out = {
            "id": token.id,
            "name": token.name,
            "created_date": iso(token.created),
            "updated_date": iso(token.created),
            "expiry_date": None,
            "last_used_date": iso(token.last_used),
            "read_only": token.read_only,
            "owner": self.person(token.owner),
        }
        if value:
            out["value"] = token.value
        return out
